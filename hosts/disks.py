"""Which disks of a host are full, by what its agent told last."""

from collections.abc import Mapping
from typing import Any

from engine_agent.protocol.facts import DISK_FULL_BYTES

AGENT, ENGINE = "agent", "engine"


def full_disks(facts: Mapping[str, Any]) -> list[str]:
    """Of `Host.facts`: "agent" (takes no commands), "engine" (can neither pull nor write). Unknown is not full."""
    found = [AGENT] if facts.get("agent_disk_full") is True else []
    free = facts.get("data_root_free_bytes")
    if isinstance(free, int) and 0 < free < DISK_FULL_BYTES:
        found.append(ENGINE)
    return found
