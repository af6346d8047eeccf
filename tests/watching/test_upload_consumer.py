"""The socket of an upload: no more than is asked for, the whole file or none, cancel, refusals, permission, audit."""

import asyncio
import io
import tarfile
from typing import Any

import pytest
from channels.db import database_sync_to_async

from hosts.consumers import upload
from hosts.consumers.upload import WINDOW, UploadConsumer
from hosts.models import Container
from portal.people.models import AuditEntry, User

from .conftest import Browser, Connect
from .fakes import FakeHost, FakeStream, as_json
from .test_files import Box

pytestmark = pytest.mark.django_db(transaction=True)


async def opened(connect: Connect, container: Container, user: User | None, host: FakeHost) -> Browser:
    kwargs = {"host_id": str(container.host_id), "cid": container.cid}
    return await connect(UploadConsumer, user, kwargs=kwargs, opener=host)


async def put(browser: Browser, size: Any, name: str = "new.bin", folder: str = "/d") -> None:
    await browser.say({"put": {"folder": folder, "name": name, "size": size}})


async def send(browser: Browser, data: bytes) -> Any:
    """As a browser does: never more than was asked for. The message that is no invitation to send more."""
    sent = 0
    while True:
        message = await browser.hear()
        if not isinstance(message, dict) or "take" not in message:
            return message
        while sent < min(message["take"], len(data)):
            piece = data[sent : min(sent + upload.PIECE, message["take"])]
            sent += len(piece)
            await browser.say_bytes(piece)


def rows() -> Any:
    return database_sync_to_async(lambda: [(row.action, row.result, row.detail) for row in AuditEntry.objects.all()])()


@pytest.mark.parametrize("size", [0, 5, 3 * WINDOW + 7])
async def test_a_file_arrives_whole(connect: Connect, container: Container, deployer: User, size: int) -> None:
    box = Box()
    browser = await opened(connect, container, deployer, FakeHost(box))
    content = bytes(range(251)) * (size // 251 + 1)
    await put(browser, size)
    assert await send(browser, content[:size]) == {"done": "/d/new.bin"}
    assert await browser.hear() == upload.WRITTEN
    with tarfile.open(fileobj=io.BytesIO(box.put)) as archive:
        read = archive.extractfile("new.bin")
        assert read is not None
        assert read.read() == content[:size]
    [(action, result, detail)] = await rows()
    assert (action, result) == ("file.upload", AuditEntry.Result.DONE)
    assert (detail["path"], detail["size"]) == ("/d/new.bin", size)


class Full(Box):
    """A host that takes nothing of a file's content until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()


class SlowHost(FakeHost):
    async def __call__(self, **request: Any) -> FakeStream:
        stream = await super().__call__(**request)
        write, box = stream.write, self.handler

        async def slow(data: bytes) -> None:
            if len(data) > 10_000 and isinstance(box, Full):
                await box.go_on.wait()
            await write(data)

        stream.write = slow  # type: ignore[method-assign]
        return stream


async def test_no_more_is_asked_for_than_the_host_takes(connect: Connect, container: Container, deployer: User) -> None:
    box = Full()
    browser = await opened(connect, container, deployer, SlowHost(box))
    content = b"x" * (4 * WINDOW)
    await put(browser, len(content))
    assert await browser.hear() == {"take": WINDOW, "written": 0}
    for at in range(0, WINDOW, upload.PIECE):
        await browser.say_bytes(content[at : at + upload.PIECE])
    assert await browser.silent()
    await browser.say_bytes(b"more")
    problem = await browser.hear()
    assert "more than was asked for" in problem["problem"]["detail"]
    box.go_on.set()


async def test_cancelling_is_in_the_audit_and_ends_the_line(
    connect: Connect, container: Container, deployer: User
) -> None:
    host = FakeHost(Box())
    browser = await opened(connect, container, deployer, host)
    await put(browser, 10 * WINDOW)
    await browser.hear()
    await browser.say_bytes(b"x" * 100)
    await browser.say({"cancel": 1})
    assert await browser.until(lambda message: message == upload.WRITTEN or "take" not in message) == upload.WRITTEN
    await browser.communicator.disconnect(timeout=10)
    assert {action for action, _result, _detail in await rows()} == {"file.upload", "file.upload-cut"}
    for _turn in range(1500):
        if host.streams[-1].closed:
            return
        await asyncio.sleep(0.02)
    pytest.fail("the line to the engine is still open")


class Refusing(Box):
    """The engine says no."""

    async def _archive(self, stream: FakeStream, method: str, path: str, body: bytes) -> None:
        if method == "PUT":
            stream.say(as_json({"message": "no space left on device"}, 500))
        else:
            await super()._archive(stream, method, path, body)


async def test_what_the_engine_says_is_told(connect: Connect, container: Container, deployer: User) -> None:
    browser = await opened(connect, container, deployer, FakeHost(Refusing()))
    await put(browser, 3)
    assert "no space left" in (await send(browser, b"abc"))["problem"]["detail"]


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"folder": "/absent", "name": "a", "size": 1}, "There is no /absent"),
        ({"folder": "/d/b.txt", "name": "a", "size": 1}, "no folder"),
        ({"folder": "/d", "name": "..", "size": 1}, "name"),
        ({"folder": "/d", "name": "a", "size": -1}, "GiB"),
        ({"folder": "/d", "name": "a", "size": 2**60}, "GiB"),
        ({"folder": "/\0", "name": "a", "size": 1}, "no path"),
    ],
)
async def test_what_cannot_be_is_refused_in_words(
    connect: Connect, container: Container, deployer: User, wish: dict[str, Any], words: str
) -> None:
    browser = await opened(connect, container, deployer, FakeHost(Box()))
    await browser.say({"put": wish})
    assert words in (await browser.until(lambda message: "problem" in message))["problem"]["detail"]


@pytest.mark.parametrize("message", [{"put": {}}, {"put": {"folder": "/", "name": "a", "size": "1"}}, {"other": 1}])
async def test_malformed_messages_end_the_socket(
    connect: Connect, container: Container, deployer: User, message: dict[str, Any]
) -> None:
    browser = await opened(connect, container, deployer, FakeHost(Box()))
    await browser.say(message)
    assert await browser.hear() == 4400


async def test_bytes_before_a_wish(connect: Connect, container: Container, deployer: User) -> None:
    browser = await opened(connect, container, deployer, FakeHost(Box()))
    await browser.say_bytes(b"x")
    assert await browser.hear() == 4400


async def test_viewers_strangers_and_nobody(
    connect: Connect, container: Container, viewer: User, stranger: User
) -> None:
    for user, code in ((viewer, 4403), (stranger, 4404), (None, 4401)):
        browser = await opened(connect, container, user, FakeHost(Box()))
        assert "problem" in await browser.hear()
        assert await browser.hear() == code


async def test_the_policy_counts_and_is_audited(connect: Connect, container: Container, deployer: User) -> None:
    browser = await opened(connect, container, deployer, FakeHost(Box(host={"Privileged": True})))
    await put(browser, 1)
    assert "more rights" in (await browser.until(lambda message: "problem" in message))["problem"]["detail"]
    assert ("file.upload", AuditEntry.Result.DENIED) in [(action, result) for action, result, _detail in await rows()]
