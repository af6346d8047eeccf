"""What terminals show is kept where the team's policy asks for it, sealed, for admins."""

import json
import time

import pytest
from channels.db import database_sync_to_async
from django.test import Client

from hosts.models import Container, TerminalRecording
from hosts.services.policies import policy_change
from hosts.terminals.desk import Desk
from hosts.terminals.recording import MAX_BYTES, Recording
from portal.people.access import portal_actor
from portal.people.models import AuditEntry, Team, User

from .conftest import Connect
from .test_terminal_consumer import Shell, audited, opened, shown, terminal

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_asciicast_of_what_was_shown() -> None:
    now = iter([100.0, 100.5, 101.0, 102.0])
    recording = Recording(columns=80, rows=24, title="sh", clock=lambda: next(now))
    recording.add("ä".encode()[:1])
    recording.add("ä".encode()[1:] + b"\x1b[1m")
    recording.resized(100, 30)
    head, *events = [json.loads(line) for line in recording.cast().decode().splitlines()]
    assert (head["version"], head["width"], head["height"]) == (2, 80, 24)
    assert events == [[0.5, "o", "ä\u001b[1m"], [1.0, "r", "100x30"]]


def test_a_recording_is_bounded() -> None:
    recording = Recording(columns=80, rows=24, title="sh")
    for _ in range(6):
        recording.add(b"x" * (MAX_BYTES // 4))
    assert recording.cut
    assert recording.size == MAX_BYTES


async def test_a_terminal_is_recorded_and_read_by_an_admin(
    connect: Connect, container: Container, deployer: User, admin: User, team: Team
) -> None:
    await database_sync_to_async(policy_change)(team=team, actor=portal_actor(), record_terminals=True)
    browser = await terminal(connect, deployer, container, Shell(), Desk())
    await opened(browser)
    await browser.say_bytes(b"secret words")
    await shown(browser, b"secret words")
    await browser.say_bytes(b"exit")
    await browser.until(lambda message: isinstance(message, dict) and "ended" in message)
    await audited("terminal.end")
    await database_sync_to_async(_read)(team, admin, deployer)


def _read(team: Team, admin: User, deployer: User) -> None:
    for _ in range(200):
        row = TerminalRecording.objects.first()
        if row is not None:
            break
        time.sleep(0.02)
    assert row is not None
    assert b"secret words" not in bytes(row.sealed)
    client = Client()
    client.force_login(admin)
    assert row.container_name in client.get(f"/team/{team.slug}/recordings/").content.decode()
    player = client.get(f"/team/{team.slug}/recordings/{row.pk}/play/")
    assert f'data-cast="/team/{team.slug}/recordings/{row.pk}/"' in player.content.decode()
    assert not AuditEntry.objects.filter(action="recording.read").exists()
    cast = client.get(f"/team/{team.slug}/recordings/{row.pk}/").content.decode()
    assert "secret words" in cast
    assert AuditEntry.objects.filter(action="recording.read", actor=admin).count() == 1
    client.force_login(deployer)
    assert client.get(f"/team/{team.slug}/recordings/{row.pk}/").status_code == 403


async def test_without_the_policy_nothing_is_kept(connect: Connect, container: Container, deployer: User) -> None:
    browser = await terminal(connect, deployer, container, Shell(), Desk())
    await opened(browser)
    await browser.say_bytes(b"exit")
    await browser.until(lambda message: isinstance(message, dict) and "ended" in message)
    await audited("terminal.end")
    assert not await database_sync_to_async(TerminalRecording.objects.exists)()
