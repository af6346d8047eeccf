"""Taking a project off the host: its containers, its networks, and its volumes if asked."""

from ..engine import Engine
from ..engine.resources import networks_list, volumes_list
from ..protocol.bodies import RemoveProject
from ..reconcile import PROJECT_LABEL
from ..steps import Remove, RemoveNetwork, RemoveVolume, Stage
from .desk import Order
from .execute import Site, execute
from .observe import project_containers
from .outcome import Outcome
from .verdict import Terms


async def project_remove(engine: Engine, order: Order, wish: RemoveProject) -> Outcome:
    """Remove what carries the project's label; what is gone already is fine. Raises EngineError, Failure."""
    site = Site(engine, order.reporter, order.id, Terms(0.0, 0.0))
    containers = await project_containers(engine, wish.project)
    stages: list[Stage] = [
        tuple((Remove(seen.cid, seen.plain_name, "the application is removed"),) for seen in containers),
        tuple(
            (RemoveNetwork(network.name),)
            for network in await networks_list(engine)
            if (network.labels or {}).get(PROJECT_LABEL) == wish.project
        ),
    ]
    if wish.volumes:
        volumes = await volumes_list(engine)
        stages.append(
            tuple(
                (RemoveVolume(volume.name),)
                for volume in volumes
                if (volume.labels or {}).get(PROJECT_LABEL) == wish.project
            )
        )
    await execute(site, tuple(stage for stage in stages if stage))
    return Outcome(result={"containers": [seen.plain_name for seen in containers]})
