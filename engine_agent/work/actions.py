"""One container or one image: start, stop, restart, kill, pause, remove."""

from collections.abc import Awaitable, Callable

from ..engine import Conflict, Engine, NotFound
from ..engine import containers as api
from ..engine.images import image_remove
from ..engine.types import Container
from ..mirror.reading import moment
from ..protocol.bodies import ContainerAction, ImageRemove
from .desk import Order
from .outcome import Failure, Outcome

Act = Callable[[Engine, ContainerAction], Awaitable[None]]


async def _start(engine: Engine, wish: ContainerAction) -> None:
    await api.container_start(engine, wish.cid)


async def _stop(engine: Engine, wish: ContainerAction) -> None:
    await api.container_stop(engine, wish.cid, grace=wish.timeout)


async def _restart(engine: Engine, wish: ContainerAction) -> None:
    await api.container_restart(engine, wish.cid, grace=wish.timeout)


async def _kill(engine: Engine, wish: ContainerAction) -> None:
    await api.container_kill(engine, wish.cid, signal=wish.signal)


async def _pause(engine: Engine, wish: ContainerAction) -> None:
    await api.container_pause(engine, wish.cid)


async def _unpause(engine: Engine, wish: ContainerAction) -> None:
    await api.container_unpause(engine, wish.cid)


async def _remove(engine: Engine, wish: ContainerAction) -> None:
    try:
        await api.container_remove(engine, wish.cid, force=wish.force)
    except NotFound:
        return  # it is gone, which is what was wanted
    except Conflict as error:
        if "already in progress" not in error.message:  # "removal of container … is already in progress"
            raise


ACTIONS: dict[str, Act] = {
    "start": _start,
    "stop": _stop,
    "restart": _restart,
    "kill": _kill,
    "pause": _pause,
    "unpause": _unpause,
    "remove": _remove,
}
# Doing these twice is not the same as doing them once.
ONCE = frozenset({"restart", "kill"})


async def container_action(engine: Engine, order: Order, wish: ContainerAction) -> Outcome:
    """Carry out one action. Raises EngineError, Failure."""
    act = ACTIONS.get(wish.action)
    if act is None:
        raise Failure(f"This agent knows no action “{wish.action}”; update it", "unknown-action")
    if order.attempt > 1 and wish.action in ONCE and await _done_before(engine, order, wish):
        return Outcome()
    await act(engine, wish)
    return Outcome()


async def _done_before(engine: Engine, order: Order, wish: ContainerAction) -> bool:
    """After a restart of the agent: whether the engine already did it. Raises Failure when nobody can know."""
    container: Container = await api.container_inspect(engine, wish.cid)
    started = moment(container.state.started_at)
    if wish.action == "restart":
        return started is not None and started.timestamp() >= order.started
    if not container.state.running:
        return True
    raise Failure(
        "The agent was restarted while it sent the signal, so it may or may not have arrived. Look at the container, "
        "and send it again if needed",
        "interrupted",
    )


async def image_action(engine: Engine, wish: ImageRemove) -> Outcome:
    """Remove or untag an image; one that is gone already is fine. Raises EngineError."""
    try:
        removed = await image_remove(engine, wish.reference, force=wish.force)
    except NotFound:
        return Outcome(result={"removed": []})
    return Outcome(result={"removed": [word for item in removed for word in item.values()]})
