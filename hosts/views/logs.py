"""The pages of logs: of one container, and of several in one."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hosts.engine_calls import engine_line
from hosts.engine_calls.frames import LogReader
from hosts.engine_calls.permits import permit_find, permit_require
from hosts.models import Container
from hosts.selectors.applications import application_get
from hosts.selectors.containers import container_get, container_list
from hosts.selectors.hosts import host_get
from portal.people.requests import actor_of
from portal.problems import NotFound, Problem

from .container_tabs import container_tabs

MAX_SOURCES = 20
OFFERED = 200


@require_safe
def logs_page(request: HttpRequest) -> HttpResponse:
    """`c=HOST:CONTAINER`, any number of them, or `application=ID` for all of its containers.

    To choose from: those that `q` finds, on the host `host` where it is given.
    """
    actor = actor_of(request)
    title = _("Logs")
    chosen: list[Container] = []
    if application_id := request.GET.get("application"):
        application = application_get(actor=actor, application_id=_uuid(application_id))
        title = _("Logs of %(name)s") % {"name": application.name}
        rows = container_list(actor=actor, project=application.name).filter(host__team_id=application.team_id)
        chosen = list(rows[:MAX_SOURCES])
    for text in request.GET.getlist("c")[:MAX_SOURCES]:
        where, _sign, cid = text.partition(":")
        chosen.append(container_get(actor=actor, host_id=_uuid(where), cid=cid))
    on = request.GET.get("host")
    host = host_get(actor=actor, host_id=on) if on else None
    offered = container_list(actor=actor, host=host, query=request.GET.get("q", "")[:80])[:OFFERED]
    context = {"title": title, "sources": _sources(chosen), "offered": offered, "query": request.GET.get("q", "")}
    return render(request, "hosts/logs.html", context)


@require_safe
def container_logs_page(request: HttpRequest, host_id: UUID, cid: str) -> HttpResponse:
    """The tab of one container."""
    actor = actor_of(request)
    container = container_get(actor=actor, host_id=host_id, cid=cid)
    context = {"sources": _sources([container]), **container_tabs(actor, container, "logs")}
    return render(request, "hosts/container_logs.html", context)


@require_safe
def container_log_file(request: HttpRequest, host_id: UUID, cid: str) -> HttpResponseBase:
    """The whole log as text, with times."""
    permit = permit_find(actor_of(request), host_id, cid)
    permit_require(permit, "GET", f"/containers/{permit.cid}/logs")
    lines = _lines(permit.host_id, permit.cid)
    first = async_to_sync(_ready)(permit.host_id, permit.cid)  # a problem becomes a page, not a broken file
    if first is not None:
        raise first
    response = StreamingHttpResponse(lines, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slugify(permit.name) or "container"}.log"'
    return response


async def _ready(host_id: UUID, cid: str) -> Problem | None:
    try:
        async with engine_line(host_id) as line:
            await line.json("GET", f"/containers/{quote(cid)}/json")
    except Problem as problem:
        return problem
    return None


async def _lines(host_id: UUID, cid: str) -> AsyncIterator[bytes]:
    async with engine_line(host_id) as line:
        found = await line.json("GET", f"/containers/{quote(cid)}/json")
        reader = LogReader(tty=bool(found["Config"]["Tty"]))
        await line.ask("GET", f"/containers/{quote(cid)}/logs?stdout=1&stderr=1&timestamps=1")
        while piece := await line.read():
            yield "".join(_text(row) for row in reader.feed(piece)).encode()
        yield "".join(_text(row) for row in reader.end()).encode()


def _text(row: tuple[int, int, str]) -> str:
    moment = datetime.fromtimestamp(row[1] / 1e6, UTC).isoformat(timespec="microseconds")
    return f"{moment} {'stderr' if row[0] == 2 else 'stdout'} {row[2]}\n"


def _sources(containers: Sequence[Container]) -> list[dict[str, Any]]:
    unique = {(container.host_id, container.cid): container for container in containers}
    return [
        {"host": str(one.host_id), "container": one.cid, "name": one.name, "on": one.host.name, "tint": number % 8}
        for number, one in enumerate(unique.values())
    ]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("There is no such thing here.")) from None
