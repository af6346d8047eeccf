"""Cleaning up a host: what applications need is told to the agent, who may do it, and doing it every day."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from engine_agent.protocol import messages as wire
from engine_agent.protocol.upkeep import Prune, PruneWish
from engine_agent.pruning import KINDS
from hosts.jobs import housekeeping_start
from hosts.models import Command, Host, Housekeeping
from hosts.models.commands import CommandState
from hosts.models.housekeeping import PruneKind
from hosts.problems import HostAway
from hosts.selectors.housekeeping import cleaned_list, cleaned_of
from hosts.services.applications import application_create, application_revise
from hosts.services.commands import body_of
from hosts.services.housekeeping import (
    LAST_REVISIONS,
    Sweep,
    housekeeping_run,
    housekeeping_set,
    prune_preview,
    prune_start,
    sweep_clean,
    wish_of,
)
from hosts.services.progress import command_finished, command_progress
from portal.people.access import actor_for_user, portal_actor
from portal.people.models import AuditEntry, Team, User
from portal.problems import Conflict, Invalid, NotAllowed, NotFound
from tests.hosts.wiring import connected, eventually, give_key
from tests.sim.agents import Script, SimAgent

pytestmark = pytest.mark.django_db(transaction=True)
ACTOR = portal_actor()
USUAL = Sweep(("containers", "dangling-images"), 7)
COMPOSE = """
services:
  web: {image: "shop:1", volumes: ["data:/data", "outside:/out"]}
volumes:
  data: {}
  outside: {external: true, name: shared-files}
"""


def finish(command: Command, result: dict[str, Any]) -> Command:
    message = wire.CommandFinished(str(command.pk), "succeeded", result=result)
    command_finished(host_id=command.host_id, finished=message, now=timezone.now())
    command.refresh_from_db()
    return command


def test_portal_and_agent_mean_the_same_kinds() -> None:
    assert tuple(PruneKind.values) == KINDS


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"kinds": [], "days": 1}, "kinds"),
        ({"kinds": ["everything"], "days": 1}, "kinds"),
        ({"kinds": ["networks"], "days": -1}, "days"),
        ({"kinds": ["networks"], "days": 99_999}, "days"),
        ({"kinds": ["networks"], "days": 1, "keep_labels": [str(n) for n in range(30)]}, "keep_labels"),
        ({"kinds": ["networks"], "days": 1, "keep_labels": ["x" * 300]}, "keep_labels"),
    ],
)
def test_senseless_wishes(wish: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        sweep_clean(**wish)
    assert set(caught.value.fields) == {field}


def test_what_applications_need_is_told(team: Team, other_team: Team, linux_host: Host) -> None:
    shop, _ = application_create(team=team, name="shop", actor=ACTOR, compose=COMPOSE)
    for number in range(2, LAST_REVISIONS + 3):
        application_revise(application=shop, actor=ACTOR, compose=COMPOSE.replace("shop:1", f"shop:{number}"))
    application_create(team=other_team, name="stranger", actor=ACTOR, service={"image": "stranger:1"})
    wish = wish_of(host=linux_host, sweep=USUAL)
    assert wish.projects == ("shop",)
    assert set(wish.images) == {f"shop:{number}" for number in range(3, LAST_REVISIONS + 3)}
    assert set(wish.volumes) == {"shop_data", "shared-files"}
    assert (wish.kinds, wish.older_seconds) == (USUAL.kinds, 7 * 86_400)


def test_it_is_a_command_like_any_other(linux_host: Host, deployer: User) -> None:
    command = prune_start(host=linux_host, sweep=USUAL, actor=actor_for_user(deployer))
    body = body_of(command)
    assert isinstance(body, Prune)
    assert body.wish.kinds == USUAL.kinds
    assert command.summary == "Clean up: stopped containers, images without a tag"
    assert AuditEntry.objects.get().action == "host.prune"
    with pytest.raises(Conflict) as caught:
        prune_start(host=linux_host, sweep=USUAL, actor=ACTOR)
    assert caught.value.code == "prune-running"


def test_a_host_that_is_away_is_not_cleaned_up_later(linux_host: Host) -> None:
    Host.objects.update(link="")
    linux_host.refresh_from_db()
    with pytest.raises(HostAway):
        prune_start(host=linux_host, sweep=USUAL, actor=ACTOR)


@pytest.mark.parametrize("kind", ["anonymous-volumes", "unused-volumes"])
def test_volumes_are_for_those_who_manage_hosts(linux_host: Host, deployer: User, admin: User, kind: str) -> None:
    with pytest.raises(NotAllowed):
        prune_start(host=linux_host, sweep=Sweep((kind,)), actor=actor_for_user(deployer))
    prune_start(host=linux_host, sweep=Sweep((kind,)), actor=actor_for_user(admin))


def test_who_may(linux_host: Host, viewer: User, stranger: User, deployer: User) -> None:
    for user, problem in ((viewer, NotAllowed), (stranger, NotFound)):
        with pytest.raises(problem):
            prune_start(host=linux_host, sweep=USUAL, actor=actor_for_user(user))
        with pytest.raises(problem):
            prune_preview(host=linux_host, sweep=USUAL, actor=actor_for_user(user))
    with pytest.raises(NotAllowed):
        housekeeping_set(host=linux_host, sweep=USUAL, at=time(3), enabled=True, actor=actor_for_user(deployer))


def test_the_result_is_kept_and_read_without_trust(linux_host: Host) -> None:
    command = prune_start(host=linux_host, sweep=USUAL, actor=ACTOR)
    steps = (wire.StepReport("containers", "Remove stopped containers", "running", detail="job", current=1, total=4),)
    command_progress(
        host_id=linux_host.pk, progress=wire.CommandProgress(str(command.pk), 1, steps), now=timezone.now()
    )
    command.refresh_from_db()
    [step] = cleaned_of(command).steps
    assert (step["detail"], step["current"], step["total"]) == ("job", 1, 4)
    result = {"freed": 1234, "removed": {"containers": 4, "nonsense": 9}, "left": [{"name": "x", "why": "in use"}, 7]}
    finish(command, result)
    [cleaned] = cleaned_list(actor=ACTOR, host=linux_host)
    assert (cleaned.freed, cleaned.removed) == (1234, [("Stopped containers", 4)])
    assert cleaned.left == [{"name": "x", "why": "in use"}]


@pytest.mark.parametrize(
    "result", [{"freed": "much"}, {"freed": -1}, {"removed": [1]}, {"left": "x"}, {"x": "\0"}, {"x": "y" * 70_000}]
)
def test_a_senseless_result_does_no_harm(linux_host: Host, result: dict[str, Any]) -> None:
    cleaned = cleaned_of(finish(prune_start(host=linux_host, sweep=USUAL, actor=ACTOR), result))
    assert (cleaned.freed, cleaned.removed, cleaned.left) == (None, [], [])


# -- every day


@pytest.mark.parametrize(
    ("counted_from", "next_run"),
    [
        (datetime(2030, 1, 1, 2, 0, tzinfo=UTC), datetime(2030, 1, 1, 3, 30, tzinfo=UTC)),
        (datetime(2030, 1, 1, 3, 30, tzinfo=UTC), datetime(2030, 1, 2, 3, 30, tzinfo=UTC)),
        (datetime(2030, 1, 1, 9, 0, tzinfo=UTC), datetime(2030, 1, 2, 3, 30, tzinfo=UTC)),
    ],
)
def test_when_it_is_due(counted_from: datetime, next_run: datetime) -> None:
    assert Housekeeping(at=time(3, 30), counted_from=counted_from).next_run == next_run


@pytest.fixture
def schedule(linux_host: Host) -> Housekeeping:
    return housekeeping_set(host=linux_host, sweep=USUAL, at=time(3), enabled=True, actor=ACTOR)


def test_nothing_runs_when_it_is_made(schedule: Housekeeping) -> None:
    assert housekeeping_run(now=timezone.now()) == 0
    assert schedule.next_run > timezone.now()


def test_it_runs_once_a_day(schedule: Housekeeping) -> None:
    due = schedule.next_run + timedelta(minutes=1)
    assert housekeeping_run(now=due) == 1
    assert housekeeping_run(now=due) == 0
    command = Command.objects.get()
    assert command.created_by is None
    finish(command, {})
    assert housekeeping_run(now=due + timedelta(days=1)) == 1


def test_a_host_that_is_away_is_cleaned_up_when_it_is_back(schedule: Housekeeping) -> None:
    due = schedule.next_run + timedelta(minutes=1)
    Host.objects.update(link="")
    assert housekeeping_run(now=due) == 0
    Host.objects.update(link="boot@node.1", last_seen_at=timezone.now())
    assert housekeeping_run(now=due + timedelta(hours=5)) == 1


def test_one_that_is_off_does_not_run(schedule: Housekeeping) -> None:
    Housekeeping.objects.update(enabled=False)
    assert housekeeping_run(now=schedule.next_run + timedelta(days=3)) == 0


def test_the_job_asks_the_clock(schedule: Housekeeping) -> None:
    Housekeeping.objects.update(counted_from=timezone.now() - timedelta(days=2))
    assert housekeeping_start() == 1


# -- over the wire


async def test_preview_and_removal_over_the_wire(linux_host: Host) -> None:
    asked: list[Any] = []

    class Cleaner(SimAgent):
        def _answer(self, body: Any) -> dict[str, Any]:
            asked.append(body)
            return {"items": [{"kind": "containers", "name": "job", "size": 5}], "kept": [], "size": 5, "counts": {}}

    agent = Cleaner(features=("upkeep",), script=lambda command: Script())
    await give_key(linux_host, agent)
    preview: Callable[[], dict[str, Any]] = lambda: prune_preview(  # noqa: E731
        host=Host.objects.get(pk=linux_host.pk), sweep=USUAL, actor=ACTOR
    )
    async with connected(agent):
        await eventually(lambda: Host.objects.get(pk=linux_host.pk).observed_at)
        answer = await sync_to_async(preview, thread_sensitive=False)()
        assert answer["size"] == 5
        assert isinstance(asked[0].wish, PruneWish)
        host = await sync_to_async(Host.objects.get)(pk=linux_host.pk)
        await sync_to_async(lambda: prune_start(host=host, sweep=USUAL, actor=ACTOR))()
        await eventually(lambda: Command.objects.get().state == CommandState.SUCCEEDED)
    assert isinstance(agent.commands[0].body, Prune)
