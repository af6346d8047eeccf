"""Resident memory of an idle portal with one host, and of its agent; and the agent's share of a core."""

import time
from collections.abc import Iterator

from .report import Row
from .stage import Stage

PORTAL_BUDGET_MB = 300
AGENT_BUDGET_MB = 40
CPU_BUDGET_PERCENT = 0.5
CPU_SECONDS = 20
MB = 1024 * 1024


def measure(stage: Stage) -> Iterator[Row]:
    time.sleep(5)  # let the start's work end
    agent = stage.portal.process("agent")
    before = sum(agent.cpu_times()[:2])
    time.sleep(CPU_SECONDS)
    share = (sum(agent.cpu_times()[:2]) - before) / CPU_SECONDS * 100
    resident = {part: size / MB for part, size in stage.portal.memory_bytes().items()}
    ours = {part: resident[part] for part in ("node", "gateway", "worker", "redis")}
    detail = ", ".join(f"{part} {size:.0f}" for part, size in resident.items())
    yield Row("portal, worker and Redis resident", sum(ours.values()), PORTAL_BUDGET_MB, "MB", detail)
    yield Row("agent resident", resident["agent"], AGENT_BUDGET_MB, "MB")
    yield Row("agent, idle, of one core", share, CPU_BUDGET_PERCENT, "%", f"over {CPU_SECONDS} s")
