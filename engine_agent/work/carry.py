"""From a command's body to the work that does it."""

from collections.abc import Awaitable, Callable

from ..engine import Engine, EngineError
from ..keyring import Keyring
from ..protocol.bodies import Conclude, ContainerAction, Deploy, ImagePush, ImageRemove, Prepare, RemoveProject
from ..protocol.upkeep import Prune, RotateKey
from .actions import container_action, image_action
from .conclude import conclude_carry_out
from .deploy import Run, deploy_carry_out
from .desk import Order
from .images import Fetch
from .outcome import Failure, Outcome
from .prepare import prepare_carry_out
from .prune import prune
from .publish import publish
from .remove import project_remove
from .rotate import rotate_carry_out
from .swarm_carry import SWARM, swarm_carry_out
from .words import explain


def carrier(engine: Engine, fetch: Fetch, keyring: Keyring | None = None) -> Callable[[Order], Awaitable[Outcome]]:
    """What carries commands out on this engine; it raises nothing but CancelledError and faults of the agent."""

    async def carry_out(order: Order) -> Outcome:
        try:
            if isinstance(order.body, RotateKey):
                return rotate_carry_out(keyring, order)
            return await _work(engine, order, fetch)
        except EngineError as error:
            return explain(error).outcome()
        except Failure as failure:
            return failure.outcome()

    return carry_out


async def _work(engine: Engine, order: Order, fetch: Fetch) -> Outcome:
    if isinstance(order.body, SWARM):
        return await swarm_carry_out(engine, order, order.body)
    match order.body:
        case ContainerAction() as wish:
            return await container_action(engine, order, wish)
        case ImageRemove() as wish:
            return await image_action(engine, wish)
        case ImagePush() as wish:
            return await publish(engine, order.reporter, wish)
        case Deploy() as wish:
            return await deploy_carry_out(Run(engine, order, wish, fetch))
        case Prepare() as wish:
            return await prepare_carry_out(engine, order, wish, fetch)
        case Conclude() as wish:
            return await conclude_carry_out(engine, order, wish)
        case RemoveProject() as wish:
            return await project_remove(engine, order, wish)
        case Prune(wish):
            return await prune(engine, order, wish)
    raise Failure("This agent does not know the command; update it", "unknown-action")
