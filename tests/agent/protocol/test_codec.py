"""The wire: what is sent comes back the same; what is no message is refused, whatever it is."""

import contextlib
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine_agent.protocol import Malformed, decode_from_agent, decode_from_portal, encode
from engine_agent.protocol.access import RegistryAuth
from engine_agent.protocol.bodies import (
    BuildContext,
    ContainerAction,
    ContainerInspect,
    ContainerLogs,
    ContainerSpec,
    Deploy,
    ImageInspect,
    ImagePush,
    ImageRemove,
    ImageSpec,
    NetworkSpec,
    RemoveProject,
    VolumeSpec,
)
from engine_agent.protocol.codec import MAX_MESSAGE
from engine_agent.protocol.facts import ContainerFact, HostFacts, ImageFact, NetworkFact, PortFact, VolumeFact
from engine_agent.protocol.messages import (
    Answer,
    Challenge,
    CommandAccepted,
    CommandCancel,
    CommandFinished,
    CommandProgress,
    CommandSend,
    Delta,
    Drain,
    Facts,
    FromAgent,
    FromPortal,
    Heartbeat,
    Hello,
    Query,
    Refused,
    ResultAck,
    Snapshot,
    SnapshotRequest,
    StepReport,
    Welcome,
)

NOW = datetime(2026, 5, 1, 10, 41, tzinfo=UTC)
SPEC = ContainerSpec("a-web-1", "web", 1, "web:1", "hash", {"Image": "web:1"}, {"n": {}}, {"a-db-1": "healthy"})
DEPLOY = Deploy(
    "a",
    (ImageSpec("web:1", auth=RegistryAuth("r:5000", "u", "p"), build=BuildContext("/c", "ab", 3)),),
    (NetworkSpec("a_default", {}),),
    (VolumeSpec("a_data"),),
    (SPEC,),
)
FACT = ContainerFact("c1", "web", "web:1", "sha256:1", "running", ports=(PortFact(80),), created=NOW)

PORTAL_SAYS: list[FromPortal] = [
    Challenge(b"n" * 32, "1.0", 1, 1),
    Welcome("h", 5.0, 1000, NOW),
    Refused("revoked", "This host was revoked"),
    Heartbeat(7),
    SnapshotRequest(),
    CommandSend("1", DEPLOY, 60.0),
    CommandSend("2", RemoveProject("a", volumes=True), 60.0),
    CommandSend("3", ContainerAction("c", "stop", 5), 60.0),
    CommandSend("4", ImageRemove("web:1"), 60.0),
    CommandSend("4", ImagePush("web:1", "registry:5000/web:1"), 60.0),
    CommandCancel("1"),
    ResultAck("1"),
    Query("q1", ContainerLogs("c")),
    Query("q2", ContainerInspect("c")),
    Query("q3", ImageInspect("web:1")),
    Drain(5.0),
]
AGENT_SAYS: list[FromAgent] = [
    Hello(1, b"k" * 32, "https://portal.example", b"s" * 64, "1.0", "boot"),
    Heartbeat(3),
    Facts(HostFacts("alpha", "1.0")),
    Snapshot(1, (FACT,), (ImageFact("i"),), (NetworkFact("n", "bridge"),), (VolumeFact("v"),)),
    Delta(2, removed=("c1",), images=()),
    CommandAccepted("1"),
    CommandProgress("1", 1, (StepReport("pull:web", "Pull", "running"),), (("info", "text"),)),
    CommandFinished("1", "succeeded", result={"n": 1}),
    Answer("q1", {"text": ""}),
]


@pytest.mark.parametrize("message", PORTAL_SAYS, ids=lambda m: type(m).__name__)
def test_what_the_portal_says_arrives(message: FromPortal) -> None:
    assert decode_from_portal(encode(message)) == message


@pytest.mark.parametrize("message", AGENT_SAYS, ids=lambda m: type(m).__name__)
def test_what_the_agent_says_arrives(message: FromAgent) -> None:
    assert decode_from_agent(encode(message)) == message


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_message_or_malformed(frame: bytes) -> None:
    for decode in (decode_from_agent, decode_from_portal):
        with contextlib.suppress(Malformed):
            decode(frame)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=20) | st.binary(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    )
)
def test_any_msgpack_is_a_message_or_malformed(value: Any) -> None:
    with contextlib.suppress(Malformed):
        decode_from_agent(msgspec.msgpack.encode(value))


@given(st.sampled_from(AGENT_SAYS), st.data())
def test_a_frame_cut_short_or_flipped_never_does_harm(message: FromAgent, data: st.DataObject) -> None:
    frame = bytearray(encode(message))
    at = data.draw(st.integers(0, len(frame) - 1))
    frame[at] ^= data.draw(st.integers(1, 255))
    for damaged in (bytes(frame), encode(message)[:at]):
        with contextlib.suppress(Malformed):
            decode_from_agent(damaged)


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(Malformed):
        decode_from_portal(msgspec.msgpack.encode({"type": "heartbeat", "sequence": 1, "more": 1}))


def test_an_unknown_message_is_refused() -> None:
    with pytest.raises(Malformed):
        decode_from_portal(msgspec.msgpack.encode({"type": "launch"}))


def test_a_wrong_type_is_refused() -> None:
    with pytest.raises(Malformed):
        decode_from_portal(msgspec.msgpack.encode({"type": "heartbeat", "sequence": "7"}))


def test_neither_side_takes_the_words_of_its_own_kind() -> None:
    with pytest.raises(Malformed):
        decode_from_agent(encode(Drain(1.0)))
    with pytest.raises(Malformed):
        decode_from_portal(encode(CommandAccepted("1")))


def test_a_frame_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(Malformed, match="over the limit"):
        decode_from_agent(b"\0" * (MAX_MESSAGE + 1))


def test_a_deeply_nested_frame_is_refused() -> None:
    with pytest.raises(Malformed):
        decode_from_agent(b"\x91" * 100_000)
