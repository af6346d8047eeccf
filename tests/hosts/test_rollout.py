"""The course of a rollout, as a table of what happens and what follows."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from hosts import rollout
from hosts.rollout import Batch, Rollout, Turn


class Course:
    """A rollout under way; asks that were given are collected."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn

    @property
    def state(self) -> Rollout:
        return self.turn.rollout

    @property
    def asks(self) -> list[tuple[str, str]]:
        """Of the last turn: host and what is asked."""
        return [(ask.host, ask.kind) for ask in self.turn.asks]

    def take(self, turn: Turn) -> "Course":
        """The next turn, as it is stored and loaded again, with runs named as the service does."""
        state = turn.rollout
        hosts = dict(state.hosts)
        for ask in turn.asks:
            if ask.kind == "apply" and not hosts[ask.host].run:
                hosts[ask.host] = replace(hosts[ask.host], run=f"run-{ask.host}")
        state = rollout.from_json(rollout.to_json(replace(state, hosts=hosts)))
        self.turn = Turn(state, turn.asks, turn.cancels)
        return self

    def end(self, host: str, outcome: str = "succeeded", **result: Any) -> "Course":
        return self.take(rollout.ended(self.state, host, outcome, result))


def begun(*batches: Batch, hosts: Iterable[str] = "ab", changed: Iterable[str] = "ab", pulls: bool = False) -> Course:
    start = rollout.begin(hosts, batches, changed=changed, pulls=pulls)
    return Course(start).take(start)


def batch(action: str = "rollback", ratio: float = 0.0, **parts: str) -> Batch:
    """A batch of these containers of one service, e.g. batch(a="1 2")."""
    named = {host: tuple(names.split()) for host, names in parts.items()}
    actions = {} if action == "rollback" else {"web": action}
    return Batch(named, actions=actions, max_failure_ratio=ratio)


BOTH = batch(a="1", b="2")
RAN = {"old": True}


# -- without more ado


def test_one_batch_with_changes_on_one_host_is_carried_out_whole() -> None:
    course = begun(batch(a="1"), changed="a", pulls=True)
    assert course.asks == [("a", "whole"), ("b", "whole")]
    course.end("a")
    assert course.state.end == ""
    course.end("b")
    assert (course.state.phase, course.state.end) == ("done", "succeeded")


@pytest.mark.parametrize("outcome", ["failed", "rolled_back", "cancelled"])
def test_a_whole_one_ends_as_its_command(outcome: str) -> None:
    course = begun(batch(a="1"), hosts="a", changed="a").end("a", outcome)
    assert (course.state.end, course.state.hosts["a"].end) == (outcome, outcome)


def test_one_that_expired_has_failed() -> None:
    assert begun(batch(a="1"), hosts="a", changed="a").end("a", "expired").state.end == "failed"


def test_no_host_at_all_is_done_at_once() -> None:
    assert begun(hosts="", changed="").state.end == "succeeded"


def test_cancelling_a_whole_one_is_left_to_the_agents() -> None:
    course = begun(batch(a="1"), hosts="a", changed="a")
    turn = rollout.abort(course.state)
    assert (turn.cancels, turn.rollout.phase) == (("a",), "whole")


# -- pull everywhere, then replace, then keep


def test_nothing_is_replaced_before_every_image_is_there() -> None:
    course = begun(BOTH, pulls=True)
    assert course.asks == [("a", "pull"), ("b", "pull")]
    assert course.end("a").asks == []
    assert course.end("b").asks == [("a", "apply"), ("b", "apply")]


def test_what_gave_way_goes_when_all_are_well() -> None:
    course = begun(BOTH).end("a", ran=RAN)
    assert course.asks == []
    assert course.end("b", ran=RAN).asks == [("a", "keep"), ("b", "keep")]
    course.end("b").end("a")
    assert (course.state.end, course.state.hosts["a"].run, course.state.hosts["a"].ran) == ("succeeded", "run-a", RAN)


def test_batches_follow_each_other() -> None:
    course = begun(batch(a="1"), batch(b="2"), batch(a="3"))
    assert course.asks == [("a", "apply")]
    assert course.end("a").asks == [("b", "apply")]
    assert course.end("b").asks == [("a", "apply")]
    assert course.turn.asks[0].names == ("3",)
    assert course.end("a").asks == [("a", "keep"), ("b", "keep")]


def test_delay_and_monitor_go_with_the_ask() -> None:
    course = begun(batch(a="1"), Batch({"a": ("2",)}, delay=5.0, monitor=3.0)).end("a")
    [ask] = course.turn.asks
    assert (ask.delay, ask.monitor, ask.stay) == (5.0, 3.0, False)


def test_a_host_that_is_only_emptied_is_emptied_last() -> None:
    course = begun(batch(a="1"), hosts="ab", changed="ab")
    assert course.asks == [("a", "apply")]
    assert course.end("a").asks == [("a", "keep"), ("b", "keep")]


def test_a_host_where_nothing_changes_is_asked_nothing() -> None:
    course = begun(BOTH, hosts="abc", changed="ab").end("a").end("b")
    assert course.asks == [("a", "keep"), ("b", "keep")]
    course.end("a").end("b")
    assert (course.state.hosts["c"].end, course.state.end) == ("succeeded", "succeeded")


def test_tidying_up_that_fails_is_told() -> None:
    course = begun(BOTH).end("a").end("b").end("a", "failed").end("b")
    assert (course.state.end, course.state.cause) == ("failed", "a")


# -- failures


def test_a_pull_that_fails_ends_it_before_anything_is_touched() -> None:
    course = begun(BOTH, pulls=True).end("a", "failed")
    assert (course.turn.cancels, course.asks) == (("b",), [])
    course.end("b", "cancelled")
    assert (course.state.end, course.state.cause) == ("failed", "a")
    assert course.state.hosts["b"].end == "cancelled"


def test_when_one_host_fails_the_others_are_put_back() -> None:
    course = begun(BOTH).end("a", ran=RAN).end("b", "rolled_back", ran=RAN)
    assert (course.asks, course.turn.cancels) == ([("a", "back")], ())
    course.end("a")
    assert course.state.end == "rolled_back"
    assert {host: part.end for host, part in course.state.hosts.items()} == {"a": "rolled_back", "b": "rolled_back"}


def test_a_host_that_is_busy_is_stopped_and_puts_back_itself() -> None:
    course = begun(BOTH).end("a", "rolled_back", ran=RAN)
    assert course.turn.cancels == ("b",)
    course.end("b", "cancelled", ran=RAN)
    assert (course.asks, course.state.end) == ([], "rolled_back")


def test_a_host_that_finished_before_it_was_stopped_is_put_back() -> None:
    course = begun(BOTH).end("a", "rolled_back", ran=RAN).end("b", "succeeded", ran=RAN)
    assert course.asks == [("b", "back")]
    assert course.end("b").state.end == "rolled_back"


def test_a_first_deployment_that_fails_has_failed_and_not_gone_back() -> None:
    course = begun(BOTH).end("a", ran={}).end("b", "failed", ran={})
    assert course.asks == [("a", "back"), ("b", "back")]
    assert course.end("a").end("b").state.end == "failed"


def test_putting_back_that_fails_is_a_failure() -> None:
    course = begun(BOTH).end("a", ran=RAN).end("b", "rolled_back", ran=RAN).end("a", "failed")
    assert course.state.end == "failed"


def test_a_late_word_changes_nothing() -> None:
    course = begun(BOTH).end("a", ran=RAN)
    assert rollout.ended(course.state, "a", "failed", {}) == Turn(course.state)
    assert rollout.ended(course.state, "unknown", "failed", {}) == Turn(course.state)


def test_a_failure_in_a_later_batch_puts_the_earlier_ones_back() -> None:
    course = begun(batch(a="1"), batch(b="2")).end("a", ran=RAN).end("b", "rolled_back", ran=RAN)
    assert course.asks == [("a", "back")]


# -- failure_action


def test_continue_goes_on_and_says_in_the_end_that_it_failed() -> None:
    course = begun(batch("continue", a="1"), batch("continue", a="2"), hosts="a", changed="a")
    assert course.turn.asks[0].stay
    assert course.end("a", "failed", ran=RAN).asks == [("a", "apply")]
    assert course.end("a", ran=RAN).asks == [("a", "keep")]
    assert course.end("a").state.end == "failed"


def test_pause_stands_still_until_somebody_decides() -> None:
    course = begun(batch("pause", a="1"), batch("pause", a="2"), hosts="a", changed="a").end("a", "failed", ran=RAN)
    assert (course.asks, bool(course.state.paused)) == ([], True)
    gone_on = rollout.resume(course.state)
    assert [(ask.host, ask.kind) for ask in gone_on.asks] == [("a", "apply")]
    back = course.take(rollout.abort(course.state))
    assert back.asks == [("a", "back")]
    assert back.end("a").state.end == "cancelled"


def test_failures_within_the_ratio_are_let_go() -> None:
    course = begun(batch("pause", 0.5, a="1"), batch("pause", 0.5, a="2"), hosts="a", changed="a")
    assert course.end("a", "failed", ran=RAN).asks == [("a", "apply")]
    assert course.end("a", "failed", ran=RAN).asks == []
    assert course.state.paused


def test_a_pause_waits_for_the_hosts_that_are_busy() -> None:
    course = begun(batch("pause", a="1", b="2"), batch("pause", a="3")).end("a", "failed", ran=RAN)
    assert course.state.paused
    assert course.end("b").asks == []
    assert rollout.resume(course.state).asks[0].names == ("3",)


# -- a person steers


def test_a_person_pauses_before_the_next_batch() -> None:
    course = begun(batch(a="1"), batch(a="2"), hosts="a", changed="a")
    assert rollout.can_pause(course.state)
    course.take(rollout.pause(course.state))
    assert (course.state.pause_wanted, course.state.paused) == (True, "")
    course.end("a")
    assert (course.asks, bool(course.state.paused)) == ([], True)
    assert course.take(rollout.resume(course.state)).asks == [("a", "apply")]


def test_a_pause_that_has_not_come_yet_can_be_taken_back() -> None:
    course = begun(batch(a="1"), batch(a="2"), hosts="a", changed="a")
    course.take(rollout.pause(course.state)).take(rollout.resume(rollout.pause(course.state).rollout))
    assert course.end("a").asks == [("a", "apply")]


def test_before_the_last_batch_there_is_nothing_to_pause() -> None:
    course = begun(BOTH)
    assert not rollout.can_pause(course.state)
    assert rollout.pause(course.state).rollout == course.state


def test_an_abort_stops_the_busy_and_puts_the_others_back() -> None:
    course = begun(BOTH).end("a", ran=RAN)
    course.take(rollout.abort(course.state))
    assert (course.asks, course.turn.cancels) == ([("a", "back")], ("b",))
    course.end("b", "cancelled").end("a")
    assert course.state.end == "cancelled"


def test_once_what_gave_way_goes_it_is_too_late() -> None:
    course = begun(BOTH).end("a").end("b")
    assert not rollout.can_abort(course.state)
    assert rollout.abort(course.state) == Turn(course.state)
