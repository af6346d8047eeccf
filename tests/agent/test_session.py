"""The state machine of a connection: greeting, heartbeats, silence, refusals; frames in, actions out."""

from datetime import UTC, datetime

import pytest

from engine_agent.protocol import challenge_bytes, encode, public_key_of, verify
from engine_agent.protocol.bodies import ContainerAction
from engine_agent.protocol.messages import (
    Challenge,
    CommandCancel,
    CommandSend,
    Drain,
    FromPortal,
    Heartbeat,
    Hello,
    Refused,
    ResultAck,
    SnapshotRequest,
    Welcome,
)
from engine_agent.session import SLOW_RETRY, Deliver, End, Identity, Send, Session, State, Welcomed

KEY = b"\7" * 32
WHO = Identity(KEY, "https://portal.example", "boot-1")
NONCE = b"n" * 32
WELCOME = Welcome("host-1", 5.0, 1 << 20, datetime(2026, 5, 1, tzinfo=UTC))


def challenge(low: int = 1, high: int = 1) -> Challenge:
    return Challenge(NONCE, "2.0", low, high)


def opened() -> Session:
    return Session(WHO, 0.0, engine_id="engine-1")


def welcomed() -> Session:
    session = opened()
    session.received(encode(challenge()), 0.0)
    session.received(encode(WELCOME), 0.0)
    assert session.state is State.WELCOMED
    return session


def test_the_challenge_is_answered_with_proof() -> None:
    (action,) = opened().received(encode(challenge()), 0.0)
    assert isinstance(action, Send)
    hello = action.message
    assert isinstance(hello, Hello)
    assert (hello.protocol, hello.origin, hello.boot, hello.engine_id) == (1, WHO.origin, "boot-1", "engine-1")
    assert verify(hello.public_key, challenge_bytes(NONCE, WHO.origin, public_key_of(KEY)), hello.signature)


def test_after_the_welcome_state_may_be_sent() -> None:
    session = opened()
    session.received(encode(challenge()), 0.0)
    assert session.received(encode(WELCOME), 0.0) == (Welcomed(WELCOME),)
    assert session.heartbeat == 5.0


@pytest.mark.parametrize(
    "message",
    [CommandSend("1", ContainerAction("c", "stop"), 9.0), CommandCancel("1"), ResultAck("1"), SnapshotRequest()],
    ids=lambda m: type(m).__name__,
)
def test_what_the_portal_wants_is_delivered(message: FromPortal) -> None:
    assert welcomed().received(encode(message), 1.0) == (Deliver(message),)  # type: ignore[arg-type]


@pytest.mark.parametrize("message", [WELCOME, Heartbeat(), ResultAck("1")], ids=lambda m: type(m).__name__)
def test_nothing_is_taken_before_the_challenge(message: FromPortal) -> None:
    (action,) = opened().received(encode(message), 0.0)
    assert isinstance(action, End)
    assert action.code == "malformed"


@pytest.mark.parametrize("message", [WELCOME, challenge()], ids=["welcome", "challenge"])
def test_a_second_greeting_ends_the_connection(message: FromPortal) -> None:
    (action,) = welcomed().received(encode(message), 1.0)
    assert isinstance(action, End)


@pytest.mark.parametrize("frame", [b"", b"\xc1", b"\x81\xa4type\xa5bogus", "text"])
def test_a_malformed_frame_ends_this_connection_only(frame: bytes | str) -> None:
    session = welcomed()
    (action,) = session.received(frame, 1.0)
    assert isinstance(action, End)
    assert action.code == "malformed"
    assert action.within is None
    assert session.received(encode(Heartbeat()), 2.0) == ()


def test_protocols_that_do_not_meet_are_told_readably() -> None:
    (action,) = opened().received(encode(challenge(3, 4)), 0.0)
    assert isinstance(action, End)
    assert "protocol 3 to 4" in action.reason
    assert "update the older" in action.reason
    assert action.within == SLOW_RETRY


def test_a_newer_portal_that_still_knows_us_is_fine() -> None:
    (action,) = opened().received(encode(challenge(1, 9)), 0.0)
    assert isinstance(action, Send)
    assert isinstance(action.message, Hello)
    assert action.message.protocol == 1


def test_a_refusal_without_a_time_is_retried_slowly() -> None:
    (action,) = opened().received(encode(Refused("revoked", "This host was revoked")), 0.0)
    assert action == End("This host was revoked", "revoked", SLOW_RETRY)


def test_a_refusal_with_a_time_is_honoured() -> None:
    (action,) = opened().received(encode(Refused("overloaded", "Busy", 7.0)), 0.0)
    assert action == End("Busy", "overloaded", 7.0)


def test_revocation_ends_a_welcomed_connection() -> None:
    (action,) = welcomed().received(encode(Refused("revoked", "gone")), 3.0)
    assert isinstance(action, End)
    assert action.code == "revoked"


def test_a_drain_says_when_to_come_back() -> None:
    (action,) = welcomed().received(encode(Drain(4.0)), 3.0)
    assert isinstance(action, End)
    assert (action.code, action.within) == ("drain", 4.0)


def test_heartbeats_go_out_in_time_with_the_last_sequence() -> None:
    session = welcomed()
    assert session.tick(4.9) == ()
    assert session.tick(5.0, 17) == (Send(Heartbeat(17)),)
    assert session.tick(5.1) == ()


def test_silence_is_noticed_within_fifteen_seconds() -> None:
    session = welcomed()
    session.received(encode(Heartbeat()), 2.0)
    assert not any(isinstance(action, End) for action in session.tick(15.7))
    (action,) = session.tick(15.8)
    assert isinstance(action, End)
    assert action.code == "silent"


def test_any_word_of_the_portal_counts_as_life() -> None:
    session = welcomed()
    session.received(encode(ResultAck("1")), 13.0)
    assert not any(isinstance(action, End) for action in session.tick(26.0))


def test_a_greeting_that_does_not_finish_ends() -> None:
    session = opened()
    assert session.tick(14.9) == ()
    (action,) = session.tick(15.0)
    assert isinstance(action, End)
    assert action.code == "silent"


@pytest.mark.parametrize(("said", "used"), [(0.0, 1.0), (0.001, 1.0), (5.0, 5.0), (1e9, 60.0)])
def test_heartbeats_stay_within_bounds_whatever_the_portal_says(said: float, used: float) -> None:
    session = opened()
    session.received(encode(challenge()), 0.0)
    session.received(encode(Welcome("h", said, 1, WELCOME.server_time)), 0.0)
    assert session.heartbeat == used


def test_the_deadline_is_when_tick_has_something_to_say() -> None:
    session = opened()
    assert session.deadline() == 15.0
    session = welcomed()
    assert session.deadline() == 5.0
    session.tick(5.0)
    assert session.deadline() == 10.0
    session.tick(10.0)
    assert session.deadline() == 13.75


def test_heartbeats_tell_the_clock_of_the_host() -> None:
    session = welcomed()
    assert session.tick(5.0, 7, 1_800_000_000.0) == (Send(Heartbeat(7, 1_800_000_000.0)),)
