"""Questions: answered at once or not at all, never journalled."""

import asyncio
from typing import Any

from ..engine import Engine, EngineError
from ..engine.containers import container_logs, container_raw
from ..engine.images import image_raw
from ..protocol.bodies import ContainerInspect, ContainerLogs, ImageInspect, QueryBody
from ..protocol.messages import Answer, Query
from ..protocol.swarm import SwarmInspect
from ..protocol.upkeep import PrunePreview
from .outcome import Failure
from .prune import prune_preview
from .swarm_view import swarm_view
from .words import explain

MAX_TAIL = 10_000
MAX_LOG = 256 * 1024
MAX_SECONDS = 60.0


async def answered(engine: Engine, query: Query) -> Answer:
    """The answer, whatever happens."""
    try:
        async with asyncio.timeout(min(query.timeout, MAX_SECONDS)):
            return Answer(query.id, await _result(engine, query.body))
    except TimeoutError:
        return Answer(query.id, error="The engine took too long to answer. Try again", code="timeout")
    except EngineError as error:
        failure = explain(error)
        return Answer(query.id, error=failure.error, code=failure.code)
    except Failure as failure:
        return Answer(query.id, error=failure.error, code=failure.code)


async def _result(engine: Engine, body: QueryBody) -> dict[str, Any]:
    match body:
        case ContainerLogs():
            text, truncated = await container_logs(
                engine,
                body.cid,
                tail=max(0, min(body.tail, MAX_TAIL)),
                since=body.since,
                timestamps=body.timestamps,
                limit=MAX_LOG,
            )
            return {"text": text, "truncated": truncated}
        case ContainerInspect(cid=cid):
            return await container_raw(engine, cid)
        case ImageInspect(reference=reference):
            return await image_raw(engine, reference)
        case PrunePreview(wish):
            return await prune_preview(engine, wish)
        case SwarmInspect():
            return await swarm_view(engine, body)
