"""The list of hosts."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hosts.live import live_fragment
from hosts.models import Host
from hosts.models.hosts import HostState
from hosts.selectors.hosts import facts_fresh, facts_observed_at, host_counts, host_list
from hosts.selectors.queue import queue_counts
from portal.people.access import Permission
from portal.people.requests import actor_of

from .answers import filters_of, live_query, rows_page


@require_safe
def host_table(request: HttpRequest) -> HttpResponse:
    """Every host the person may see, filtered by the address."""
    return render(request, "hosts/list.html", _table_context(request))


@live_fragment(lambda request, **kwargs: ["hosts"])
@require_safe
def host_rows(request: HttpRequest) -> HttpResponse:
    """The table alone, for live updates."""
    return render(request, "hosts/_list.html", _table_context(request))


def _table_context(request: HttpRequest) -> dict[str, Any]:
    actor = actor_of(request)
    filters = {name: request.GET.get(name, "").strip() for name in ("q", "state", "os", "label")}
    rows = host_list(
        actor=actor, query=filters["q"], state=filters["state"], os=filters["os"], label=filters["label"]
    ).select_related("team")
    page = rows_page(request, rows, order=["name", "id"])
    manages = actor.team_ids(Permission.MANAGE_HOSTS)
    queued = queue_counts(actor=actor)
    return {
        "hosts": [{**host_line(host), "waiting": queued.get(host.pk, 0)} for host in page.items],
        "waiting": sum(queued.values()),
        "filters": filters,
        "filtered": bool(filters_of(request)),
        "states": HostState.choices,
        "counts": host_counts(actor=actor),
        "next": page.next,
        "first_page": not request.GET.get("cursor"),
        "live_query": live_query(request),
        "may_add": manages is None or bool(manages),
    }


def host_line(host: Host) -> dict[str, Any]:
    """A host with the age of what we know of it."""
    return {
        "host": host,
        "state": host.state,
        "observed_at": facts_observed_at(host=host),
        "fresh": facts_fresh(host=host),
    }
