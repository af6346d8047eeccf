"""Looking into a container's files, taking some out and putting some in."""

import asyncio
import posixpath
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from tarfile import TarInfo
from urllib.parse import quote

from hosts.engine_calls import EngineLine, engine_line
from hosts.engine_calls.frames import Demultiplexer
from hosts.engine_calls.line import Opener
from hosts.engine_calls.permits import Permit, permit_require
from hosts.gateway.streams import open_stream
from portal.problems import NotAllowed, NotFound, Problem, Refused

from .paths import Entry, joined, path_clean, stat_of
from .tars import TarWalk, tar_head, tar_tail

MAX_ENTRIES = 500
MAX_SCANNED = 32 * 1024 * 1024
MAX_SECONDS = 15.0
MAX_TEXT = 256 * 1024
# Names as they are, whatever they hold; `ls` of BusyBox writes question marks for letters that are not ASCII.
LIST = (
    'cd -- "$1" || exit 9; '
    'for f in .[!.]* ..?* *; do { [ -e "$f" ] || [ -L "$f" ]; } && printf "%s\\0" "$f"; done; exit 0'
)
STAT = "x-docker-container-path-stat"


@dataclass(frozen=True)
class Listing:
    """What is at a path. entry: the path itself. whole: nothing was left out of `entries` (of a folder)."""

    path: str
    entry: Entry
    entries: tuple[Entry, ...] = ()
    whole: bool = True


def _archive(cid: str, path: str) -> str:
    return f"/containers/{quote(cid)}/archive?path={quote(path, safe='')}"


async def _permitted(line: EngineLine, permit: Permit, method: str) -> bool:
    """Whether the container runs; raises NotAllowed when the policy does not let this person at its files."""
    document = await line.json("GET", f"/containers/{quote(permit.cid)}/json")
    permit_require(permit, method, f"/containers/{permit.cid}/archive", document=document)
    return bool(document["State"]["Running"])


async def _stat(line: EngineLine, cid: str, path: str) -> Entry:
    try:
        head = await line.ask("HEAD", _archive(cid, path))
    except NotFound:
        raise NotFound(f"There is no {path[:200]} in the container.", code="path-not-found") from None
    try:
        return stat_of(head.headers[STAT])
    except (KeyError, ValueError, TypeError):
        raise NotFound("The engine says nothing about this path.") from None


async def listing(permit: Permit, path: str, *, opener: Opener = open_stream) -> Listing:
    """What is at `path`; a link is followed once. Raises NotFound, NotAllowed, Unavailable."""
    path = path_clean(path)
    async with engine_line(permit.host_id, opener=opener) as line:
        running = await _permitted(line, permit, "GET")
        entry = await _stat(line, permit.cid, path)
        if entry.kind == "link" and entry.target:
            path = path_clean(posixpath.join(posixpath.dirname(path), entry.target))
            entry = await _stat(line, permit.cid, path)
        if entry.kind != "folder":
            return Listing(path, entry)
        names = await _names(permit, path, opener) if running and permit.os != "windows" else None
        if names is None:
            return await _scan(line, permit, path, entry)
        entries = []
        for name in names[:MAX_ENTRIES]:
            try:
                entries.append(replace(await _stat(line, permit.cid, joined(path, name)), name=name))
            except Problem:
                continue  # gone meanwhile
        return Listing(path, entry, _sorted(entries), whole=len(names) <= MAX_ENTRIES)


async def _names(permit: Permit, path: str, opener: Opener) -> list[str] | None:
    """The names in a folder by the container's shell; None when it has none, or the policy allows no commands."""
    words = ["/bin/sh", "-c", LIST, "sh", path]
    body = {"AttachStdout": True, "AttachStderr": False, "Tty": False, "Cmd": words}
    try:
        permit_require(permit, "POST", f"/containers/{permit.cid}/exec", body=body, document={})
        async with asyncio.timeout(MAX_SECONDS), engine_line(permit.host_id, opener=opener) as line:
            made = await line.json("POST", f"/containers/{quote(permit.cid)}/exec", body)
            await line.ask("POST", f"/exec/{made['Id']}/start", body=b'{"Detach":false,"Tty":false}', upgrade=True)
            demux, text = Demultiplexer(tty=False), b""
            while piece := await line.read():
                text += b"".join(data for _kind, data in demux.feed(piece))
                if len(text) > MAX_ENTRIES * 300:
                    break
        async with engine_line(permit.host_id, opener=opener) as line:
            found = await line.json("GET", f"/exec/{made['Id']}/json")
    except (Problem, TimeoutError, ValueError):
        return None
    if found.get("ExitCode") not in (0, None):
        return None
    return [name for name in text.decode("utf-8", "replace").split("\0") if name]


async def _scan(line: EngineLine, permit: Permit, path: str, entry: Entry) -> Listing:
    """The folder's own entries out of the archive of all that is below it, as far as that is bearable."""
    await line.ask("GET", _archive(permit.cid, path))
    walk, found, read, whole = TarWalk(), dict[str, Entry](), 0, False
    deadline = time.monotonic() + MAX_SECONDS
    while piece := await line.read():
        read += len(piece)
        for member, content in walk.feed(piece):
            parts = member.name.strip("/").split("/")
            if path == "/" and parts[0] not in ("", "."):
                parts = ["", *parts]
            if content is None and len(parts) == 2 and parts[1]:
                kind = (
                    "folder" if member.isdir() else "link" if member.issym() else "file" if member.isreg() else "other"
                )
                found[parts[1]] = Entry(parts[1], kind, member.size, member.mode & 0o777, None, member.linkname)
        if walk.ended:
            whole = len(found) <= MAX_ENTRIES
            break
        if read > MAX_SCANNED or len(found) >= MAX_ENTRIES or time.monotonic() > deadline:
            break
    else:
        whole = True
    return Listing(path, entry, _sorted(list(found.values())[:MAX_ENTRIES]), whole=whole)


def entry_of(name: str, member: TarInfo) -> Entry:
    """From an archive's member."""
    kind = "folder" if member.isdir() else "link" if member.issym() else "file" if member.isreg() else "other"
    return Entry(
        name, kind, member.size, member.mode & 0o777, datetime.fromtimestamp(member.mtime, UTC), member.linkname
    )


def _sorted(entries: list[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda one: (one.kind != "folder", one.name)))


async def file_text(permit: Permit, path: str, *, opener: Opener = open_stream) -> tuple[bytes, bool]:
    """(the first MAX_TEXT bytes, whether that is all) of a file."""
    data, whole = b"", True
    async for piece in file_pieces(permit, path, opener=opener):
        data += piece
        if len(data) > MAX_TEXT:
            data, whole = data[:MAX_TEXT], False
            break
    return data, whole


async def file_size(permit: Permit, path: str, *, opener: Opener = open_stream) -> Entry:
    """What is at the path, for a download. Raises Refused when it is no file or folder."""
    async with engine_line(permit.host_id, opener=opener) as line:
        await _permitted(line, permit, "GET")
        entry = await _stat(line, permit.cid, path_clean(path))
    if entry.kind == "other":
        raise Refused("This is a device, a pipe or a socket: it has no content to take.")
    return entry


async def file_pieces(permit: Permit, path: str, *, opener: Opener = open_stream) -> AsyncIterator[bytes]:
    """The content of a file."""
    async with engine_line(permit.host_id, opener=opener) as line:
        await _permitted(line, permit, "GET")
        await line.ask("GET", _archive(permit.cid, path_clean(path)))
        walk = TarWalk()
        while piece := await line.read():
            for member, content in walk.feed(piece):
                if not member.isreg():
                    raise NotFound("This is no file.")
                if content:
                    yield content
            if walk.ended:
                return


async def folder_pieces(permit: Permit, path: str, *, opener: Opener = open_stream) -> AsyncIterator[bytes]:
    """A folder as a tar archive, as the engine makes it."""
    async with engine_line(permit.host_id, opener=opener) as line:
        await _permitted(line, permit, "GET")
        await line.ask("GET", _archive(permit.cid, path_clean(path)))
        while piece := await line.read():
            yield piece


async def file_put(
    permit: Permit, folder: str, name: str, size: int, content: AsyncIterator[bytes], *, opener: Opener = open_stream
) -> None:
    """Write a file of `size` bytes into a folder. Raises NotAllowed, NotFound, Refused."""
    async with engine_line(permit.host_id, opener=opener) as line:
        await _permitted(line, permit, "PUT")
        entry = await _stat(line, permit.cid, path_clean(folder))
        if entry.kind not in ("folder", "link"):
            raise Refused("This is no folder.")

        async def archive() -> AsyncIterator[bytes]:
            yield tar_head(name, size, mode=0o644, changed=time.time())
            async for piece in content:
                yield piece
            yield tar_tail(size)

        target = _archive(permit.cid, path_clean(folder)) + "&noOverwriteDirNonDir=1"
        try:
            await line.ask("PUT", target, pieces=archive(), content_type="application/x-tar")
        except NotAllowed:
            raise NotAllowed("The container's file system, or this mount, is read-only.") from None
