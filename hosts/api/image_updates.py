"""/applications/{id}/updates, /update-policies and /update-windows: keeping the images of an application current."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import Field

from hosts.api.application_rows import deployment_out
from hosts.api.application_schemas import DeploymentOut
from hosts.api.applications import APPLICATION
from hosts.api.schemas import Strict
from hosts.models import Application
from hosts.models.update_policies import UpdateMode
from hosts.selectors.application_images import revision_in_use
from hosts.selectors.applications import application_get
from hosts.selectors.image_changes import act_state, application_changes
from hosts.selectors.update_policies import service_policies, windows_of_team, windows_own
from hosts.selectors.updates import act_list
from hosts.services.image_updates import application_update
from hosts.services.update_policies import (
    application_windows_set,
    team_windows_set,
    update_policy_clear,
    update_policy_set,
)
from hosts.update_windows import Window
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_get

router = Router()
POLICIES = APPLICATION + "/update-policies"
WINDOWS = APPLICATION + "/update-windows"
TEAM_WINDOWS = "/teams/{slug}/update-windows"


class PolicyIn(Strict):
    """mode: notify, window or at-once."""

    mode: str = Field(max_length=16)


class PolicyOut(Schema):
    """origin: set, label (`pierhead.update` in the compose text) or usual. note: what is wrong with the label."""

    service: str
    image: str
    mode: UpdateMode
    origin: str
    set_by: str
    set_at: datetime | None
    note: str


class PolicyList(Schema):
    items: list[PolicyOut]
    next: str | None = None


class WindowBody(Schema):
    """weekdays: mon, tue, ...; of the day on which it opens. opens, closes: HH:MM in `zone`, an IANA name."""

    weekdays: list[str] = Field(max_length=7)
    opens: str = Field(max_length=10)
    closes: str = Field(max_length=10)
    zone: str = Field(default="UTC", max_length=64)


class WindowsIn(Strict):
    windows: list[WindowBody] = Field(max_length=50)


class WindowsOut(Schema):
    windows: list[WindowBody]


class ImageUpdateOut(Schema):
    """state: notify (there is one), waiting, deployed, failed, refused or skipped; detail: why.

    digest: what the tag names now; before: what was deployed.
    """

    reference: str
    digest: str
    before: str
    services: list[str]
    state: str
    detail: str


class ImageUpdateList(Schema):
    items: list[ImageUpdateOut]
    next: str | None = None


class UpdateIn(Strict):
    """references: only these images; all that have an update when it is left out."""

    references: list[str] | None = Field(default=None, max_length=200)


class ActOut(Schema):
    """What was done about one digest of one image."""

    reference: str
    digest: str
    state: str
    detail: str
    by: str
    at: datetime
    deployment: UUID | None


class ActList(Schema):
    items: list[ActOut]
    next: str | None


def _application(request: HttpRequest, application_id: UUID) -> Application:
    return application_get(actor=actor_of(request), application_id=application_id)


@router.get(APPLICATION + "/updates", response=ImageUpdateList, summary="Images whose tag names something else now")
def image_updates(request: HttpRequest, application_id: UUID) -> ImageUpdateList:
    found = application_changes(application=_application(request, application_id), now=timezone.now())
    return ImageUpdateList(
        items=[
            ImageUpdateOut(
                reference=one.reference,
                digest=one.digest,
                before=one.before,
                services=list(one.services),
                state=one.state,
                detail=one.detail,
            )
            for one in found
        ]
    )


@router.post(APPLICATION + "/updates", response={202: DeploymentOut}, summary="Carry them out now")
def image_updates_now(request: HttpRequest, application_id: UUID, body: UpdateIn) -> Status[DeploymentOut]:
    deployment = application_update(
        application=_application(request, application_id),
        actor=actor_of(request),
        now=timezone.now(),
        references=body.references,
    )
    return Status(202, deployment_out(deployment))


@router.get(APPLICATION + "/updates/history", response=ActList, summary="What was done about updates, newest first")
def acts(
    request: HttpRequest, application_id: UUID, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> ActList:
    rows = act_list(application=_application(request, application_id))
    page = page_of(rows, order=["-at", "-id"], cursor=cursor, limit=limit)
    items = []
    for row in page.items:
        state, detail = act_state(row)
        items.append(
            ActOut(
                reference=row.reference,
                digest=row.digest,
                state=state,
                detail=detail,
                by=row.by,
                at=row.at,
                deployment=row.deployment_id,
            )
        )
    return ActList(items=items, next=page.next)


@router.get(POLICIES, response=PolicyList, summary="The update policy of each service")
def policies(request: HttpRequest, application_id: UUID) -> PolicyList:
    application = _application(request, application_id)
    found = service_policies(application=application, revision=revision_in_use(application=application))
    return PolicyList(
        items=[
            PolicyOut(
                service=one.service,
                image=one.image,
                mode=one.mode,
                origin=one.origin,
                set_by=one.maker.label if one.maker else "",
                set_at=one.set_at,
                note=one.note,
            )
            for one in found
        ]
    )


@router.put(POLICIES + "/{service}", response={204: None}, summary="Set it")
def policy_set(request: HttpRequest, application_id: UUID, service: str, body: PolicyIn) -> Status[None]:
    application = _application(request, application_id)
    update_policy_set(application=application, service=service, mode=body.mode, actor=actor_of(request))
    return Status(204, None)


@router.delete(POLICIES + "/{service}", response={204: None}, summary="Have the compose text or the usual count again")
def policy_clear(request: HttpRequest, application_id: UUID, service: str) -> Status[None]:
    application = _application(request, application_id)
    update_policy_clear(application=application, service=service, actor=actor_of(request))
    return Status(204, None)


@router.get(WINDOWS, response=WindowsOut, summary="The application's own time windows")
def windows(request: HttpRequest, application_id: UUID) -> WindowsOut:
    return _windows(windows_own(application=_application(request, application_id)))


@router.put(WINDOWS, response=WindowsOut, summary="Replace them; none: its team's count")
def windows_set(request: HttpRequest, application_id: UUID, body: WindowsIn) -> WindowsOut:
    application = _application(request, application_id)
    given = [one.dict() for one in body.windows]
    return _windows(application_windows_set(application=application, windows=given, actor=actor_of(request)))


@router.get(TEAM_WINDOWS, response=WindowsOut, summary="The time windows of a team's applications without own ones")
def team_windows(request: HttpRequest, slug: str) -> WindowsOut:
    actor = actor_of(request)
    team = team_get(actor, slug)
    actor.require(Permission.READ, team)
    return _windows(windows_of_team(team=team))


@router.put(TEAM_WINDOWS, response=WindowsOut, summary="Replace them")
def team_windows_change(request: HttpRequest, slug: str, body: WindowsIn) -> WindowsOut:
    actor = actor_of(request)
    given = [one.dict() for one in body.windows]
    return _windows(team_windows_set(team=team_get(actor, slug), windows=given, actor=actor))


def _windows(found: tuple[Window, ...]) -> WindowsOut:
    rows = [
        WindowBody(weekdays=list(one.days), opens=f"{one.opens:%H:%M}", closes=f"{one.closes:%H:%M}", zone=one.zone)
        for one in found
    ]
    return WindowsOut(windows=rows)
