"""From a swarm command's body to the work that does it."""

from typing import Any

from ..engine import Engine
from ..protocol.swarm import (
    NodeRemove,
    NodeUpdate,
    StackDeploy,
    StackRemove,
    SwarmInit,
    SwarmJoin,
    SwarmLeave,
    SwarmRotate,
)
from . import swarm as acts
from .desk import Order
from .outcome import Outcome
from .stack import stack_deploy, stack_remove

SWARM = (SwarmInit, SwarmJoin, SwarmLeave, SwarmRotate, NodeUpdate, NodeRemove, StackDeploy, StackRemove)
_ACTS: dict[type[Any], Any] = {
    SwarmInit: acts.swarm_init,
    SwarmJoin: acts.swarm_join,
    SwarmLeave: acts.swarm_leave,
    SwarmRotate: acts.swarm_rotate,
    NodeUpdate: acts.node_update,
    NodeRemove: acts.node_remove,
}


async def swarm_carry_out(engine: Engine, order: Order, wish: Any) -> Outcome:
    """Carry it out. Raises EngineError, Failure."""
    match wish:
        case StackDeploy():
            return await stack_deploy(engine, order, wish)
        case StackRemove():
            return await stack_remove(engine, order, wish)
    outcome: Outcome = await _ACTS[type(wish)](engine, wish)
    return outcome
