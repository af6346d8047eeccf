"""Reading housekeeping: the schedule of a host and what was cleaned up last."""

from dataclasses import dataclass
from typing import Any

from hosts.models import Command, Host, Housekeeping
from hosts.models.housekeeping import PruneKind
from portal.people.access import Actor, Permission

SHOWN = 10


@dataclass(frozen=True)
class Cleaned:
    """One clean-up. freed: bytes, None until it has ended; removed: (what, how many); steps: under way, as reported."""

    command: Command
    freed: int | None
    removed: list[tuple[str, int]]
    left: list[dict[str, str]]
    steps: list[dict[str, Any]]


def housekeeping_get(*, actor: Actor, host: Host) -> Housekeeping | None:
    """The schedule, None when there is none. Raises NotFound."""
    actor.require(Permission.READ, host.team_id)
    return Housekeeping.objects.filter(host=host).first()


def cleaned_list(*, actor: Actor, host: Host) -> list[Cleaned]:
    """The last clean-ups, newest first."""
    actor.require(Permission.READ, host.team_id)
    rows = Command.objects.filter(host=host, kind="prune").select_related("created_by").defer("body")
    return [cleaned_of(row) for row in rows.order_by("-created_at")[:SHOWN]]


def cleaned_of(command: Command) -> Cleaned:
    """What a command of kind `prune` has done. Nothing in an agent's answer is taken on trust."""
    stored = command.result or {}
    result = stored.get("result")
    result = result if isinstance(result, dict) else {}
    freed, removed, left = result.get("freed"), result.get("removed"), result.get("left")
    steps = stored.get("steps")
    counts = removed if isinstance(removed, dict) else {}
    return Cleaned(
        command=command,
        freed=freed if isinstance(freed, int) and freed >= 0 else None,
        removed=[(str(kind.label), counts[kind]) for kind in PruneKind if isinstance(counts.get(kind), int)],
        left=[row for row in left if isinstance(row, dict)] if isinstance(left, list) else [],
        steps=[step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else [],
    )
