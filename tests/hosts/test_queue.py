"""What is asked of a host that is away waits, in an order that people can change, and is carried out in that order."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from engine_agent.protocol import messages as wire
from engine_agent.protocol.bodies import ContainerAction
from hosts.jobs import commands_sweep
from hosts.models import Command, Container, Host, Image
from hosts.models.commands import CommandState
from hosts.selectors.queue import queue_rows, waiting_of, why_waiting
from hosts.services.commands import MAX_WAITING, command_cancel, command_create, commands_due
from hosts.services.containers import container_act
from hosts.services.hosts import host_revoke
from hosts.services.images import image_remove
from hosts.services.progress import command_finished
from hosts.services.queue import command_expiry_set, command_move, queue_cancel
from portal.people.access import actor_for_user, portal_actor
from portal.people.models import AuditEntry, User
from portal.problems import Conflict, Invalid, NotAllowed, NotFound
from tests.hosts.wiring import connected, eventually, give_key
from tests.sim.agents import Script, SimAgent

pytestmark = pytest.mark.django_db(transaction=True)
ACTOR = portal_actor()


@pytest.fixture
def away(linux_host: Host) -> Host:
    """The Linux host, not connected."""
    Host.objects.filter(pk=linux_host.pk).update(link="")
    linux_host.refresh_from_db()
    return linux_host


def ask(host: Host, word: str) -> Command:
    body = ContainerAction(cid=word * 64, action="restart")
    return command_create(host=host, body=body, summary=f"Restart {word}", actor=ACTOR)


def order(host: Host) -> list[str]:
    return [row.summary.removeprefix("Restart ") for row in queue_rows(actor=ACTOR, host=host)]


def sent_now(host: Host) -> list[str]:
    due = commands_due(host_id=host.pk, everything=False)
    return [message.id for message in due if isinstance(message, wire.CommandSend)]


def finish(command: Command, outcome: str = "succeeded") -> None:
    message = wire.CommandFinished(str(command.pk), outcome)
    command_finished(host_id=command.host_id, finished=message, now=timezone.now())


# -- asking


@pytest.mark.parametrize("action", ["start", "stop", "restart", "kill", "remove"])
def test_every_action_on_a_container_of_a_host_that_is_away_waits(away: Host, web: Container, action: str) -> None:
    web.host.refresh_from_db()
    command = container_act(container=web, action=action, actor=ACTOR)
    assert command.state == CommandState.QUEUED
    assert command.in_line
    assert command.expires_at > timezone.now() + timedelta(hours=23)
    assert "when the host is back" in why_waiting(command)


def test_the_removal_of_an_image_waits_too(away: Host) -> None:
    image = Image.objects.create(host=away, image_id="sha256:1", tags=["own:1"], observed_at=timezone.now())
    assert image_remove(image=image, actor=ACTOR).in_line


def test_a_host_that_is_there_has_no_line(linux_host: Host) -> None:
    first, second = ask(linux_host, "a"), ask(linux_host, "b")
    assert not first.in_line
    assert sent_now(linux_host) == [str(first.pk), str(second.pk)]


def test_a_revoked_host_takes_nothing(linux_host: Host, web: Container) -> None:
    host_revoke(host=linux_host, actor=ACTOR)
    web.host.refresh_from_db()
    with pytest.raises(Conflict) as caught:
        container_act(container=web, action="stop", actor=ACTOR)
    assert caught.value.code == "host-revoked"


def test_a_queue_has_an_end(away: Host) -> None:
    made = [
        Command(host=away, kind="x", summary=str(n), body=b"", expires_at=timezone.now(), in_line=True)
        for n in range(MAX_WAITING)
    ]
    Command.objects.bulk_create(made)
    with pytest.raises(Conflict) as caught:
        ask(away, "a")
    assert caught.value.code == "queue-full"


# -- the line


def test_each_is_sent_after_the_end_of_the_one_before(away: Host) -> None:
    first, second, third = (ask(away, word) for word in "abc")
    assert sent_now(away) == [str(first.pk)]
    assert sent_now(away) == []
    finish(first, "failed")
    assert sent_now(away) == [str(second.pk)]
    finish(second)
    assert sent_now(away) == [str(third.pk)]


def test_what_comes_while_the_line_moves_joins_it(away: Host) -> None:
    first = ask(away, "a")
    sent_now(away)
    Host.objects.filter(pk=away.pk).update(link="boot@node.1", last_seen_at=timezone.now())
    away.refresh_from_db()
    later = ask(away, "b")
    assert later.in_line
    assert sent_now(away) == []
    finish(first)
    assert sent_now(away) == [str(later.pk)]


def test_a_cancelled_one_lets_the_next_go(away: Host) -> None:
    first, second = ask(away, "a"), ask(away, "b")
    command_cancel(command=first, actor=ACTOR)
    assert sent_now(away) == [str(second.pk)]


def test_a_new_connection_is_sent_what_is_on_its_way_and_not_the_rest_of_the_line(away: Host) -> None:
    first, _second = ask(away, "a"), ask(away, "b")
    sent_now(away)
    again = commands_due(host_id=away.pk, everything=True)
    assert [message.id for message in again] == [str(first.pk)]


async def test_a_host_that_comes_back_works_through_its_line_one_at_a_time(linux_host: Host) -> None:
    running: list[str] = []
    most = 0

    def script(command: wire.CommandSend) -> Script:
        nonlocal most
        running.append(command.id)
        open_now = [one for one in running if one not in agent.results]
        most = max(most, len(open_now))
        return Script(seconds=0.02)

    agent = SimAgent(script=script)
    await give_key(linux_host, agent)
    host = await sync_to_async(Host.objects.get)(pk=linux_host.pk)
    made = [await sync_to_async(ask)(host, word) for word in "abcde"]
    await sync_to_async(lambda: command_move(command=made[4], other=made[0], behind=False, actor=ACTOR))()
    async with connected(agent):
        await eventually(lambda: Command.objects.filter(state=CommandState.SUCCEEDED).count() == 5)
    assert [command.id for command in agent.commands] == [str(made[number].pk) for number in (4, 0, 1, 2, 3)]
    assert most == 1


def test_a_command_that_cannot_be_read_stops_nobody(away: Host) -> None:
    first, second = ask(away, "a"), ask(away, "b")
    Command.objects.filter(pk=first.pk).update(body=b"\xc1")
    assert sent_now(away) == []
    first.refresh_from_db()
    assert (first.state, "another version" in first.error) == (CommandState.FAILED, True)
    assert sent_now(away) == [str(second.pk)]


# -- editing


@pytest.mark.parametrize(
    ("moved", "other", "behind", "wanted"),
    [
        ("d", "a", False, "dabc"),
        ("d", "a", True, "adbc"),
        ("a", "d", True, "bcda"),
        ("a", "c", False, "bacd"),
        ("b", "c", False, "abcd"),
    ],
)
def test_a_waiting_command_moves(away: Host, moved: str, other: str, behind: bool, wanted: str) -> None:
    made = {word: ask(away, word) for word in "abcd"}
    command_move(command=made[moved], other=made[other], behind=behind, actor=ACTOR)
    assert order(away) == list(wanted)
    assert AuditEntry.objects.get().action == "command.move"


def test_commands_from_before_there_was_an_order_can_be_moved(away: Host) -> None:
    made = {word: ask(away, word) for word in "abc"}
    Command.objects.update(position=0)
    command_move(command=made["c"], other=made["a"], behind=False, actor=ACTOR)
    assert order(away) == list("cab")


def test_what_is_asked_after_a_move_is_still_last(away: Host) -> None:
    made = {word: ask(away, word) for word in "ab"}
    command_move(command=made["a"], other=made["b"], behind=True, actor=ACTOR)
    ask(away, "c")
    assert order(away) == list("bac")


def test_what_was_sent_is_not_moved(away: Host) -> None:
    first, second = ask(away, "a"), ask(away, "b")
    sent_now(away)
    for command, other in ((first, second), (second, first)):
        with pytest.raises(Conflict) as caught:
            command_move(command=command, other=other, behind=True, actor=ACTOR)
        assert caught.value.code == "command-sent"
        assert "Restart a" in caught.value.detail


def test_commands_move_within_one_queue_only(away: Host, windows_host: Host) -> None:
    first, second = ask(away, "a"), ask(windows_host, "b")
    for other in (second, first):
        with pytest.raises(Invalid):
            command_move(command=first, other=other, behind=True, actor=ACTOR)


def test_the_expiry_is_changed_while_it_waits(away: Host) -> None:
    command = ask(away, "a")
    later = timezone.now() + timedelta(days=7)
    assert command_expiry_set(command=command, expires_at=later, actor=ACTOR).expires_at == later
    sent_now(away)
    with pytest.raises(Conflict):
        command_expiry_set(command=command, expires_at=later, actor=ACTOR)


@pytest.mark.parametrize("ahead", [timedelta(seconds=1), timedelta(days=31), timedelta(days=-1)])
def test_an_expiry_out_of_bounds(away: Host, ahead: timedelta) -> None:
    with pytest.raises(Invalid):
        command_expiry_set(command=ask(away, "a"), expires_at=timezone.now() + ahead, actor=ACTOR)


def test_all_that_waits_is_cancelled_at_once(away: Host) -> None:
    made = [ask(away, word) for word in "abc"]
    sent_now(away)
    assert queue_cancel(host=away, actor=ACTOR) == 2
    assert order(away) == ["a"]  # sent, and nobody knows whether it has arrived
    states = Command.objects.order_by("position").values_list("state", flat=True)
    assert list(states) == ["sent", "cancelled", "cancelled"]
    assert Command.objects.get(pk=made[2].pk).finished_at


def test_the_sweep_ends_what_has_expired_without_any_agent(away: Host) -> None:
    late, fresh = ask(away, "a"), ask(away, "b")
    Command.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert commands_sweep() == 1
    late.refresh_from_db()
    assert late.state == CommandState.EXPIRED
    assert "linux-host was not connected before the command expired" in late.error
    assert order(away) == ["b"]
    assert Command.objects.get(pk=fresh.pk).state == CommandState.QUEUED


# -- who


def test_who_may_edit_a_queue(away: Host, viewer: User, deployer: User, stranger: User) -> None:
    command = ask(away, "a")
    later = timezone.now() + timedelta(hours=1)
    for user, kind in ((viewer, NotAllowed), (stranger, NotFound)):
        actor = actor_for_user(user)
        with pytest.raises(kind):
            command_expiry_set(command=command, expires_at=later, actor=actor)
        with pytest.raises(kind):
            queue_cancel(host=away, actor=actor)
    assert AuditEntry.objects.filter(result="denied").count() == 4
    command_expiry_set(command=command, expires_at=later, actor=actor_for_user(deployer))


def test_a_queue_shows_what_one_may_do(away: Host, viewer: User, deployer: User, stranger: User) -> None:
    ask(away, "a")
    ask(away, "b")
    shown = waiting_of(actor=actor_for_user(deployer), rows=list(queue_rows(actor=actor_for_user(deployer))))
    assert [(one.before is None, one.behind is None) for one in shown] == [(True, False), (False, True)]
    assert all(one.may_edit and one.may_cancel for one in shown)
    seen = waiting_of(actor=actor_for_user(viewer), rows=list(queue_rows(actor=actor_for_user(viewer))))
    assert len(seen) == 2
    assert not any(one.may_edit or one.may_cancel for one in seen)
    assert not queue_rows(actor=actor_for_user(stranger)).exists()


def test_a_line_says_what_it_waits_for(away: Host) -> None:
    ask(away, "a")
    ask(away, "b")
    sent_now(away)
    Host.objects.filter(pk=away.pk).update(link="boot@node.1", last_seen_at=timezone.now())
    first, second = waiting_of(actor=ACTOR, rows=list(queue_rows(actor=ACTOR)))
    assert first.why == "It was sent a moment ago."
    assert second.why == "It follows on “Restart a”, which is being carried out."
