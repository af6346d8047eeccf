"""What was published from a host, and how it goes."""

from dataclasses import dataclass
from typing import Any

import msgspec

from engine_agent.protocol.bodies import ImagePush
from hosts.models import Command, Host

KIND = "image_push"
SHOWN = 10


@dataclass(frozen=True)
class Publication:
    """One push. steps: of its layers while it runs, as the agent told them. digest: as the registry took it."""

    command: Command
    reference: str
    steps: tuple[dict[str, Any], ...]
    digest: str


def publications(*, host: Host) -> tuple[Publication, ...]:
    """The last pushes of a host, newest first. The caller has checked that the actor may see the host."""
    rows = Command.objects.filter(host=host, kind=KIND).order_by("-created_at")[:SHOWN]
    return tuple(_publication(row) for row in rows)


def _publication(row: Command) -> Publication:
    wish = msgspec.msgpack.decode(bytes(row.body), type=ImagePush)
    result = row.result or {}
    return Publication(
        row, wish.reference, tuple(result.get("steps", ())), str(result.get("result", {}).get("digest", ""))
    )
