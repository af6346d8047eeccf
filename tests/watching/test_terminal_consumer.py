"""The socket of a terminal: opening, typing, coming back, sharing, endings, permission, audit."""

import asyncio
import json
from typing import Any

import pytest
from channels.db import database_sync_to_async

from hosts.consumers.terminal import TerminalConsumer
from hosts.models import Container
from hosts.services.policies import policy_change
from hosts.terminals import session as sessions
from hosts.terminals.desk import Desk
from portal.people.access import portal_actor
from portal.people.models import AuditEntry, Role, Team, User
from tests.people import make_user

from .conftest import Browser, Connect
from .fakes import FakeHost, FakeStream, as_json

pytestmark = pytest.mark.django_db(transaction=True)


class Shell:
    """A container in which an exec session echoes what is typed; "exit" ends it with 3."""

    def __init__(self, *, running: bool = True, host: dict[str, Any] | None = None, tty: bool = True) -> None:
        self.running, self.host, self.tty = running, host or {}, tty
        self.created: list[dict[str, Any]] = []
        self.sizes: list[str] = []
        self.stream: FakeStream | None = None
        self.typed = b""

    async def __call__(self, stream: FakeStream, method: str, target: str, body: bytes) -> None:
        if "/resize" in target:
            self.sizes.append(target.partition("?")[2])
            stream.say(as_json(None))
        elif target.endswith("/start") or "/attach" in target:
            self.stream = stream
            stream.take_over()
            stream.say(b"$ ")
            await self._echo(stream)
        elif method == "POST" and target.endswith("/exec"):
            self.created.append(json.loads(body))
            stream.say(as_json({"Id": "e1"}, 201))
        elif "/exec/" in target:
            stream.say(as_json({"ExitCode": 3}))
        else:
            config = {"Tty": self.tty, "OpenStdin": True}
            state = {"Running": self.running}
            stream.say(as_json({"State": state, "Config": config, "HostConfig": self.host, "Mounts": []}))

    async def _echo(self, stream: FakeStream) -> None:
        while True:
            data = await stream.heard.get()
            self.typed += data
            if data in (b"exit", b"\x03\x04"):
                stream.say(b"")
                return
            stream.say(data)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def terminal(connect: Connect, user: User, container: Container, shell: Shell, desk: Desk) -> Browser:
    names = {"host_id": str(container.host_id), "cid": container.cid}
    return await connect(TerminalConsumer, user, kwargs=names, opener=FakeHost(shell), desk=desk)


async def opened(browser: Browser, **wish: Any) -> dict[str, Any]:
    await browser.say({"open": {"kind": "exec", "shell": "auto", "columns": 100, "rows": 30, **wish}})
    found: dict[str, Any] = await browser.until(lambda message: isinstance(message, dict))
    return found


async def shown(browser: Browser, text: bytes) -> bytes:
    """Output until it ends with `text`."""
    seen = b""
    while not seen.endswith(text):
        message = await browser.hear()
        assert not isinstance(message, int), message
        seen += message if isinstance(message, bytes) else b""
    return seen


async def audited(action: str, count: int = 1) -> list[AuditEntry]:
    """The rows of an action; it may take a moment."""
    for _ in range(200):
        rows: list[AuditEntry] = await database_sync_to_async(lambda: list(AuditEntry.objects.filter(action=action)))()
        if len(rows) >= count:
            return rows
        await asyncio.sleep(0.02)
    raise AssertionError(f"no {action} in the audit")


async def test_open_type_resize_exit(connect: Connect, container: Container, deployer: User, desk: Desk) -> None:
    shell = Shell()
    browser = await terminal(connect, deployer, container, shell, desk)
    told = await opened(browser)
    assert (told["mine"], told["control"], told["columns"], told["rows"]) == (True, True, 100, 30)
    await shown(browser, b"$ ")
    binary = bytes(range(256))
    await browser.say_bytes(binary)
    assert await shown(browser, binary) == binary
    await browser.say({"resize": [120, 40]})
    await browser.until(lambda message: isinstance(message, dict) and message.get("columns") == 120)
    assert shell.created[0]["Cmd"][0] == "/bin/sh"
    assert shell.created[0]["Tty"] is True
    await browser.say_bytes(b"exit")
    ended = await browser.until(lambda message: isinstance(message, dict) and "ended" in message)
    assert ended == {"ended": "It ended with exit code 3.", "code": 3}
    assert set(shell.sizes) <= {"h=30&w=100", "h=40&w=120"}
    row = (await audited("terminal.end"))[0]
    assert row.detail["bytes_typed"] == 260
    assert row.team_id == container.host.team_id
    assert (await audited("terminal.open"))[0].actor_id == deployer.pk


async def test_a_page_that_comes_back_sees_what_it_missed(
    connect: Connect, container: Container, deployer: User, desk: Desk
) -> None:
    shell = Shell()
    first = await terminal(connect, deployer, container, shell, desk)
    told = await opened(first)
    await first.say_bytes(b"before")
    await shown(first, b"before")
    await first.communicator.disconnect()
    assert shell.stream is not None
    shell.stream.say(b" meanwhile")
    again = await terminal(connect, deployer, container, shell, desk)
    await again.say({"join": told["session"], "from": 2})
    assert await shown(again, b"meanwhile") == b"before meanwhile"
    await again.say_bytes(b" after")
    await shown(again, b" after")


async def test_sharing_for_watching_and_for_typing(
    connect: Connect, container: Container, deployer: User, admin: User, desk: Desk
) -> None:
    shell = Shell()
    owner = await terminal(connect, deployer, container, shell, desk)
    told = await opened(owner)
    await shown(owner, b"$ ")
    refused = await terminal(connect, admin, container, shell, desk)
    await refused.say({"join": told["session"]})
    assert (await refused.hear())["problem"]["code"] == "terminal-not-found"
    await owner.say({"share": "read"})
    await owner.until(lambda message: isinstance(message, dict) and message.get("share") == "read")
    mate = await terminal(connect, admin, container, shell, desk)
    await mate.say({"join": told["session"]})
    seen = await mate.until(lambda message: isinstance(message, dict))
    assert (seen["mine"], seen["control"]) == (False, False)
    assert len(seen["people"]) == 2
    await shown(mate, b"$ ")
    await mate.say_bytes(b"not allowed")
    await mate.say({"resize": [10, 10]})
    await mate.say({"ping": 1})
    await mate.until(lambda message: isinstance(message, dict) and "pong" in message)
    assert await owner.until(lambda message: isinstance(message, dict))
    await owner.say({"share": "control"})
    await mate.until(lambda message: isinstance(message, dict) and message["control"])
    await mate.say_bytes(b"typed")
    assert (await shown(owner, b"typed")).endswith(b"typed")
    assert b"not allowed" not in shell.typed
    assert (await audited("terminal.join"))[0].actor_id == admin.pk


async def test_the_owner_ends_it_and_what_runs_is_told(
    connect: Connect, container: Container, deployer: User, desk: Desk
) -> None:
    shell = Shell()
    browser = await terminal(connect, deployer, container, shell, desk)
    await opened(browser)
    await browser.say({"end": 1})
    ended = await browser.until(lambda message: isinstance(message, dict) and "ended" in message)
    assert "ended it" in ended["ended"]
    assert shell.typed.endswith(b"\x03\x04")


async def test_attach_uses_the_containers_own_input(
    connect: Connect, container: Container, deployer: User, desk: Desk
) -> None:
    shell = Shell()
    browser = await terminal(connect, deployer, container, shell, desk)
    assert (await opened(browser, kind="attach"))["label"] == "attach"
    await browser.say_bytes(b"line")
    await shown(browser, b"line")
    assert not shell.created


@pytest.mark.parametrize(
    ("shell", "wish", "code", "words"),
    [
        (Shell(running=False), {}, "container-not-running", "is not running"),
        (Shell(), {"shell": "tcsh"}, "invalid", "no shell"),
        (Shell(host={"Privileged": True}), {}, "policy-container-beyond-policy", "more rights"),
    ],
)
async def test_a_failure_names_its_reason(
    connect: Connect, container: Container, deployer: User, desk: Desk, shell: Shell, wish: Any, code: str, words: str
) -> None:
    browser = await terminal(connect, deployer, container, shell, desk)
    await browser.say({"open": {"kind": "exec", "shell": "auto", **wish}})
    problem = (await browser.hear())["problem"]
    assert problem["code"] == code
    assert words in problem["detail"]
    assert isinstance(await browser.hear(), int)


async def test_the_policy_can_turn_terminals_off(
    connect: Connect, container: Container, deployer: User, admin: User, team: Team, desk: Desk
) -> None:
    change = database_sync_to_async(policy_change)
    await change(team=team, actor=portal_actor(), options={"exec": False})
    browser = await terminal(connect, deployer, container, Shell(), desk)
    await browser.say({"open": {"kind": "exec", "shell": "auto"}})
    assert (await browser.hear())["problem"]["code"] == "policy-exec"
    assert await audited("terminal.open", 2)
    other = await terminal(connect, admin, container, Shell(), desk)
    assert (await opened(other))["mine"]


async def test_viewers_and_strangers_get_none(
    connect: Connect, container: Container, viewer: User, stranger: User, desk: Desk
) -> None:
    browser = await terminal(connect, viewer, container, Shell(), desk)
    assert (await browser.hear())["problem"]["code"] == "not-allowed"
    assert await browser.hear() == 4403
    browser = await terminal(connect, stranger, container, Shell(), desk)
    assert await browser.until(lambda message: isinstance(message, dict))
    assert await browser.hear() == 4404


async def test_a_user_has_a_limited_number(connect: Connect, container: Container, deployer: User) -> None:
    class Small(Desk):
        pass

    desk = Small()
    browsers = [await terminal(connect, deployer, container, Shell(), desk) for _ in range(11)]
    for browser in browsers[:10]:
        await opened(browser)
    await browsers[10].say({"open": {"kind": "exec", "shell": "auto"}})
    assert (await browsers[10].hear())["problem"]["code"] == "too-many"


async def test_nobody_types_for_long(
    connect: Connect, container: Container, deployer: User, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "IDLE_SECONDS", 0.05)
    monkeypatch.setattr(sessions, "LOOK_EVERY", 0.05)
    browser = await terminal(connect, deployer, container, Shell(), desk)
    await opened(browser)
    ended = await browser.until(lambda message: isinstance(message, dict) and "ended" in message)
    assert "Nobody typed" in ended["ended"]


async def test_a_program_that_writes_without_end_waits_for_its_reader(
    connect: Connect, container: Container, deployer: User, desk: Desk
) -> None:
    shell = Shell()
    browser = await terminal(connect, deployer, container, shell, desk)
    await opened(browser)
    await shown(browser, b"$ ")
    assert shell.stream is not None
    for _ in range(60):
        shell.stream.say(b"y" * 65536)
    while not await browser.silent(1.0):  # the portal sends until its window is full, then reads no more
        await browser.hear(ack=False)
    assert shell.stream.reads < 40
    await browser.say({"ack": browser.taken})
    assert isinstance(await browser.hear(), bytes)


async def test_a_role_taken_away_ends_it(
    connect: Connect, container: Container, team: Team, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hosts.consumers.watching.CHECK_EVERY", 0.1)
    leaver = await database_sync_to_async(make_user)("leaver", team, Role.DEPLOYER)
    browser = await terminal(connect, leaver, container, Shell(), desk)
    await opened(browser)
    await database_sync_to_async(lambda: leaver.memberships.all().delete())()
    await browser.until(lambda message: isinstance(message, dict) and "problem" in message)
