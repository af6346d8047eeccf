"""Order in what an agent tells of its engine: sequence numbers, gaps, snapshots that come in parts. No I/O."""

from engine_agent.protocol.messages import Delta, Snapshot

MAX_PARTS = 64
MAX_ROWS = 50_000


class OutOfBounds(ValueError):
    """A snapshot that no honest agent sends."""


class Sequence:
    """The mirror of one connection. in_step: everything up to `number` has been applied, without a gap."""

    def __init__(self) -> None:
        self.number = 0
        self.in_step = False
        self._parts: list[Snapshot] = []

    def snapshot(self, message: Snapshot) -> Snapshot | None:
        """The whole snapshot once its last part is here. Raises OutOfBounds."""
        if message.parts < 1 or message.parts > MAX_PARTS or not 1 <= message.part <= message.parts:
            raise OutOfBounds(f"part {message.part} of {message.parts}")
        if message.part == 1:
            self._parts = []
        if len(self._parts) != message.part - 1 or (self._parts and self._parts[0].sequence != message.sequence):
            raise OutOfBounds(f"part {message.part} does not follow on the one before")
        self._parts.append(message)
        if sum(len(part.containers) + len(part.images) for part in self._parts) > MAX_ROWS:
            raise OutOfBounds(f"more than {MAX_ROWS} containers and images")
        if message.part < message.parts:
            return None
        parts, self._parts = self._parts, []
        self.number, self.in_step = message.sequence, True
        return Snapshot(
            sequence=message.sequence,
            containers=tuple(row for part in parts for row in part.containers),
            images=tuple(row for part in parts for row in part.images),
            networks=tuple(row for part in parts for row in part.networks),
            volumes=tuple(row for part in parts for row in part.volumes),
        )

    def delta(self, message: Delta) -> bool:
        """Whether it follows on what we have and is to be applied; otherwise a snapshot is needed."""
        if not self.in_step:
            return False
        if message.sequence != self.number + 1:
            self.in_step = False
            return False
        self.number = message.sequence
        return True

    def heartbeat(self, sequence: int) -> bool:
        """Whether the agent's last number is ours; otherwise something was lost and a snapshot is needed."""
        if self.in_step and sequence != self.number:
            self.in_step = False
        return self.in_step
