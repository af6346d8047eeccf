"""Having the images of a project on the host, before any host of a rollout is touched."""

from ..engine import Engine
from ..protocol.bodies import Prepare
from .desk import Order
from .images import Fetch, Imaging, images_ensure
from .outcome import Outcome
from .persist import Persistence


async def prepare_carry_out(engine: Engine, order: Order, wish: Prepare, fetch: Fetch) -> Outcome:
    """Carry it out. Raises EngineError, Failure."""
    imaging = Imaging(engine, order.reporter, fetch)
    persistence = Persistence(engine, order.reporter, wish.project)
    await persistence.do(lambda: images_ensure(imaging, wish.images, wish.names))
    return Outcome(result={"images": [spec.reference for spec in wish.images]})
