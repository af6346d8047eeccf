"""The end of a portal node, as its agents see it."""

import asyncio

from hosts.consumers.agent import AgentConsumer
from hosts.consumers.presence import presence

BASE_SECONDS = 1.0
AGENTS_PER_SECOND = 500  # how many may come back at once


async def agents_drain() -> int:
    """Tell every agent on this node that it goes away, and give back the links; returns how many were told.

    They come back spread over a time that grows with their number.
    """
    agents = [one for one in presence().connections() if isinstance(one, AgentConsumer)]
    within = BASE_SECONDS + len(agents) / AGENTS_PER_SECOND
    await asyncio.gather(*(agent.drain(within) for agent in agents), return_exceptions=True)
    return len(agents)
