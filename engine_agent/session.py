"""The state machine of one connection to the portal, without I/O.

Frames and the time go in, actions come out: messages to send, messages to deliver to the agent, the end of the
connection. States: opened -> challenged -> welcomed -> ended.
"""

import enum
from dataclasses import dataclass

from . import VERSION
from .protocol import PROTOCOL_MAX, PROTOCOL_MIN, Malformed, challenge_bytes, decode_from_portal, public_key_of, sign
from .protocol.messages import (
    Challenge,
    CommandCancel,
    CommandSend,
    Drain,
    FromAgent,
    FromPortal,
    Heartbeat,
    Hello,
    Query,
    Refused,
    ResultAck,
    SnapshotRequest,
    StreamOpen,
    Welcome,
)

HANDSHAKE_SECONDS = 15.0
SILENT_BEATS = 2.75  # so many heartbeats without a word: a half-open line is noticed within 15 s at one every 5 s
HEARTBEAT_BOUNDS = (1.0, 60.0)
SLOW_RETRY = 60.0

Delivered = SnapshotRequest | CommandSend | CommandCancel | ResultAck | Query | StreamOpen

FEATURES = ("streams", "update", "pack", "upkeep", "publish")


class State(enum.Enum):
    """Where the handshake stands."""

    OPENED = "opened"
    CHALLENGED = "challenged"
    WELCOMED = "welcomed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this agent is: its private key, the portal origin it dials, a word made anew by every process."""

    key: bytes
    origin: str
    boot: str


@dataclass(frozen=True, slots=True)
class Send:
    """Send this now."""

    message: FromAgent


@dataclass(frozen=True, slots=True)
class Deliver:
    """The portal wants this of the agent."""

    message: Delivered


@dataclass(frozen=True, slots=True)
class Welcomed:
    """The handshake is over; state may be sent."""

    welcome: Welcome


@dataclass(frozen=True, slots=True)
class End:
    """Close the connection. reason: for people; code: a stable word.

    within: the portal's hint, come back at a random moment within so many seconds; None leaves it to the backoff.
    """

    reason: str
    code: str
    within: float | None = None


Action = Send | Deliver | Welcomed | End


class Session:
    """One connection. `now` is a monotonic clock in seconds."""

    def __init__(self, identity: Identity, now: float, *, engine_id: str = "") -> None:
        self._identity = identity
        self._engine_id = engine_id
        self.state = State.OPENED
        self._heard = now
        self._opened = now
        self._beat_at = now
        self.heartbeat = 0.0
        self.max_message = 0

    def received(self, frame: bytes | str, now: float) -> tuple[Action, ...]:
        """What to do about one frame."""
        if self.state is State.ENDED:
            return ()
        if isinstance(frame, str):
            return self._end("the portal sent text where bytes belong", "malformed")
        try:
            message = decode_from_portal(frame)
        except Malformed as error:
            return self._end(f"the portal sent what is no message: {error}", "malformed")
        self._heard = now
        if self.state is State.WELCOMED:
            return self._spoken(message)
        return self._handshake(message, now)

    def tick(self, now: float, sequence: int = 0, clock: float = 0.0) -> tuple[Action, ...]:
        """What the time asks for: a heartbeat, or the end of a silent line.

        sequence: of the last state message sent; clock: unix time of this host, 0 leaves it out.
        """
        if self.state is State.ENDED:
            return ()
        if self.state is not State.WELCOMED:
            if now - self._opened >= HANDSHAKE_SECONDS:
                return self._end("the portal did not finish the greeting", "silent")
            return ()
        if now - self._heard >= self.patience:
            return self._end(f"nothing came from the portal for {self.patience:g} s", "silent")
        if now >= self._beat_at:
            self._beat_at = now + self.heartbeat
            return (Send(Heartbeat(sequence, clock)),)
        return ()

    def deadline(self) -> float:
        """When `tick` has something to say next."""
        if self.state is not State.WELCOMED:
            return self._opened + HANDSHAKE_SECONDS
        return min(self._beat_at, self._heard + self.patience)

    @property
    def patience(self) -> float:
        """Seconds without a word after which the line counts as dead."""
        return SILENT_BEATS * self.heartbeat

    def _handshake(self, message: FromPortal, now: float) -> tuple[Action, ...]:
        match message:
            case Refused():
                return self._refused(message)
            case Drain(within=within):
                return self._end("the portal is restarting", "drain", within)
            case Challenge() if self.state is State.OPENED:
                return self._hello(message)
            case Welcome() if self.state is State.CHALLENGED:
                return self._welcome(message, now)
        return self._end(f"the portal sent {type(message).__name__} in the middle of the greeting", "malformed")

    def _hello(self, challenge: Challenge) -> tuple[Action, ...]:
        protocol = min(PROTOCOL_MAX, challenge.protocol_max)
        if protocol < max(PROTOCOL_MIN, challenge.protocol_min):
            return self._end(
                f"the portal (version {challenge.portal_version}) speaks protocol {challenge.protocol_min} to "
                f"{challenge.protocol_max}, this agent (version {VERSION}) {PROTOCOL_MIN} to {PROTOCOL_MAX}: "
                "update the older of the two",
                "protocol",
                SLOW_RETRY,
            )
        who = self._identity
        public = public_key_of(who.key)
        self.state = State.CHALLENGED
        hello = Hello(
            protocol=protocol,
            public_key=public,
            origin=who.origin,
            signature=sign(who.key, challenge_bytes(challenge.nonce, who.origin, public)),
            agent_version=VERSION,
            boot=who.boot,
            engine_id=self._engine_id,
            features=FEATURES,
        )
        return (Send(hello),)

    def _welcome(self, welcome: Welcome, now: float) -> tuple[Action, ...]:
        low, high = HEARTBEAT_BOUNDS
        self.heartbeat = min(max(welcome.heartbeat_seconds, low), high)
        self.max_message = welcome.max_message
        self._beat_at = now + self.heartbeat
        self.state = State.WELCOMED
        return (Welcomed(welcome),)

    def _spoken(self, message: FromPortal) -> tuple[Action, ...]:
        match message:
            case Heartbeat():
                return ()
            case Refused():
                return self._refused(message)
            case Drain(within=within):
                return self._end("the portal is restarting", "drain", within)
            case Challenge() | Welcome():
                return self._end(f"the portal sent {type(message).__name__} a second time", "malformed")
        return (Deliver(message),)

    def _refused(self, refused: Refused) -> tuple[Action, ...]:
        after = SLOW_RETRY if refused.retry_after is None else refused.retry_after
        return self._end(refused.detail or refused.code, refused.code, after)

    def _end(self, reason: str, code: str, within: float | None = None) -> tuple[Action, ...]:
        self.state = State.ENDED
        return (End(reason, code, within),)
