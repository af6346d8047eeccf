"""Build contexts: fetched from the portal into a file of the state folder, checked, and gone after use."""

import asyncio
import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from ..http1 import HttpFailed, Request
from ..portal_http import PortalClient, signed_headers
from ..problems import AgentProblem
from ..protocol.bodies import BuildContext
from .images import Fetch
from .outcome import Failure

Headers = tuple[tuple[str, str], ...]

MAX_CONTEXT = 1024 * 1024 * 1024


def fetcher(
    client: PortalClient, key: Callable[[], bytes], spool: Path, clock: Callable[[], float] = time.time
) -> Fetch:
    """What fetches contexts as this host. key: gives the present one; clock: the portal's time, as far as it is known.

    Raises Failure when a context cannot be had or is not what was announced."""

    @contextlib.asynccontextmanager
    async def fetch(context: BuildContext) -> AsyncIterator[Path]:
        if not context.path.startswith("/") or context.size > MAX_CONTEXT:
            raise Failure("The portal offered a build context that cannot be used", "context-refused")
        handle, name = tempfile.mkstemp(prefix="context-", dir=spool)
        os.close(handle)
        path = Path(name)
        try:
            await _download(client, signed_headers(key(), "GET", context.path, clock()), context, path)
            yield path
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    return fetch


async def _download(client: PortalClient, headers: Headers, context: BuildContext, path: Path) -> None:
    request = Request("GET", context.path, client.portal.authority, headers)
    digest = hashlib.sha256()
    size = 0
    try:
        with path.open("wb") as file:
            async with client.stream(request) as response:
                if response.status != 200:
                    raise Failure(
                        f"The portal did not give the build context ({response.status}). Deploy again",
                        "context-missing",
                    )
                async for piece in response.chunks():
                    size += len(piece)
                    if size > context.size:
                        break
                    digest.update(piece)
                    await asyncio.to_thread(file.write, piece)
    except (AgentProblem, HttpFailed) as error:
        raise Failure(
            f"The build context could not be fetched from the portal: {error}. Deploy again", "context-missing"
        ) from error
    except OSError as error:
        code = "no-space" if error.errno == 28 else "context-missing"
        raise Failure(f"The build context could not be kept on the host: {error.strerror}", code) from error
    if size != context.size or digest.hexdigest() != context.sha256:
        raise Failure("The build context that came is not the one that was announced. Deploy again", "context-damaged")
