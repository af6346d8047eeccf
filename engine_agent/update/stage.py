"""A new version in a folder of its own: fetched, verified, installed, asked for its version; the old is not touched."""

import asyncio
import hashlib
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from ..os_host import machine_tags, venv_python
from ..protocol.identity import verify
from ..protocol.package import PackageFile, UpdateAgent, package_bytes
from ..work.outcome import Failure

MAX_FILE = 32 * 1024 * 1024
MAX_FILES = 64
INSTALL_SECONDS = 300.0
Fetch = Callable[[str], AbstractAsyncContextManager[AsyncIterator[bytes]]]


def package_check(wish: UpdateAgent, key: bytes) -> None:
    """That the package is the portal's own. Raises Failure."""
    if not key:
        raise Failure(
            "This agent knows no key of its portal yet. Enrol the host again to update it", "package-untrusted"
        )
    if not wish.files or len(wish.files) > MAX_FILES or any(one.size > MAX_FILE for one in wish.files):
        raise Failure("The package is empty or too large", "package-untrusted")
    if any(Path(one.name).name != one.name or not one.name.endswith(".whl") for one in wish.files):
        raise Failure("The package has files that are no wheels", "package-untrusted")
    if not verify(key, package_bytes(wish.version, wish.files), wish.signature):
        raise Failure(
            "The package is not signed by the key that this host learned when it enrolled, so it is not installed. If "
            "the portal's key was changed on purpose, enrol the host again",
            "package-untrusted",
        )


def files_for_here(files: tuple[PackageFile, ...]) -> tuple[PackageFile, ...]:
    """The wheels that may fit this machine and this Python; pip chooses among them."""
    return tuple(one for one in files if fits(one.name, machine_tags(), sys.version_info[:2]))


def fits(name: str, tags: tuple[str, ...], python: tuple[int, int]) -> bool:
    """Whether a wheel may run here. tags: ends of platform tags, such as "linux_x86_64" or "win_amd64"."""
    parts = name.removesuffix(".whl").split("-")
    if len(parts) < 5:
        return False
    pythons, abis, systems = parts[-3].split("."), parts[-2].split("."), parts[-1].split(".")
    if "any" not in systems and not any(one.endswith(tag) for one in systems for tag in tags):
        return False
    own = f"cp{python[0]}{python[1]}"
    return "py3" in pythons or own in pythons or "abi3" in abis


async def fetch_all(files: tuple[PackageFile, ...], folder: Path, fetch: Fetch) -> None:
    """Fetch what is not there yet; a file counts only with its hash. Raises Failure, AgentProblem."""
    await asyncio.to_thread(folder.mkdir, 0o700, True, True)
    for one in files:
        path = folder / one.name
        if not await asyncio.to_thread(_is, path, one.sha256):
            await _fetch(one, path, fetch)


async def _fetch(one: PackageFile, path: Path, fetch: Fetch) -> None:
    digest, size, pieces = hashlib.sha256(), 0, []
    async with fetch(one.path) as body:
        async for piece in body:
            size += len(piece)
            if size > one.size:
                break
            digest.update(piece)
            pieces.append(piece)
    if size != one.size or digest.hexdigest() != one.sha256:
        raise Failure(f"{one.name} did not come as it was signed. Try again", "package-damaged")
    await asyncio.to_thread(_write, path, b"".join(pieces))


async def install(wish: UpdateAgent, files: Path, target: Path) -> Path:
    """A virtual environment with the package; gives its Python. Raises Failure."""
    await asyncio.to_thread(shutil.rmtree, target, ignore_errors=True)
    requirements = files / "requirements.txt"
    here = files_for_here(wish.files)
    await asyncio.to_thread(_write, requirements, _requirements(here).encode())
    python = venv_python(target)
    await _run([_base_python(), "-m", "venv", str(target)], "The folder for the new version could not be made")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet", "--no-index"]
    pip += ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--find-links", str(files)]
    await _run([*pip, "-r", str(requirements)], "The new version could not be installed")
    said = await _run([str(python), "-P", "-m", "engine_agent", "--version"], "The new version does not start")
    if said.split()[-1:] != [wish.version]:
        raise Failure(
            f"The package says it is version {wish.version}, and it is {said.strip()[:60]}", "package-damaged"
        )
    return python


def _requirements(files: tuple[PackageFile, ...]) -> str:
    """Every project once, with the hashes of all its files."""
    projects: dict[str, list[str]] = {}
    for one in files:
        name, version = one.name.split("-")[:2]
        projects.setdefault(f"{name.replace('_', '-').lower()}=={version}", []).append(one.sha256)
    return "".join(
        f"{project} " + " ".join(f"--hash=sha256:{digest}" for digest in digests) + "\n"
        for project, digests in projects.items()
    )


def _base_python() -> str:
    """The Python below our own virtual environment."""
    return str(getattr(sys, "_base_executable", "") or sys.executable)


async def _run(command: list[str], trouble: str) -> str:
    """What a program prints. Raises Failure with its last words."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=env | {"PIP_CONFIG_FILE": os.devnull},
        cwd=Path(command[0]).anchor or None,
    )
    try:
        async with asyncio.timeout(INSTALL_SECONDS):
            out, err = await process.communicate()
    except TimeoutError as error:
        raise Failure(f"{trouble}: it took more than {INSTALL_SECONDS:g} s", "update-failed") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        last = (err or out).decode("utf-8", "replace").strip()
        raise Failure(
            f"{trouble}: {last.splitlines()[-1] if last else 'no reason given'}", "update-failed", log_tail=last[-4000:]
        )
    return out.decode("utf-8", "replace")


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _write(path: Path, data: bytes) -> None:
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(data)
    os.replace(new, path)
