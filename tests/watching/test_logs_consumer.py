"""The socket of logs: lines, flow control, what is left out, hosts that go away, permission."""

from typing import Any

import pytest

from hosts.consumers import log_flow, logs
from hosts.consumers.logs import LogsConsumer
from hosts.models import Container
from portal.people.models import User
from portal.problems import Unavailable

from .conftest import CID, Connect
from .fakes import FakeHost, FakeStream, answered, as_json, chunk, framed, stamped

pytestmark = pytest.mark.django_db(transaction=True)


def inspect(*, tty: bool = False, running: bool = True) -> bytes:
    return as_json({"Config": {"Tty": tty}, "State": {"Running": running}})


class Log:
    """A container's log: `lines` at first, more by `write`, `end` to finish."""

    def __init__(self, *pieces: bytes, running: bool = True) -> None:
        self.pieces = list(pieces)
        self.running = running
        self.asked: list[str] = []
        self.streams: list[FakeStream] = []

    async def __call__(self, stream: FakeStream, method: str, target: str, body: bytes) -> None:
        if "/json" in target:
            stream.say(inspect(running=self.running))
            return
        self.asked.append(target)
        self.streams.append(stream)
        stream.say(answered(200, None))
        for piece in self.pieces:
            stream.say(chunk(piece))

    def write(self, data: bytes) -> None:
        self.streams[-1].say(chunk(data))


def opening(container: Container, **more: Any) -> dict[str, Any]:
    return {"open": [{"host": str(container.host_id), "container": container.cid}], **more}


async def test_lines_as_they_come(connect: Connect, container: Container, viewer: User) -> None:
    log = Log(framed(stamped(1, "one")) + framed(stamped(2, "two"), 2))
    browser = await connect(LogsConsumer, viewer, opener=FakeHost(log))
    await browser.say(opening(container, tail=5))
    assert await browser.hear() == {"s": 0, "name": "web", "host": container.host.name}
    assert (await browser.hear())["state"] == "live"
    first = await browser.hear()
    assert [(row[0], row[2]) for row in first["l"]] == [(1, "one"), (2, "two")]
    log.write(framed(stamped(3, "three")))
    assert (await browser.hear())["l"][0][2] == "three"
    assert "follow=1" in log.asked[0]
    assert "tail=5" in log.asked[0]


async def test_nothing_is_read_while_the_browser_has_not_taken_what_was_sent(
    connect: Connect, container: Container, viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hosts.consumers.watching.WINDOW", 300)
    monkeypatch.setattr(log_flow, "HELD_CHARS", 500)
    monkeypatch.setattr(log_flow, "MESSAGE_CHARS", 1)
    log = Log(*[framed(stamped(number, "x" * 200)) for number in range(20)])
    host = FakeHost(log)
    browser = await connect(LogsConsumer, viewer, opener=host)
    await browser.say(opening(container))
    await browser.hear()
    await browser.hear()
    got = [await browser.hear(ack=False) for _ in range(2)]
    assert await browser.silent()
    before = host.streams[-1].reads
    assert await browser.silent()
    assert host.streams[-1].reads == before
    await browser.say({"ack": browser.taken})
    got.append(await browser.hear(ack=False))
    assert [len(one["l"]) for one in got] == [1, 1, 1]


async def test_a_stopped_container_is_followed_again_when_it_runs(
    connect: Connect, container: Container, viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "AGAIN_AFTER", 0.05)
    log = Log(framed(stamped(1, "one")), b"")
    browser = await connect(LogsConsumer, viewer, opener=FakeHost(log))
    await browser.say(opening(container))
    await browser.until(lambda message: message.get("state") == "ended")
    log.pieces = [framed(stamped(1, "one")) + framed(stamped(5, "again"))]
    rows = await browser.until(lambda message: "l" in message)
    assert [row[2] for row in rows["l"]] == ["again"]
    assert "since=1767225601.000000" in log.asked[1]


async def test_a_host_that_is_away_is_waited_for(
    connect: Connect, container: Container, viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "AGAIN_AFTER", 0.05)
    host = FakeHost(Log(framed(stamped(1, "one"))))
    failures = [Unavailable("The host is away."), Unavailable("The host is away.")]

    async def opener(**words: Any) -> FakeStream:
        if failures:
            raise failures.pop()
        return await host(**words)

    browser = await connect(LogsConsumer, viewer, opener=staticmethod(opener))
    await browser.say(opening(container))
    waiting = await browser.until(lambda message: message.get("state") == "waiting")
    assert waiting["text"] == "The host is away."
    assert (await browser.until(lambda message: "l" in message))["l"][0][2] == "one"


async def test_without_follow_it_ends(connect: Connect, container: Container, viewer: User) -> None:
    log = Log(framed(stamped(1, "one")), b"")
    browser = await connect(LogsConsumer, viewer, opener=FakeHost(log))
    await browser.say(opening(container, follow=False))
    await browser.until(lambda message: "l" in message)
    assert "follow=0" in log.asked[0]
    assert await browser.silent()


async def test_another_teams_container_is_not_there(connect: Connect, container: Container, stranger: User) -> None:
    host = FakeHost(Log())
    browser = await connect(LogsConsumer, stranger, opener=host)
    await browser.say(opening(container))
    assert (await browser.hear())["state"] == "gone"
    assert not host.streams


async def test_nobody_is_not_let_in(connect: Connect, container: Container) -> None:
    browser = await connect(LogsConsumer, None, opener=FakeHost(Log()))
    assert (await browser.hear())["problem"]["code"] == "sign-in-needed"
    assert await browser.hear() == 4401


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"open": "x"}, 4400),
        ({"nonsense": 1}, 4400),
        ({"open": [], "tail": 1}, 4404),
        ({"open": [{"host": "x"}]}, 4400),
        ({"ack": "many"}, 4400),
        ({"open": [{"host": "x", "container": CID}], "tail": "all"}, 4400),
    ],
)
async def test_what_makes_no_sense_ends_it(connect: Connect, viewer: User, message: dict[str, Any], code: int) -> None:
    browser = await connect(LogsConsumer, viewer, opener=FakeHost(Log()))
    await browser.say(message)
    found = await browser.hear()
    while not isinstance(found, int):
        found = await browser.hear()
    assert found == code


async def test_a_host_name_that_is_none_is_not_there(connect: Connect, viewer: User) -> None:
    browser = await connect(LogsConsumer, viewer, opener=FakeHost(Log()))
    await browser.say({"open": [{"host": "x", "container": CID}]})
    assert (await browser.hear())["state"] == "gone"


async def test_what_fell_far_behind_is_left_out_with_a_marker(
    connect: Connect, container: Container, viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_flow, "NEWEST", 1)
    monkeypatch.setattr(log_flow, "QUIET", 60.0)
    now = {"time": 1_767_225_600.0}
    log = Log(framed(stamped(0, "new")))
    browser = await connect(LogsConsumer, viewer, opener=FakeHost(log), clock=staticmethod(lambda: now["time"]))
    await browser.say(opening(container))
    await browser.until(lambda message: "l" in message)
    now["time"] += 60
    log.write(framed(stamped(1, "old")) + framed(stamped(2, "old")))
    log.write(framed(stamped(3, "nearly")))
    log.write(framed(stamped(60, "new again")))
    marker = await browser.hear()
    assert (marker["dropped"], marker["to"] - marker["from"]) == (2, 1_000_000)
    rows = (await browser.hear())["l"]
    assert [row[2] for row in rows] == ["nearly", "new again"]


async def test_many_lines_travel_in_few_messages(connect: Connect, container: Container, viewer: User) -> None:
    log = Log(*[framed(stamped(number / 1000, f"line {number}")) for number in range(5_000)])
    browser = await connect(LogsConsumer, viewer, opener=FakeHost(log))
    await browser.say(opening(container))
    texts: list[str] = []
    messages = 0
    while len(texts) < 5_000:
        texts += [row[2] for row in (await browser.until(lambda message: "l" in message))["l"]]
        messages += 1
    assert texts == [f"line {number}" for number in range(5_000)]
    assert messages < 500
