"""Going back: what the command made goes, what gave way returns, and nothing else is touched."""

import dataclasses

from engine_agent.endings import plan_back
from engine_agent.reconcile import Observed, Seen
from engine_agent.steps import PutBack, Remove, RemoveNetwork, RemoveVolume, StartAgain, Step

NOW, BEFORE = "command-now", "command-before"
OLD, NEW = "a" * 64, "b" * 64
NAME = "shop-web-1"
OLD_ASIDE = Seen(OLD, f"{OLD[:12]}_{NAME}", "sha256:1", "running", command=BEFORE)
NEW_WEB = Seen(NEW, NAME, "sha256:2", "running", command=NOW)


def back(*containers: Seen, ran: dict[str, bool], **more: dict[str, str]) -> list[Step]:
    stages = plan_back(Observed(containers, {}, **more), NOW, ran)
    return [step for stage in stages for track in stage for step in track]


def removed(seen: Seen) -> Remove:
    return Remove(seen.cid, seen.plain_name, "the deployment failed", fresh=True)


def test_the_new_one_goes_before_the_previous_one_gets_its_name() -> None:
    assert back(OLD_ASIDE, NEW_WEB, ran={OLD: True}) == [removed(NEW_WEB), PutBack(OLD, NAME)]


def test_one_that_was_stopped_for_the_port_is_started_again() -> None:
    stopped = dataclasses.replace(OLD_ASIDE, state="exited")
    assert back(stopped, NEW_WEB, ran={OLD: True}) == [removed(NEW_WEB), PutBack(OLD, NAME), StartAgain(OLD, NAME)]


def test_one_that_stood_still_before_is_not_started() -> None:
    stopped = dataclasses.replace(OLD_ASIDE, state="exited")
    assert back(stopped, NEW_WEB, ran={OLD: False}) == [removed(NEW_WEB), PutBack(OLD, NAME)]


def test_after_a_crash_between_rename_and_create() -> None:
    assert back(OLD_ASIDE, ran={OLD: True}) == [PutBack(OLD, NAME)]


def test_a_service_that_was_to_go_and_was_stopped_runs_again() -> None:
    other = Seen(OLD, "shop-old-1", "sha256:1", "exited", command=BEFORE)
    assert back(other, ran={OLD: True}) == [StartAgain(OLD, "shop-old-1")]


def test_what_was_kept_is_left_alone() -> None:
    kept = Seen(OLD, NAME, "sha256:1", "running", command=BEFORE)
    assert back(kept, ran={OLD: True}) == []


def test_on_a_first_deployment_nothing_is_left() -> None:
    steps = back(
        NEW_WEB, ran={}, networks={"shop_default": NOW, "other": BEFORE}, volumes={"shop_data": NOW, "theirs": ""}
    )
    assert steps == [removed(NEW_WEB), RemoveNetwork("shop_default"), RemoveVolume("shop_data")]


def test_what_lay_aside_from_an_earlier_failure_does_not_take_the_name_of_a_living_one() -> None:
    living = Seen("d" * 64, NAME, "sha256:1", "running", command=BEFORE)
    assert back(OLD_ASIDE, living, ran={OLD: True, living.cid: True}) == []


def test_of_two_aside_the_one_that_ran_returns() -> None:
    other = Seen("d" * 64, f"{'d' * 12}_{NAME}", "sha256:1", "exited", command=BEFORE)
    for pair in ((OLD_ASIDE, other), (other, OLD_ASIDE)):
        assert back(*pair, ran={OLD: True, other.cid: False}) == [PutBack(OLD, NAME)]


def test_a_container_that_existed_before_is_never_taken_for_ours() -> None:
    """The same command id in the label, but noted as there before: a replayed id must not remove it."""
    assert back(NEW_WEB, ran={NEW: True}) == []
