"""Compose text over HTTP: checked, converted, exported; and secrets, which are written and never read."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from gallery.compose.errors import Refusal
from gallery.compose.parts import Note
from hosts.api.application_schemas import Value
from hosts.api.applications import texts
from hosts.api.schemas import Strict
from hosts.selectors.applications import application_get, revision_get
from hosts.selectors.secrets import secret_list
from hosts.services.editing import Checked, compose_check, docker_run_to_compose, portainer_templates
from hosts.services.secrets import secret_remove, secret_set
from portal.people.requests import actor_of

router = Router()
APPLICATION = "/applications/{uuid:application_id}"
MAX_TEXT = 1 << 20


class ComposeIn(Strict):
    """application: whose secrets count. files: further files, path -> text. secrets: names that will have a value."""

    compose: str = Field(max_length=MAX_TEXT)
    files: dict[str, str] = Field(default={}, max_length=100)
    values: dict[str, Value] = Field(default={}, max_length=500)
    secrets: list[str] = Field(default=[], max_length=200)
    name: str = Field(default="", max_length=63)
    application: UUID | None = None


class PlaceOut(Schema):
    """line, column: from 1, 0 when there is no place. path: as services.web.image. file: "" for the main text."""

    file: str
    path: str
    line: int
    column: int
    message: str
    remedy: str = ""


class CheckedServiceOut(Schema):
    name: str
    image: str
    replicas: int


class CheckedOut(Schema):
    """variables: the names that the text interpolates. idle: services that no chosen profile switches on."""

    valid: bool
    errors: list[PlaceOut]
    notes: list[PlaceOut]
    services: list[CheckedServiceOut]
    variables: list[str]
    idle: list[str]


class ConvertIn(Strict):
    """Exactly one of them: a docker run line, or the text of a Portainer templates.json."""

    docker_run: str | None = Field(default=None, max_length=64 * 1024)
    portainer: str | None = Field(default=None, max_length=4 << 20)


class ConvertedOut(Schema):
    """compose: empty for a stack of a git repository, and for what was refused."""

    name: str
    title: str
    compose: str
    notes: list[str]
    repository: str = ""
    file: str = ""
    refusal: str = ""


class SecretIn(Strict):
    value: str = Field(max_length=256 * 1024)


class SecretOut(Schema):
    """There is no value: it is never given out."""

    name: str
    set_at: str
    set_by: str


def checked_out(checked: Checked) -> CheckedOut:
    """What is shown of a check, in the page and in the API."""
    project = checked.project
    services = project.services if project else ()
    return CheckedOut(
        valid=checked.valid,
        errors=[_place(one) for one in checked.refusals],
        notes=[_place(one) for one in checked.notes],
        services=[CheckedServiceOut(name=one.name, image=one.image, replicas=one.replicas) for one in services],
        variables=[one.name for one in checked.variables],
        idle=list(project.idle) if project else [],
    )


def _place(one: Refusal | Note) -> PlaceOut:
    remedy = one.remedy if isinstance(one, Refusal) else ""
    return PlaceOut(file=one.file, path=one.path, line=one.line, column=one.column, message=one.message, remedy=remedy)


@router.post("/compose/validate", response=CheckedOut, summary="What is wrong with a compose text, all at once")
def validate(request: HttpRequest, body: ComposeIn) -> CheckedOut:
    application = None
    if body.application is not None:
        application = application_get(actor=actor_of(request), application_id=body.application)
    return checked_out(
        compose_check(
            compose=body.compose,
            values=texts(body.values),
            files=body.files,
            secrets=tuple(body.secrets),
            name=body.name,
            application=application,
        )
    )


@router.post("/compose/convert", response=list[ConvertedOut], summary="docker run or Portainer templates to compose")
def convert(request: HttpRequest, body: ConvertIn) -> list[ConvertedOut]:
    if body.portainer is not None:
        return [
            ConvertedOut(
                name=one.name,
                title=one.title,
                compose=one.compose,
                notes=[one.note] if one.note else [],
                repository=one.repository,
                file=one.file,
                refusal=one.refusal,
            )
            for one in portainer_templates(body.portainer)
        ]
    found = docker_run_to_compose(body.docker_run or "")
    return [ConvertedOut(name=found.name, title=found.name, compose=found.compose, notes=list(found.notes))]


@router.get(f"{APPLICATION}/compose", summary="The compose text of a revision, as a file")
def export(request: HttpRequest, application_id: UUID, revision: int | None = None) -> HttpResponse:
    row = application_get(actor=actor_of(request), application_id=application_id)
    found = revision_get(application=row, number=revision)
    return HttpResponse(found.compose, content_type="application/yaml; charset=utf-8")


@router.get(f"{APPLICATION}/secrets", response=list[SecretOut], summary="The names of its secrets")
def secrets(request: HttpRequest, application_id: UUID) -> list[SecretOut]:
    row = application_get(actor=actor_of(request), application_id=application_id)
    return [
        SecretOut(name=one.name, set_at=one.set_at.isoformat(), set_by=one.set_by.label if one.set_by else "")
        for one in secret_list(application=row)
    ]


@router.put(f"{APPLICATION}/secrets/{{name}}", response={204: None}, summary="Give a secret a value")
def secret_put(request: HttpRequest, application_id: UUID, name: str, body: SecretIn) -> Status[None]:
    actor = actor_of(request)
    row = application_get(actor=actor, application_id=application_id)
    secret_set(application=row, name=name, value=body.value, actor=actor)
    return Status(204, None)


@router.delete(f"{APPLICATION}/secrets/{{name}}", response={204: None}, summary="Forget a secret")
def secret_delete(request: HttpRequest, application_id: UUID, name: str) -> Status[None]:
    actor = actor_of(request)
    row = application_get(actor=actor, application_id=application_id)
    secret_remove(application=row, name=name, actor=actor)
    return Status(204, None)
