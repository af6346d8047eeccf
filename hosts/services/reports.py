"""What agents report, stored: facts, mirror, command ends. Called by the agent consumer, off the event loop.

Each answers with the live topics to publish once its transaction has committed.
"""

from datetime import datetime
from uuid import UUID

from engine_agent.protocol.facts import HostFacts
from engine_agent.protocol.messages import CommandFinished, CommandProgress, Delta, Snapshot


def facts_store(*, host_id: UUID, facts: HostFacts, now: datetime) -> tuple[str, ...]:
    raise NotImplementedError


def snapshot_store(*, host_id: UUID, snapshot: Snapshot, now: datetime) -> tuple[str, ...]:
    """Replace what we believed of the host by a whole snapshot (parts already joined)."""
    raise NotImplementedError


def delta_store(*, host_id: UUID, delta: Delta, now: datetime) -> tuple[str, ...]:
    raise NotImplementedError


def command_accepted(*, host_id: UUID, command_id: str, now: datetime) -> tuple[str, ...]:
    raise NotImplementedError


def command_progress(*, host_id: UUID, progress: CommandProgress, now: datetime) -> tuple[str, ...]:
    raise NotImplementedError


def command_finished(*, host_id: UUID, finished: CommandFinished, now: datetime) -> tuple[str, ...]:
    raise NotImplementedError
