"""The command update_agent: stage the new version, hand over to it, and tell how that ended."""

import asyncio
import contextlib
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from .. import VERSION
from ..http1 import Request
from ..os_host import CAN_BECOME
from ..portal_http import PortalClient
from ..problems import AgentProblem
from ..protocol.package import UpdateAgent
from ..state import StateDir
from ..work.desk import Order
from ..work.outcome import Failure, Outcome
from .record import CONFIRMED, FAILED, STAGED, Record, record_read, record_write
from .stage import Fetch, fetch_all, files_for_here, install, package_check

CarryOut = Callable[[Order], Awaitable[Outcome]]
LOOK_SECONDS = 0.1


class Updater:
    """What one agent needs to replace itself. leave: ends this process's work, so that the new version is tried."""

    def __init__(self, state: StateDir, fetch: Fetch, key: Callable[[], bytes], leave: Callable[[], None]) -> None:
        self._state = state
        self._fetch = fetch
        self._key = key
        self._leave = leave

    def watching(self, carry_out: CarryOut) -> CarryOut:
        """The same carrying out, and update_agent besides."""

        async def carry(order: Order) -> Outcome:
            if not isinstance(order.body, UpdateAgent):
                return await carry_out(order)
            try:
                return await self._carry_out(order, order.body)
            except Failure as failure:
                return failure.outcome()
            except AgentProblem as problem:
                return Outcome("failed", f"{problem.what}. {problem.remedy}", "package-unreachable")

        return carry

    async def _carry_out(self, order: Order, wish: UpdateAgent) -> Outcome:
        record = record_read(self._state)
        if record is not None and record.command == order.id:
            return await self._settled(record)
        if not CAN_BECOME:
            raise Failure(
                "An agent on this system is updated by its install command: run install.ps1 of the portal again",
                "update-unsupported",
            )
        package_check(wish, self._key())
        digest = wish.files[0].sha256
        if record is not None and record.state == CONFIRMED and record.digest == digest and record.is_me:
            return Outcome(result={"version": VERSION, "from": VERSION})
        python = await self._staged(order, wish, digest)
        record_write(
            self._state,
            Record(order.id, wish.version, digest, str(python), STAGED, VERSION, "", min(wish.trial_seconds, 600.0)),
        )
        order.reporter.step("update:try", "Try the new version", "running")
        order.reporter.flush()
        self._leave()
        await asyncio.Event().wait()  # this process ends; the next one tells how it went
        raise AssertionError

    async def _staged(self, order: Order, wish: UpdateAgent, digest: str) -> Path:
        here = files_for_here(wish.files)
        files = self._state.path / "updates"
        order.reporter.step("update:fetch", f"Fetch version {wish.version}", "running")
        await fetch_all(here, files, self._fetch)
        order.reporter.step("update:fetch", f"Fetch version {wish.version}", "done", detail=f"{len(here)} files")
        order.reporter.step("update:install", "Install it beside this one", "running")
        python = await install(wish, files, self._state.path / "versions" / digest[:12])
        order.reporter.step("update:install", "Install it beside this one", "done")
        return python

    async def _settled(self, record: Record) -> Outcome:
        """How it ended, asked by a later process: the new version on trial, or the old one that came back."""
        while (now := record_read(self._state) or record).state not in {CONFIRMED, FAILED}:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(LOOK_SECONDS)
        if now.state == FAILED:
            text = f"Version {now.version} was given up, and version {VERSION} is back: {now.reason}"
            return Outcome("failed", text, "update-failed")
        return Outcome(result={"version": now.version, "from": now.before})


def tidy(state: StateDir) -> None:
    """Remove staged versions other than the confirmed one, and the files of old packages."""
    record = record_read(state)
    keep = {Path(sys.prefix).name, record.folder.name if record is not None and record.state != FAILED else ""}
    versions = state.path / "versions"
    if versions.is_dir():
        for folder in versions.iterdir():
            if folder.name not in keep:
                shutil.rmtree(folder, ignore_errors=True)
    if record is None or record.state in {CONFIRMED, FAILED}:
        shutil.rmtree(state.path / "updates", ignore_errors=True)


def fetcher_of(client: PortalClient) -> Fetch:
    """Files of the portal, piece by piece."""

    @contextlib.asynccontextmanager
    async def fetch(path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        async with client.stream(Request("GET", path, client.portal.authority)) as response:
            if response.status != 200:
                raise Failure(f"The portal answered {response.status} for {path}", "package-unreachable")
            yield response.chunks()

    return fetch
