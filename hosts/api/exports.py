"""Exports: hosts or a solution as an ARM template with parameters, and as scripts for machines outside Azure."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from hosts.selectors.exportable import Exportable, exportable_hosts, exportable_solution
from hosts.services.exports import Export, Tokens, export_make
from portal.people.access import Actor
from portal.people.requests import actor_of

router = Router()


class ExportIn(Schema):
    """name: of the machines; region: of Azure, left out for the region of what is exported.

    tokens: none; apart: enrolment tokens are made and are in the answer alone; inside: they are in the files too.
    """

    name: str | None = None
    region: str = ""
    tokens: Tokens = Tokens.NONE
    ttl_seconds: int = 86_400


class HostsExportIn(ExportIn):
    """hosts: ids of hosts of one team."""

    hosts: list[UUID] = Field(max_length=1000)


class KindOut(Schema):
    """Machines of one kind. parameter: what the template calls their token; hosts: after whom they are made."""

    role: str
    machines: str
    system: str
    image: str
    size: str
    count: int
    labels: dict[str, str]
    hosts: list[str]
    parameter: str
    token: str | None
    expires_at: datetime | None


class ExportOut(Schema):
    """files: name -> text. warnings: what the machines cannot be like what was exported."""

    name: str
    team: str
    kinds: list[KindOut]
    warnings: list[str]
    files: dict[str, str]


@router.post("/hosts/exports", response={201: ExportOut}, summary="Hosts as a template and scripts for new machines")
def hosts_export(request: HttpRequest, body: HostsExportIn) -> Status[ExportOut]:
    actor = actor_of(request)
    return Status(201, _export(exportable_hosts(actor=actor, host_ids=body.hosts), body, actor))


@router.post(
    "/azure/solutions/{uuid:solution_id}/exports",
    response={201: ExportOut},
    summary="A solution as a template, scripts and the text of its application",
)
def solution_export(request: HttpRequest, solution_id: UUID, body: ExportIn) -> Status[ExportOut]:
    actor = actor_of(request)
    return Status(201, _export(exportable_solution(actor=actor, solution_id=solution_id), body, actor))


def _export(source: Exportable, body: ExportIn, actor: Actor) -> ExportOut:
    name = source.name if body.name is None else body.name
    export = export_make(
        team=source.team,
        shape=source.shape(name, body.region),
        name=name,
        source=source.target,
        actor=actor,
        tokens=body.tokens,
        ttl_seconds=body.ttl_seconds,
        reach=source.reach,
        more=source.files,
    )
    kinds = _kinds(export)
    warnings = list(export.shape.warnings)
    return ExportOut(name=name, team=source.team.slug, kinds=kinds, warnings=warnings, files=dict(export.files))


def _kinds(export: Export) -> list[KindOut]:
    tokens = {one.kind.wish.role: one for one in export.tokens}
    found = []
    for kind in export.shape.kinds:
        wish, token = kind.wish, tokens.get(kind.wish.role)
        found.append(
            KindOut(
                role=wish.role,
                machines=wish.name,
                system=wish.system.value,
                image=wish.image,
                size=wish.size,
                count=wish.count,
                labels=dict(kind.labels),
                hosts=list(export.shape.hosts.get(wish.role, ())),
                parameter=kind.token_parameter,
                token=token.text if token else None,
                expires_at=token.expires_at if token else None,
            )
        )
    return found
