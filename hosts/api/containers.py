"""/hosts/{id}/containers: the mirror, actions, logs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from ninja import Router, Status

from hosts.api.follow import follow_log
from hosts.api.rows import command_out, container_out
from hosts.api.schemas import ActionIn, CommandOut, ContainerList, ContainerOut
from hosts.selectors.containers import container_get, container_inspect, container_list, container_logs
from hosts.selectors.hosts import host_get
from hosts.services.containers import container_act
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.requests import actor_of
from portal.problems import Invalid

router = Router()
CONTAINER = "/hosts/{uuid:host_id}/containers/{cid}"
TEXT = "text/plain; charset=utf-8"


@router.get("/hosts/{uuid:host_id}/containers", response=ContainerList, summary="Containers of a host, by name")
def containers(
    request: HttpRequest,
    host_id: UUID,
    q: str = "",
    state: str = "",
    health: str = "",
    project: str = "",
    cursor: str | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ContainerList:
    actor = actor_of(request)
    rows = container_list(
        actor=actor,
        host=host_get(actor=actor, host_id=host_id),
        query=q,
        state=state,
        health=health,
        project=project,
    )
    page = page_of(rows, order=["name", "id"], cursor=cursor, limit=limit)
    return ContainerList(items=[container_out(row) for row in page.items], next=page.next)


@router.get(CONTAINER, response=ContainerOut, summary="One container, by id, id prefix or name")
def container(request: HttpRequest, host_id: UUID, cid: str) -> ContainerOut:
    return container_out(container_get(actor=actor_of(request), host_id=host_id, cid=cid))


@router.get(CONTAINER + "/inspect", response=dict[str, Any], summary="The engine's own inspect, asked of the host")
def inspect(request: HttpRequest, host_id: UUID, cid: str) -> dict[str, Any]:
    actor = actor_of(request)
    return container_inspect(actor=actor, container=container_get(actor=actor, host_id=host_id, cid=cid))


@router.get(CONTAINER + "/logs", summary="Log lines as text; follow=true streams new ones")
def logs(
    request: HttpRequest,
    host_id: UUID,
    cid: str,
    tail: int = 200,
    since: str = "",
    timestamps: bool = False,
    follow: bool = False,
) -> HttpResponseBase:
    actor = actor_of(request)
    found = container_get(actor=actor, host_id=host_id, cid=cid)
    start = moment_of(since)
    if follow:
        lines = follow_log(actor=actor, container=found, tail=tail, since=start, timestamps=timestamps)
        response: HttpResponseBase = StreamingHttpResponse(lines, content_type=TEXT)
        response["X-Accel-Buffering"] = "no"
    else:
        log = container_logs(actor=actor, container=found, tail=tail, since=start, timestamps=timestamps)
        response = HttpResponse(log.text, content_type=TEXT)
        response["X-Pierhead-Truncated"] = "true" if log.truncated else "false"
    response["Cache-Control"] = "no-store"
    return response


@router.post(CONTAINER + "/start", response={202: CommandOut}, summary="Start a container")
def start(request: HttpRequest, host_id: UUID, cid: str) -> Status[CommandOut]:
    return _act(request, host_id, cid, "start", None)


@router.post(CONTAINER + "/stop", response={202: CommandOut}, summary="Stop a container")
def stop(request: HttpRequest, host_id: UUID, cid: str, body: ActionIn | None = None) -> Status[CommandOut]:
    return _act(request, host_id, cid, "stop", body)


@router.post(CONTAINER + "/restart", response={202: CommandOut}, summary="Restart a container")
def restart(request: HttpRequest, host_id: UUID, cid: str, body: ActionIn | None = None) -> Status[CommandOut]:
    return _act(request, host_id, cid, "restart", body)


@router.post(CONTAINER + "/kill", response={202: CommandOut}, summary="Kill a container")
def kill(request: HttpRequest, host_id: UUID, cid: str, body: ActionIn | None = None) -> Status[CommandOut]:
    return _act(request, host_id, cid, "kill", body)


@router.delete(CONTAINER, response={202: CommandOut}, summary="Remove a container")
def remove(request: HttpRequest, host_id: UUID, cid: str, force: bool = False) -> Status[CommandOut]:
    return _act(request, host_id, cid, "remove", None, force=force)


def _act(
    request: HttpRequest, host_id: UUID, cid: str, action: str, body: ActionIn | None, *, force: bool = False
) -> Status[CommandOut]:
    actor = actor_of(request)
    command = container_act(
        container=container_get(actor=actor, host_id=host_id, cid=cid),
        action=action,
        actor=actor,
        timeout=body.timeout if body else None,
        signal=body.signal if body else "",
        force=force,
    )
    return Status(202, command_out(command))


def moment_of(text: str) -> float:
    """Unix seconds from "1700000000", "2030-01-31T12:00:00Z" or "" for the beginning. Raises Invalid."""
    if not text:
        return 0.0
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        moment: datetime | None = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        message = "Send unix seconds, or a time as 2030-01-31T12:00:00Z."
        raise Invalid(message, fields={"since": [message]})
    aware = moment if timezone.is_aware(moment) else timezone.make_aware(moment)
    return max(0.0, aware.timestamp())
