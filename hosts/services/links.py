"""The live connection of a host: who may hold it, and when it counts as gone.

A link is a text, "BOOT@NODE.RANDOM": the agent process, the portal process and the connection. It is written to the
host's row by conditional update only, so that of two connections one wins and the other knows.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from redis.exceptions import RedisError

from hosts.mirror_rows import text
from hosts.models import Host
from hosts.models.hosts import STALE_AFTER
from portal.people.access import Actor
from portal.people.services.audit import DENIED, audit_record

log = logging.getLogger(__name__)

AUDIT_EVERY = timedelta(minutes=10)  # the same refusal of the same machine is written once in this time
CONFLICT_RETRY = 5.0


class LinkRefused(Exception):
    """The agent may not connect. code and retry_after as in the wire's Refused; host when it is known."""

    def __init__(self, code: str, detail: str, *, retry_after: float | None = None, host: Host | None = None) -> None:
        super().__init__(detail)
        self.code, self.detail, self.retry_after, self.host = code, detail, retry_after, host


class LinkLost(Exception):
    """The row is no longer ours: another connection took over, or the host was revoked or removed."""


@dataclass(frozen=True)
class Opened:
    """A link that is ours now. replaced: another connection of the same agent process held it until now.

    waiting: why nothing is asked of the host yet, "" when it has been let in.
    """

    host_id: UUID
    name: str
    replaced: bool
    topics: tuple[str, ...]
    waiting: str = ""


def boot_of(link: str) -> str:
    """The agent process in a link."""
    return link.rpartition("@")[0]


def link_open(*, public_key: bytes, link: str, engine_id: str, agent_version: str, address: str | None) -> Opened:
    """Take the link of the host with this key. The signature has been verified by the caller.

    The same agent process replaces its own old connection; another process with the same key waits until the first
    has been silent for STALE_AFTER. Raises LinkRefused (unknown-key, revoked, conflict).
    """
    now = timezone.now()
    key = public_key.hex()
    known = Host.objects.select_related("team")
    host = known.filter(public_key=key).first() or known.filter(next_public_key=key).first()
    if host is None:
        raise LinkRefused(
            "unknown-key",
            "The portal does not know this machine. Enrol it: `engine-agent enrol --portal URL --token TOKEN`.",
        )
    if host.revoked_at is not None:
        raise LinkRefused("revoked", _REVOKED.format(name=host.name), host=host)
    before = host.link
    if before and boot_of(before) != boot_of(link) and host.heard_lately:
        raise _conflict(host, address, now)
    with transaction.atomic():
        rows = Host.objects.filter(pk=host.pk, link=before, public_key=host.public_key, revoked_at=None)
        fields: dict[str, Any] = {
            "link": link,
            "linked_at": now,
            "last_seen_at": now,
            "agent_version": text(agent_version, 32),
            "address": text(address or "", 64),
        }
        if key != host.public_key:  # the first connection with the new key: the old one is worth nothing from now on
            fields |= {"public_key": key, "next_public_key": "", "key_changed_at": now}
        if not rows.update(**fields):
            raise LinkRefused("conflict", "Another connection was faster.", retry_after=CONFLICT_RETRY, host=host)
        if key != host.public_key:
            _rotation_note(host, key, address)
    _engine_check(host, engine_id, address, now)
    waiting = _WAITING if host.waiting_since is not None else ""
    return Opened(host.pk, host.name, bool(before), ("hosts", "home", f"host:{host.pk}"), waiting)


def link_close(*, host_id: UUID, link: str) -> tuple[str, ...]:
    """Give the link back, if it is still ours. Answers with the topics to publish."""
    if Host.objects.filter(pk=host_id, link=link).update(link="", last_seen_at=timezone.now()):
        return ("hosts", "home", f"host:{host_id}")
    return ()


def links_seen(*, heard: Iterable[str], in_step: Iterable[str], now: datetime) -> int:
    """These links were heard since the last call; the mirrors of those in `in_step` are true as of now."""
    in_step = list(in_step)
    with transaction.atomic():
        seen = Host.objects.filter(link__in=list(heard)).update(last_seen_at=now)
        Host.objects.filter(link__in=in_step).update(observed_at=now)
    return seen


def refusal_record(*, refused: LinkRefused, public_key: bytes, address: str | None) -> None:
    """Audit a refused connection, once in a while for each machine and reason."""
    key = f"agent-refused:{refused.code}:{public_key.hex()[:64]}:{address}"
    try:
        fresh = cache.add(key, 1, AUDIT_EVERY.total_seconds())
    except (RedisError, OSError):
        fresh = True
    log.warning("agent from %s refused (%s): %s", address, refused.code, refused.detail)
    if not fresh:
        return
    host = refused.host
    audit_record(
        actor=Actor(user=None, label=f"Agent of {host.name}" if host else "Unknown agent", address=address),
        action="agent.connect",
        team=host.team if host else None,
        target=host,
        detail={"code": refused.code, "reason": refused.detail, "key": public_key.hex()[:16]},
        result=DENIED,
    )


_WAITING = "waiting for approval: an admin of the team has to approve this host in the portal"
_REVOKED = "{name} has been revoked in the portal. To use this machine again, enrol it anew."


def _rotation_note(host: Host, key: str, address: str | None) -> None:
    audit_record(
        actor=Actor(user=None, label=f"Agent of {host.name}", address=address),
        action="host.key-changed",
        team=host.team,
        target=host,
        detail={"before": host.public_key[:16], "after": key[:16]},
    )


def skew_store(*, host_id: UUID, link: str, seconds: float) -> tuple[str, ...]:
    """By how much the host's clock is ahead of ours. Answers with the topics to publish."""
    rows = Host.objects.filter(pk=host_id, link=link)
    return (f"host:{host_id}",) if rows.update(clock_skew=round(seconds, 1)) else ()


def _conflict(host: Host, address: str | None, now: datetime) -> LinkRefused:
    detail = (
        f"Another agent process with the identity of {host.name} is connected. If this machine is a clone, delete the "
        "agent's state directory here and enrol it as a host of its own. If the agent was just restarted, it gets in "
        f"within {STALE_AFTER.seconds} seconds."
    )
    _conflict_note(host, detail, address, now)
    return LinkRefused("conflict", detail, retry_after=CONFLICT_RETRY, host=host)


def _conflict_note(host: Host, detail: str, address: str | None, now: datetime) -> None:
    """Shown on the host's page: never silently swapped."""
    Host.objects.filter(pk=host.pk).update(conflict={"at": now.isoformat(), "address": address or "", "detail": detail})


def _engine_check(host: Host, engine_id: str, address: str | None, now: datetime) -> None:
    """Keep the engine's id in step; an id that another host has is shown as a conflict on both."""
    engine_id = text(engine_id, 128)
    if not engine_id or engine_id == host.engine_id:
        return
    other = Host.objects.filter(engine_id=engine_id, revoked_at=None).exclude(pk=host.pk).first()
    if other is None:
        Host.objects.filter(pk=host.pk).update(engine_id=engine_id)
        return
    name = other.name if other.team_id == host.team_id else "a host of another team"
    detail = (
        f"Its Docker Engine has the same id as {name} ({engine_id}). Was the machine cloned? Give it an id of its own."
    )
    _conflict_note(host, detail, address, now)
    audit_record(
        actor=Actor(user=None, label=f"Agent of {host.name}", address=address),
        action="host.conflict",
        team=host.team,
        target=host,
        detail={"engine_id": engine_id},
        result=DENIED,
    )
