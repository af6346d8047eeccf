"""The end of a rollout on one host: what gave way goes, or everything is put back. Either can be done again."""

from ..endings import plan_back, plan_keep
from ..engine import Engine
from ..engine.resources import networks_list, volumes_list
from ..protocol.bodies import Conclude
from ..reconcile import COMMAND_LABEL, Observed
from .desk import Order
from .execute import Site, execute
from .observe import project_containers
from .outcome import Outcome
from .persist import Persistence
from .verdict import Terms


async def conclude_carry_out(engine: Engine, order: Order, wish: Conclude) -> Outcome:
    """Carry it out. Raises EngineError, Failure."""
    persistence = Persistence(engine, order.reporter, wish.project)
    await persistence.do(lambda: _conclude(engine, order, wish))
    return Outcome()


async def _conclude(engine: Engine, order: Order, wish: Conclude) -> None:
    site = Site(engine, order.reporter, wish.run or order.id, Terms(0.0, 0.0))
    containers = await project_containers(engine, wish.project)
    if wish.keep:
        stages = plan_keep(containers, wish.names, wish.grace)
    else:
        networks, volumes = await networks_list(engine), await volumes_list(engine)
        made = Observed(
            containers,
            networks={one.name: wish.run for one in networks if (one.labels or {}).get(COMMAND_LABEL) == wish.run},
            volumes={one.name: wish.run for one in volumes if (one.labels or {}).get(COMMAND_LABEL) == wish.run},
        )
        stages = plan_back(made, wish.run, wish.ran, wish.beside)
    for stage in stages:
        await execute(site, (stage,))
