"""A host changes its key on request: both keys are accepted until the new one was proven, then it alone."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from engine_agent.protocol import messages as wire
from engine_agent.protocol import public_key_of, sign
from engine_agent.protocol.identity import rotation_bytes
from hosts.models import Command, Host
from hosts.models.commands import CommandState
from hosts.services.enrolments import enrolment_create, enrolment_spend
from hosts.services.progress import command_finished
from hosts.services.standing import conflict_dismiss, host_key_rotate
from portal.people.access import actor_for_user, portal_actor
from portal.people.models import AuditEntry, User
from portal.problems import Conflict, NotAllowed
from tests.hosts.wiring import connected, eventually, give_key, wire_to_portal
from tests.sim.agents import RefusedByPortal, Script, SimAgent, linux_facts

pytestmark = pytest.mark.django_db(transaction=True)
ACTOR = portal_actor()
OLD, NEW, OTHER = b"o" * 32, b"n" * 32, b"x" * 32


def answer_of(command: Command, *, old: bytes = OLD, new: bytes = NEW, about: str = "") -> dict[str, Any]:
    public = public_key_of(new)
    signed = rotation_bytes(about or str(command.pk), public_key_of(old), public)
    return {"public_key": public.hex(), "signature": sign(old, signed).hex()}


def finish(command: Command, result: dict[str, Any]) -> Command:
    message = wire.CommandFinished(str(command.pk), "succeeded", result=result)
    command_finished(host_id=command.host_id, finished=message, now=timezone.now())
    command.refresh_from_db()
    return command


@pytest.fixture
def host(linux_host: Host) -> Host:
    """The Linux host with the old key, not connected."""
    Host.objects.filter(pk=linux_host.pk).update(public_key=public_key_of(OLD).hex(), link="", engine_id="")
    linux_host.refresh_from_db()
    return linux_host


async def refused(key: bytes) -> str:
    with pytest.raises(RefusedByPortal) as caught:
        await SimAgent(key=key).shake_hands(await wire_to_portal())
    return str(caught.value.refused.code)


async def test_both_keys_are_good_until_the_new_one_was_proven(host: Host) -> None:
    command = await sync_to_async(lambda: host_key_rotate(host=host, actor=ACTOR))()
    await sync_to_async(finish)(command, answer_of(command))
    assert command.state == CommandState.SUCCEEDED
    assert await refused(OTHER) == "unknown-key"
    async with connected(SimAgent(key=OLD)):
        pass
    await eventually(lambda: not Host.objects.get(pk=host.pk).link)
    async with connected(SimAgent(key=NEW)):
        pass
    await eventually(lambda: not Host.objects.get(pk=host.pk).link)
    assert await refused(OLD) == "unknown-key"
    now = await sync_to_async(Host.objects.get)(pk=host.pk)
    assert (now.public_key, now.next_public_key) == (public_key_of(NEW).hex(), "")
    assert now.key_changed_at is not None
    assert await AuditEntry.objects.filter(action="host.key-changed").acount() == 1


async def test_it_is_asked_over_the_wire_and_the_answer_is_acknowledged(host: Host) -> None:
    agent = SimAgent(key=OLD, features=("upkeep",), script=lambda command: Script(finish=False))
    await give_key(host, agent)
    async with connected(agent):
        command = await sync_to_async(lambda: host_key_rotate(host=host, actor=ACTOR))()
        await eventually(lambda: Command.objects.get(pk=command.pk).state == CommandState.ACCEPTED)
        await agent.say(wire.CommandFinished(str(command.pk), "succeeded", result=answer_of(command)))
        await eventually(lambda: Host.objects.get(pk=host.pk).next_public_key == public_key_of(NEW).hex())
        await eventually(lambda: agent.acknowledged == {str(command.pk)})


async def test_an_agent_that_is_too_old_is_not_sent_it(host: Host) -> None:
    agent = SimAgent(key=OLD, features=("streams",))
    await give_key(host, agent)
    async with connected(agent):
        command = await sync_to_async(lambda: host_key_rotate(host=host, actor=ACTOR))()
        await eventually(lambda: Command.objects.get(pk=command.pk).state == CommandState.FAILED)
        assert "too old" in (await Command.objects.aget(pk=command.pk)).error
    assert agent.received == []


@pytest.mark.parametrize(
    "forge",
    [
        lambda command: answer_of(command, old=OTHER),
        lambda command: answer_of(command, about="another command"),
        lambda command: {**answer_of(command), "public_key": public_key_of(OTHER).hex()},
        lambda command: {"public_key": "zz", "signature": ""},
        lambda command: {"public_key": "00", "signature": "00"},
        lambda command: {},
    ],
)
def test_a_key_that_the_old_one_did_not_sign_is_not_accepted(
    host: Host, forge: Callable[[Command], dict[str, Any]]
) -> None:
    command = host_key_rotate(host=host, actor=ACTOR)
    finish(command, forge(command))
    assert command.state == CommandState.FAILED
    assert command.result["code"] == "key-refused"
    assert command.error
    assert Host.objects.get(pk=host.pk).next_public_key == ""


def test_a_key_that_another_host_has_is_not_accepted(host: Host, windows_host: Host) -> None:
    Host.objects.filter(pk=windows_host.pk).update(public_key=public_key_of(NEW).hex())
    command = host_key_rotate(host=host, actor=ACTOR)
    assert finish(command, answer_of(command)).state == CommandState.FAILED


def test_the_answer_that_comes_twice_changes_nothing(host: Host) -> None:
    command = host_key_rotate(host=host, actor=ACTOR)
    finish(command, answer_of(command))
    Host.objects.filter(pk=host.pk).update(public_key=public_key_of(NEW).hex(), next_public_key="")
    finish(command, answer_of(command))
    assert Host.objects.get(pk=host.pk).next_public_key == ""


def test_one_at_a_time(host: Host) -> None:
    command = host_key_rotate(host=host, actor=ACTOR)
    with pytest.raises(Conflict) as caught:
        host_key_rotate(host=host, actor=ACTOR)
    assert caught.value.code == "rotation-running"
    finish(command, answer_of(command))
    host_key_rotate(host=host, actor=ACTOR)


def test_no_machine_enrols_with_a_key_that_waits_for_its_first_connection(host: Host) -> None:
    Host.objects.filter(pk=host.pk).update(next_public_key=public_key_of(NEW).hex())
    agent = SimAgent(key=NEW)
    _row, token = enrolment_create(team=host.team, actor=ACTOR)
    signature = bytes.fromhex(agent.enrolment(token)["signature"])
    with pytest.raises(Conflict) as caught:
        enrolment_spend(
            token=token,
            public_key=agent.public_key,
            signature=signature,
            name="thief",
            facts=linux_facts(),
            address=None,
        )
    assert caught.value.code == "duplicate-key"


def test_who_may_ask_for_it(host: Host, deployer: User, admin: User) -> None:
    with pytest.raises(NotAllowed):
        host_key_rotate(host=host, actor=actor_for_user(deployer))
    command = host_key_rotate(host=host, actor=actor_for_user(admin))
    assert "key" not in str(command.result)


def test_a_conflict_is_dealt_with(host: Host, admin: User) -> None:
    Host.objects.filter(pk=host.pk).update(conflict={"at": "2030-01-01T00:00:00+00:00", "detail": "A clone."})
    assert conflict_dismiss(host=Host.objects.get(pk=host.pk), actor=actor_for_user(admin)).conflict == {}
    assert AuditEntry.objects.get().action == "host.conflict-dismiss"
