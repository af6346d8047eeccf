"""A project from a git repository: cloned shallow and without a working copy, its texts read, the clone thrown away.

Nothing of the repository is run: no hooks, no filters, no submodules, no symbolic links followed. Addresses are https;
one that is private is refused unless the setting allows it, and the address that was checked is the one that is used.
"""

import base64
import contextlib
import ipaddress
import os
import posixpath
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from gallery.compose.references import referred
from gallery.compose.sources import COMPOSE_NAMES
from portal.problems import Invalid, Unavailable

TIMEOUT = 40.0
MAX_BYTES = 64 << 20
MAX_TEXT = 1 << 20
MAX_FILES = 20_000
LOOK = 0.1
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,200}\Z")


@dataclass(frozen=True)
class Fetched:
    """compose: the text of the compose file at `path`. files: what it refers to, path -> text, from the compose file's
    folder on. commit: what the branch stood at. author, subject: who made it, its first line."""

    path: str
    compose: str
    files: Mapping[str, str]
    commit: str
    author: str = ""
    subject: str = ""


@dataclass(frozen=True)
class Login:
    """What an https server is shown: a name and a token or password. OPEN: nothing."""

    username: str = ""
    token: str = field(default="", repr=False)


OPEN = Login()


class GitRefused(Invalid):
    """The address, the branch or the path cannot be used."""

    code = "git-refused"
    title = "This cannot be imported"

    def __init__(self, message: str) -> None:
        super().__init__(message, fields={"git_url": [message]})


def git_fetch(*, url: str, ref: str = "", path: str = "", login: Login = OPEN, timeout: float = TIMEOUT) -> Fetched:
    """The compose file at `path` (a file or a folder, "" for the top) of a branch or tag, with what it refers to.

    Raises GitRefused, Unavailable when git is absent or the server does not answer in time.
    """
    with _remote(url, ref, login, timeout) as clone:
        clone.fetch(ref)
        return _read(clone, path)


def git_head(*, url: str, ref: str = "", login: Login = OPEN, timeout: float = TIMEOUT) -> str:
    """The commit at which a branch or tag stands now; nothing of it is fetched. Raises as git_fetch does."""
    wanted = (f"refs/heads/{ref}", f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}") if ref else ("HEAD",)
    with _remote(url, ref, login, timeout) as clone:
        told = clone.ask("ls-remote", "--quiet", "--", clone.url, *wanted)
        rows = [line.split("\t", 1) for line in told.splitlines()]
    found = {row[1]: row[0] for row in rows if len(row) == 2}
    for name in wanted:
        if name in found:
            return found[name]
    if ref:
        raise GitRefused(_("There is no branch or tag “%(ref)s” in the repository any more.") % {"ref": ref})
    raise GitRefused(_("The repository is empty: it has no commit yet."))


@contextlib.contextmanager
def _remote(url: str, ref: str, login: Login, timeout: float) -> Iterator["_Clone"]:
    """An empty place to clone `url` into, thrown away afterwards."""
    git = shutil.which("git")
    if git is None:
        raise Unavailable(_("git is not installed on the portal's machine. Install it, or upload the files."))
    if ref and (not _REF.match(ref) or ".." in ref):
        raise GitRefused(_("“%(ref)s” is not the name of a branch or tag.") % {"ref": ref[:100]})
    parts, pin = _address(url)
    folder = Path(tempfile.mkdtemp(prefix="pierhead-git-"))
    try:
        yield _Clone(git, folder, time.monotonic() + timeout, parts.geturl(), pin, login)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _address(url: str) -> tuple[SplitResult, str]:
    """(the address, "host:port:ip" to hold on to). Raises GitRefused."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or (80 if parts.scheme == "http" else 443)
    except ValueError as error:
        raise GitRefused(_("This is not an address.")) from error
    host = parts.hostname or ""
    if parts.username or parts.password:
        raise GitRefused(_("Leave the name and password out of the address: it is stored and shown as it is."))
    if parts.scheme not in {"https", "http"} or not host:
        raise GitRefused(_("Only addresses that start with https:// are imported."))
    try:
        found = {row[4][0] for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise GitRefused(_("There is no machine called %(host)s.") % {"host": host[:200]}) from error
    addresses = [ipaddress.ip_address(str(one).partition("%")[0]) for one in sorted(map(str, found))]
    loopback = all(one.is_loopback for one in addresses)
    if parts.scheme == "http" and not loopback:
        raise GitRefused(_("Only addresses that start with https:// are imported."))
    if not settings.GIT_PRIVATE and not all(one.is_global for one in addresses):
        message = _("%(host)s is a private address, and the portal does not import from those (PIERHEAD_GIT_PRIVATE).")
        raise GitRefused(message % {"host": host[:200]})
    chosen = addresses[0]
    return parts, f"{host}:{port}:{f'[{chosen}]' if chosen.version == 6 else chosen}"


@dataclass(frozen=True)
class _Clone:
    """A bare repository being filled, within a time and a size. pin: what curl holds on to."""

    git: str
    folder: Path
    until: float
    url: str
    pin: str
    login: Login

    @property
    def _environment(self) -> dict[str, str]:
        """The login goes by the environment, which other people of the machine cannot read, and never to a redirect."""
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "SSL_CERT_FILE"}}
        quiet = {
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ASKPASS": "true",
            "GIT_LFS_SKIP_SMUDGE": "1",
        }
        found = {**kept, **quiet, "HOME": str(self.folder), "GIT_ALLOW_PROTOCOL": "https:http"}
        if self.login.token:
            pair = base64.b64encode(f"{self.login.username or 'git'}:{self.login.token}".encode()).decode()
            found |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraHeader"}
            found["GIT_CONFIG_VALUE_0"] = f"Authorization: Basic {pair}"
        return found

    def fetch(self, ref: str) -> None:
        """Raises GitRefused with git's own words, Unavailable past the time or size."""
        words = ["clone", "--quiet", "--bare", "--depth=1", "--single-branch", "--no-tags"]
        words += ["--branch", ref] if ref else []
        self.ask(*words, "--", self.url, str(self.folder / "repo"))

    def ask(self, *words: str) -> str:
        """What a command that talks with the server prints. Raises as fetch does."""
        options = ("http.followRedirects=false", f"http.curloptResolve={self.pin}", "core.hooksPath=/dev/null")
        command = [self.git, *(word for option in options for word in ("-c", option)), *words]
        printed = self.folder / "printed"
        with printed.open("wb") as output:
            process = subprocess.Popen(
                command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        try:
            self._watch(process)
            said = (process.stderr.read() if process.stderr else b"").decode("utf-8", "replace")
        finally:
            _end(process)
        if process.returncode:
            raise GitRefused(_words(said))
        return printed.read_text("utf-8", "replace")

    def _watch(self, process: "subprocess.Popen[bytes]") -> None:
        """Until git ends, and once more after that: what came between two looks counts too."""
        while process.poll() is None:
            if time.monotonic() > self.until:
                raise Unavailable(_("The repository did not arrive in time. Try again, or upload the files."))
            self._weigh()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LOOK)
        self._weigh()

    def _weigh(self) -> None:
        if _size(self.folder) > MAX_BYTES:
            raise GitRefused(_("The repository is larger than %(size)s MiB.") % {"size": MAX_BYTES >> 20})

    def run(self, *words: str) -> bytes:
        """What a reading command prints."""
        done = subprocess.run(
            [self.git, "--git-dir", str(self.folder / "repo"), *words],
            env=self._environment,
            capture_output=True,
            timeout=max(1.0, self.until - time.monotonic()),
            check=True,
        )
        return done.stdout


def _end(process: "subprocess.Popen[bytes]") -> None:
    """git and its helpers, all of them."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stderr:
        process.stderr.close()


def _size(folder: Path) -> int:
    total = 0
    for place, _folders, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += (Path(place) / name).stat().st_size
    return total


def _words(said: str) -> str:
    """What went wrong, with git's own last line and what to do."""
    lines = [line.removeprefix("fatal: ").strip() for line in said.splitlines() if line.strip()]
    told = _("git says: %(words)s") % {"words": lines[-1][:300] if lines else _("it did not work")}
    if any(sign in said for sign in ("could not read Username", "Authentication failed", "error: 401", "error: 403")):
        return f"{told}. {_('The server refused: give a name and a token that may read the repository.')}"
    return told


def _read(clone: _Clone, path: str) -> Fetched:
    try:
        sizes = _listing(clone)
        main = _main(sizes, path.strip().strip("/"))

        def text_of(name: str) -> str:
            return clone.run("cat-file", "blob", f"HEAD:{name}").decode("utf-8")

        compose = text_of(main)
        names = referred(sizes.keys(), main, lambda name: compose if name == main else text_of(name))
        home = posixpath.dirname(main)
        files = {posixpath.relpath(name, home or "."): text_of(name) for name in names}
        shown = clone.run("log", "-1", "--format=%H%x00%an%x00%s", "HEAD").decode("utf-8", "replace").strip()
        commit, author, subject = shown.split("\0", 2)
    except UnicodeDecodeError as error:
        raise GitRefused(_("A file that it refers to is not text in UTF-8.")) from error
    except subprocess.SubprocessError as error:
        raise GitRefused(_("The repository cannot be read: it may be empty.")) from error
    outside = [name for name in files if name.startswith("..")]
    if outside:
        message = _("It refers to files above its folder (%(name)s). Name a folder that holds them all.")
        raise GitRefused(message % {"name": outside[0][:200]})
    return Fetched(main, compose, files, commit, author[:200], subject[:300])


def _listing(clone: _Clone) -> dict[str, int]:
    """Ordinary files with their sizes; symbolic links and submodules are no files here."""
    found: dict[str, int] = {}
    for row in clone.run("ls-tree", "-r", "-l", "-z", "HEAD").split(b"\0"):
        head, _tab, name = row.partition(b"\t")
        words = head.split()
        if len(words) == 4 and words[0] in {b"100644", b"100755"} and int(words[3]) <= MAX_TEXT:
            found[name.decode("utf-8", "replace")] = int(words[3])
        if len(found) > MAX_FILES:
            raise GitRefused(_("The repository has more than %(count)s files.") % {"count": MAX_FILES})
    return found


def _main(sizes: Mapping[str, int], path: str) -> str:
    if path in sizes:
        return path
    for name in COMPOSE_NAMES:
        whole = f"{path}/{name}" if path else name
        if whole in sizes:
            return whole
    raise GitRefused(_("There is no compose file at “%(path)s”.") % {"path": path[:200] or "/"})
