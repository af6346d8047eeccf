"""The messages of the control socket, one tagged struct each.

An unknown field, a wrong type or an unknown tag is refused by the codec.

Order on a new connection: portal Challenge, agent Hello, portal Welcome or Refused; then agent Facts and Snapshot,
and from there on both sides speak when they have something to say. Both send Heartbeat every `heartbeat_seconds` and
close the connection after three of them without any word from the other side.
"""

from datetime import datetime
from typing import Any

import msgspec

from .bodies import CommandBody, QueryBody
from .facts import ContainerFact, HostFacts, ImageFact, NetworkFact, VolumeFact


class Challenge(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="challenge"):
    """First word of the portal. nonce: 32 random bytes, made for this connection alone."""

    nonce: bytes
    portal_version: str
    protocol_min: int
    protocol_max: int


class Hello(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="hello"):
    """First word of the agent: who it is, and proof of it.

    public_key: 32 bytes. origin: the portal address the agent dialled ("https://portal.example"), also signed.
    signature: over identity.challenge_bytes(nonce, origin, public_key).
    boot: random per agent process, so the portal can tell a restart from a reconnection and a clone from either.
    features: what this agent can do beyond the first messages, e.g. "streams"; nothing else is asked of it.
    """

    protocol: int
    public_key: bytes
    origin: str
    signature: bytes
    agent_version: str
    boot: str
    engine_id: str = ""
    features: tuple[str, ...] = ()


class Welcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="welcome"):
    """The agent is who it says. max_message: bytes that either side accepts in one frame.

    waiting: why nothing will be asked of it yet, in words for people: an admin has to approve it; "" otherwise.
    package_key: the portal's key for packages of the agent; an agent that knows none yet keeps it. Said to agents with
    the feature "update". packs: this portal takes Packed; said to agents with the feature "pack".
    """

    host_id: str
    heartbeat_seconds: float
    max_message: int
    server_time: datetime
    waiting: str = ""
    package_key: bytes = b""
    packs: bool = False


class Refused(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="refused"):
    """The portal will not talk. code: unknown-key, revoked, conflict, protocol, bad-signature, overloaded.

    retry_after: seconds; None means a retry does not help until a person has acted on `detail`.
    """

    code: str
    detail: str
    retry_after: float | None = None


class Heartbeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="heartbeat"):
    """Still here. sequence: of the last state message sent (agent) or applied (portal).

    clock: the agent's unix time, so that the portal can tell a clock that is wrong; nothing is decided by it.
    """

    sequence: int = 0
    clock: float = 0.0


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="facts"):
    """Facts of host and engine, sent on connect and whenever they change."""

    facts: HostFacts


class Snapshot(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="snapshot"):
    """Everything the engine holds; replaces what the portal believed. Large hosts are cut into parts.

    sequence: the number the next delta follows on; part counts from 1 to parts.
    """

    sequence: int
    containers: tuple[ContainerFact, ...] = ()
    images: tuple[ImageFact, ...] = ()
    networks: tuple[NetworkFact, ...] = ()
    volumes: tuple[VolumeFact, ...] = ()
    part: int = 1
    parts: int = 1


class Delta(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="delta"):
    """What changed since `sequence - 1`. None for a list means that kind did not change at all; images, networks and
    volumes come whole when they change, containers as upserts and removed ids."""

    sequence: int
    containers: tuple[ContainerFact, ...] = ()
    removed: tuple[str, ...] = ()
    images: tuple[ImageFact, ...] | None = None
    networks: tuple[NetworkFact, ...] | None = None
    volumes: tuple[VolumeFact, ...] | None = None


class Packed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="packed"):
    """A Snapshot or a Delta whose frame is compressed (zlib). The codec opens it; nobody else sees one."""

    data: bytes


class SnapshotRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="snapshot_request"):
    """The portal saw a gap and wants a new Snapshot."""


class CommandSend(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="command"):
    """Carry this out once. The same id may come again and has no second effect. ttl: seconds from now to its expiry."""

    id: str
    body: CommandBody
    ttl: float


class CommandCancel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="command_cancel"):
    """Stop carrying it out if it has not ended; answered by CommandFinished like every command."""

    id: str


class CommandAccepted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="accepted"):
    """Journalled: from here on the agent finishes it even across restarts."""

    id: str


class StepReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step as it is now; hosts.models.DeploymentStep tells the keys.

    state: waiting, running, done, failed, skipped.
    """

    key: str
    title: str
    state: str
    parent: str = ""
    detail: str = ""
    current: int = 0
    total: int = 0


class CommandProgress(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="progress"):
    """Steps as they are now, and lines for the log.

    sequence counts from 1 within the command; later reports replace earlier ones.

    lines: (level, text) with level info, warning or error.
    """

    id: str
    sequence: int
    steps: tuple[StepReport, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()


class CommandFinished(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="finished"):
    """The end of a command; sent again on every connection until ResultAck.

    outcome: succeeded, failed, rolled_back, cancelled or expired. error: in words for people, "" on success.
    code: a stable word for scripts, e.g. "port-taken", "image-not-found". log_tail: last lines of what failed.
    """

    id: str
    outcome: str
    error: str = ""
    code: str = ""
    log_tail: str = ""
    result: dict[str, Any] = {}


class ResultAck(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="result_ack"):
    """The portal has stored the end of this command; the agent may forget it."""

    id: str


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="query"):
    """A question; timeout in seconds after which nobody waits for the answer."""

    id: str
    body: QueryBody
    timeout: float = 10.0


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="answer"):
    """The answer to a query; error is "" when result holds."""

    id: str
    result: dict[str, Any] = {}
    error: str = ""
    code: str = ""


class Drain(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="drain"):
    """The portal node is going away; come back after a random moment within `within` seconds."""

    within: float


class StreamOpen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="stream_open"):
    """Dial back for a byte stream (protocol/streams.py), only of an agent with the feature "streams".

    address: the root of the listener, "wss://portal.example" or "ws://127.0.0.1:port"; the path is streams.stream_path.
    token: good for one connection of this host, within ttl seconds.
    """

    id: str
    token: str
    address: str
    ttl: float = 15.0


FromPortal = (
    Challenge
    | Welcome
    | Refused
    | Heartbeat
    | SnapshotRequest
    | CommandSend
    | CommandCancel
    | ResultAck
    | Query
    | Drain
    | StreamOpen
)
FromAgent = (
    Hello | Heartbeat | Facts | Snapshot | Delta | CommandAccepted | CommandProgress | CommandFinished | Answer | Packed
)
