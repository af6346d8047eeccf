"""Files of containers: paths, archives in pieces, listings with and without a shell, downloads, uploads, permission."""

import asyncio
import base64
import io
import json
import tarfile
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from channels.db import database_sync_to_async

from hosts.engine_calls.permits import Permit, permit_find
from hosts.files import browsing
from hosts.files.browsing import file_put, file_size, file_text, folder_pieces, listing
from hosts.files.paths import DIRECTORY, LINK, crumbs, joined, name_clean, path_clean, stat_of
from hosts.files.tars import TarWalk, tar_head, tar_tail
from hosts.models import Container
from portal.people.access import actor_for_user
from portal.people.models import User
from portal.problems import Invalid, NotAllowed, NotFound, Problem, Refused

from .fakes import FakeHost, FakeStream, answered, as_json, chunk, framed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", "/"),
        ("/", "/"),
        ("//etc//", "/etc"),
        ("etc/../../..", "/"),
        ("/a/./b/", "/a/b"),
        ("/ä b", "/ä b"),
        ("c:\\data\\..\\x", "C:/x"),
        ("C:", "C:/"),
    ],
)
def test_paths_are_whole_and_plain(text: str, path: str) -> None:
    assert path_clean(text) == path


@pytest.mark.parametrize("text", ["/a\0b", "/a\nb", "x" * 5000])
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(Invalid):
        path_clean(text)


@pytest.mark.parametrize(
    ("text", "name"), [("a.txt", "a.txt"), ("../../etc/passwd", "passwd"), ("C:\\x\\b.txt", "b.txt")]
)
def test_an_upload_is_written_by_its_last_name(text: str, name: str) -> None:
    assert name_clean(text) == name


@pytest.mark.parametrize("text", ["", "..", "a/", "a\nb", "x" * 300])
def test_names_that_are_none(text: str) -> None:
    with pytest.raises(Invalid):
        name_clean(text)


def test_crumbs_lead_back() -> None:
    assert crumbs("/etc/nginx") == [("/", "/"), ("etc", "/etc"), ("nginx", "/etc/nginx")]
    assert joined("/", "a") == "/a"


def stat(name: str, mode: int, size: int = 0, target: str = "") -> str:
    value = {"name": name, "mode": mode, "size": size, "mtime": "2026-01-02T03:04:05.678901234Z", "linkTarget": target}
    return base64.b64encode(json.dumps(value).encode()).decode()


def test_what_the_engine_says_of_a_path() -> None:
    entry = stat_of(stat("run.sh", 0o754, 12))
    assert (entry.kind, entry.size, entry.rights) == ("file", 12, "rwxr-xr--")
    assert entry.changed is not None
    assert entry.changed.year == 2026
    assert stat_of(stat("etc", DIRECTORY | 0o755)).kind == "folder"
    assert stat_of(stat("x", LINK | 0o777, target="/y")).target == "/y"
    assert stat_of(stat("pts", 1 << 26)).kind == "other"


def packed(*members: tuple[str, bytes | None], form: int = tarfile.PAX_FORMAT) -> bytes:
    """An archive; None is a folder."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
            member.size = len(content or b"")
            archive.addfile(member, io.BytesIO(content or b""))
    return file.getvalue()


@pytest.mark.parametrize("size", [1, 100, 511, 512, 513, 100_000])
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_an_archive_in_pieces_of_any_size(size: int, form: int) -> None:
    long = "d/" + "n" * 150 + "/é.txt"
    data = packed(("d", None), ("d/a", b"x" * 700), (long, b"yes"), ("d/empty", b""), form=form)
    walk, found = TarWalk(), dict[str, bytes]()
    for at in range(0, len(data), size):
        for member, content in walk.feed(data[at : at + size]):
            found[member.name] = found.get(member.name, b"") + (content or b"")
    assert walk.ended
    assert found == {"d": b"", "d/a": b"x" * 700, long: b"yes", "d/empty": b""}


def test_what_is_no_archive() -> None:
    with pytest.raises(ValueError, match="no archive"):
        list(TarWalk().feed(b"not a tar archive at all" * 50))


def test_an_archive_that_we_make_can_be_read() -> None:
    data = tar_head("ä.txt", 5, mode=0o644, changed=0) + b"hello" + tar_tail(5)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        member = archive.next()
        assert member is not None
        read = archive.extractfile(member)
        assert read is not None
        assert (member.name, read.read()) == ("ä.txt", b"hello")


class Box:
    """A container with files. shell: it has one."""

    def __init__(self, *, shell: bool = True, running: bool = True, host: Any = None) -> None:
        self.shell, self.running, self.host = shell, running, host or {}
        self.put = b""

    async def __call__(self, stream: FakeStream, method: str, target: str, body: bytes) -> None:
        parts = urlsplit(target)
        path = parse_qs(parts.query).get("path", [""])[0]
        if parts.path.endswith("/archive"):
            await self._archive(stream, method, path, body)
        elif parts.path.endswith("/exec"):
            stream.say(as_json({"Id": "e1"}, 201))
        elif parts.path.endswith("/start"):
            stream.take_over()
            stream.say(framed("b.txt\0sub\0gone\0") if self.shell else framed("exec failed"))
            stream.say(b"")
        elif "/exec/" in parts.path:
            stream.say(as_json({"ExitCode": 0 if self.shell else 126}))
        else:
            stream.say(
                as_json({"State": {"Running": self.running}, "Config": {}, "HostConfig": self.host, "Mounts": []})
            )

    async def _archive(self, stream: FakeStream, method: str, path: str, body: bytes) -> None:
        known = {
            "/d": DIRECTORY | 0o755,
            "/d/b.txt": 0o644,
            "/d/sub": DIRECTORY | 0o700,
            "/big": 0o644,
            "/fifo": 1 << 25,
        }
        if path not in known:
            stream.say(as_json({"message": f"Could not find the file {path}"}, 404))
        elif method == "HEAD":
            size = 2**40 if path == "/big" else 5
            head = f"HTTP/1.1 200 OK\r\nX-Docker-Container-Path-Stat: {stat(path, known[path], size)}\r\n\r\n"
            stream.say(head.encode())
        elif method == "PUT":
            self.put = body
            stream.say(answered(200, b""))
        else:
            data = packed(("d/", None), ("d/b.txt", b"hello"), ("d/sub", None), ("d/sub/deep", b"x"))
            stream.say(answered(200, None))
            stream.say(chunk(packed(("b.txt", b"hello")) if path != "/d" else data))
            stream.say(chunk(b""))


@pytest.fixture
async def permit(container: Container, deployer: User) -> Permit:
    return await permit_of(container, deployer)


async def permit_of(container: Container, user: User) -> Permit:
    def find() -> Permit:
        return permit_find(actor_for_user(user), container.host_id, container.cid)

    found: Permit = await database_sync_to_async(find)()
    return found


@pytest.mark.parametrize("box", [Box(), Box(shell=False), Box(running=False)])
async def test_a_folder_with_and_without_a_shell(permit: Permit, box: Box) -> None:
    found = await listing(permit, "/d/", opener=FakeHost(box))
    assert [(entry.name, entry.kind) for entry in found.entries] == [("sub", "folder"), ("b.txt", "file")]
    assert found.whole


async def test_a_folder_that_is_too_large_is_shown_in_part(permit: Permit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsing, "MAX_ENTRIES", 1)
    found = await listing(permit, "/d", opener=FakeHost(Box(shell=False)))
    assert not found.whole
    assert len(found.entries) == 1


async def test_text_download_and_limits(permit: Permit) -> None:
    host = FakeHost(Box())
    assert await file_text(permit, "/d/b.txt", opener=host) == (b"hello", True)
    assert (await file_size(permit, "/d/b.txt", opener=host)).size == 5
    assert (await file_size(permit, "/big", opener=host)).size == 2**40
    with pytest.raises(Refused, match="pipe"):
        await file_size(permit, "/fifo", opener=host)
    with pytest.raises(NotFound, match="There is no /absent"):
        await listing(permit, "/absent", opener=host)
    pieces = [piece async for piece in folder_pieces(permit, "/d", opener=host)]
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as archive:
        assert "d/b.txt" in archive.getnames()


async def test_an_upload_arrives_as_one_file(permit: Permit) -> None:
    async def content() -> Any:
        yield b"hel"
        await asyncio.sleep(0)
        yield b"lo"

    box = Box()
    await file_put(permit, "/d", "new.txt", 5, content(), opener=FakeHost(box))
    with tarfile.open(fileobj=io.BytesIO(box.put)) as archive:
        read = archive.extractfile("new.txt")
        assert read is not None
        assert read.read() == b"hello"
    with pytest.raises(Refused, match="no folder"):
        await file_put(permit, "/d/b.txt", "x", 0, content(), opener=FakeHost(box))


async def test_a_container_beyond_the_policy_is_not_looked_into(
    permit: Permit, container: Container, admin: User
) -> None:
    box = Box(host={"Privileged": True})
    for act in (listing, file_text, file_size):
        with pytest.raises(NotAllowed, match="more rights"):
            await act(permit, "/d", opener=FakeHost(box))
    assert await listing(await permit_of(container, admin), "/d", opener=FakeHost(box))


async def test_viewers_do_not_read_files(container: Container, viewer: User) -> None:
    with pytest.raises(Problem):
        await listing(await permit_of(container, viewer), "/d", opener=FakeHost(Box()))
