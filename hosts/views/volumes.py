"""The page of a volume, and the list of what is kept."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hosts.live import live_fragment
from hosts.models.volumes import Halt
from hosts.selectors.volumes import (
    backup_list,
    hosts_to_write,
    run_list,
    uses_of,
    volume_get,
)
from portal.people.access import Permission
from portal.people.requests import actor_of

from .answers import live_query, rows_page, teams_where

LAST_RUNS = 8
LAST_BACKUPS = 20


def volume_topics(request: HttpRequest, **kwargs: Any) -> list[str]:
    """A volume's page lives with its host and with what is done to the volumes of it."""
    return [f"host:{kwargs['host_id']}", f"volumes-of:{kwargs['host_id']}"]


def team_topics(request: HttpRequest, **kwargs: Any) -> list[str]:
    """The list of backups lives with the volumes of every team that the person is in."""
    teams = teams_where(actor_of(request), Permission.READ)
    return [f"volumes:{pk}" for pk in teams.values_list("pk", flat=True)[:50]]


def volume_context(request: HttpRequest, host_id: UUID, name: str) -> dict[str, Any]:
    """What the page and its live part show. Raises NotFound."""
    actor = actor_of(request)
    volume = volume_get(actor=actor, host_id=host_id, name=name)
    team = volume.host.team
    return {
        "volume": volume,
        "host": volume.host,
        "windows": volume.host.os == "windows",
        "uses": uses_of([volume])[0].uses,
        "runs": run_list(actor=actor, host=volume.host, volume=volume.name)[:LAST_RUNS],
        "backups": backup_list(actor=actor).filter(team=team, volume=volume.name)[:LAST_BACKUPS],
        "targets": hosts_to_write(actor=actor, team=team),
        "halts": Halt.choices,
        "may_operate": actor.can(Permission.OPERATE, team),
        "may_manage": actor.can(Permission.MANAGE_HOSTS, team),
    }


@require_safe
def volume_detail(request: HttpRequest, host_id: UUID, name: str) -> HttpResponse:
    """A volume: who uses it, its backups, and what can be done."""
    return render(request, "volumes/volume.html", volume_context(request, host_id, name))


@live_fragment(volume_topics)
@require_safe
def volume_content(request: HttpRequest, host_id: UUID, name: str) -> HttpResponse:
    """The part that lives."""
    return render(request, "volumes/_volume.html", volume_context(request, host_id, name))


def backups_context(request: HttpRequest) -> dict[str, Any]:
    """What the list of backups shows."""
    actor = actor_of(request)
    query = request.GET.get("q", "").strip()
    page = rows_page(request, backup_list(actor=actor, query=query), order=["-created_at", "id"])
    writes = teams_where(actor, Permission.OPERATE)
    manages = actor.team_ids(Permission.MANAGE_HOSTS)
    return {
        "backups": page.items,
        "runs": run_list(actor=actor)[:LAST_RUNS],
        "filters": {"q": query},
        "filtered": bool(query),
        "teams": writes,
        "room": settings.BACKUP_TEAM_GIB,
        "days": settings.BACKUP_DAYS,
        "next": page.next,
        "first_page": not request.GET.get("cursor"),
        "live_query": live_query(request),
        "may_operate": bool(writes),
        "may_manage": manages is None or bool(manages),
    }


@require_safe
def backup_table(request: HttpRequest) -> HttpResponse:
    """Every kept file the person may see."""
    return render(request, "volumes/backups.html", backups_context(request))


@live_fragment(team_topics)
@require_safe
def backup_rows(request: HttpRequest) -> HttpResponse:
    """The tables alone, for live updates."""
    return render(request, "volumes/_backups.html", backups_context(request))
