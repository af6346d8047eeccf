"""The audit of Docker clients: a row for each request that changes something or was denied, written in batches.

Reads are not written down. A batch is one transaction, at most a second after its first row.
"""

import asyncio
import logging
import re
from collections import deque
from dataclasses import dataclass

from django.db import transaction

from hosts.consumers.threads import in_database
from portal.people.models import AuditEntry
from portal.people.services.audit import DENIED, DONE, FAILED, audit_record

from .callers import Caller

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
BATCH = 200
MOST = 20_000
# Changes that are part of another one, or that change nothing on the host: they would drown the rest.
SMALL = frozenset({"containers.wait", "containers.resize", "exec.resize", "auth", "system.auth", "session", "grpc"})


@dataclass(frozen=True)
class Record:
    """One request. rule: the endpoint's name, or the rule that forbade it. status: what the client was answered."""

    caller: Caller
    method: str
    path: str
    rule: str
    status: int
    denied: bool
    reason: str = ""


def worth_it(method: str, rule: str, denied: bool) -> bool:
    """Whether a request belongs into the audit."""
    return denied or (method not in ("GET", "HEAD", "OPTIONS") and rule not in SMALL)


class Records:
    """Rows on their way into the audit."""

    def __init__(self) -> None:
        self._rows: deque[Record] = deque()
        self._wanted = asyncio.Event()

    def add(self, record: Record) -> None:
        """Never blocks. Beyond MOST rows that the database did not take, the newest is told to the log alone."""
        if len(self._rows) >= MOST:
            log.error("audit row lost: %s %s %s", record.caller.actor.label, record.method, record.path)
            return
        self._rows.append(record)
        self._wanted.set()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._wanted.wait()
            await asyncio.sleep(EVERY_SECONDS)
            self._wanted.clear()
            try:
                await self.flush()
            except Exception:
                log.exception("the audit could not be written; trying again")
                self._wanted.set()

    async def flush(self) -> None:
        """Write what there is."""
        while self._rows:
            batch = [self._rows.popleft() for _ in range(min(BATCH, len(self._rows)))]
            try:
                await in_database(_write, batch)
            except BaseException:
                self._rows.extendleft(reversed(batch))
                raise


def _write(batch: list[Record]) -> None:
    with transaction.atomic():
        for record in batch:
            host = record.caller.host
            detail = {"method": record.method, "path": record.path[:200], "status": record.status}
            if record.denied:
                detail |= {"rule": record.rule, "reason": record.reason[:300]}
            audit_record(
                actor=record.caller.actor,
                action=f"docker.{action_word(record)}",
                team=host.team,
                target=host,
                detail=detail,
                result=_result(record),
            )


def action_word(record: Record) -> str:
    """ "containers.create" for the audit's "docker.containers.create"; the rule's own word where it is an endpoint."""
    if not record.denied and re.fullmatch(r"[a-z.\-]{1,48}", record.rule):
        return record.rule
    parts = [part for part in record.path.split("/") if re.fullmatch(r"[a-z]{2,20}", part)]
    return ".".join([*parts[:1], *parts[1:][-1:]]) or "request"


def _result(record: Record) -> AuditEntry.Result:
    if record.denied:
        return DENIED
    return DONE if record.status < 400 else FAILED
