"""How the deploy page begins: from the address to the first draft, and which hosts an image fits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from gallery.catalogue.types import Template
from gallery.compose.errors import ComposeInvalid
from gallery.compose.parse import parse_project
from gallery.compose.write import SERVICE
from gallery.fits import Fit, fits
from gallery.images import image_config
from gallery.problems import TemplateNotFound
from gallery.registry.types import ImageConfig, PlatformManifest
from gallery.selectors.registries import access_for_image
from gallery.selectors.templates import template_seen
from hosts.forms.draft import MODES, Draft, Surroundings, draft_of
from hosts.forms.prefill import from_compose, from_image, initial_targets
from hosts.models import Application, Host, Revision
from hosts.selectors.applications import application_get, revision_get
from hosts.selectors.hosts import host_list
from portal.people.access import Actor, Permission
from portal.people.requests import actor_of
from portal.problems import Invalid, NotFound, Problem

from .answers import require_somewhere, teams_where


@dataclass(frozen=True)
class ImageFacts:
    """What the registry says of the image in the form. problem: why it says nothing."""

    fits: dict[str, Fit]
    config: ImageConfig | None = None
    problem: Problem | None = None


def image_facts(reference: str, around: Surroundings) -> ImageFacts:
    """Which hosts the image runs on, and its configuration for the platform that most likely runs there."""
    if not reference:
        return ImageFacts({})
    try:
        access = access_for_image(around.actor, reference)
        resolved = around.resolve(reference, access)
        found = fits(around.actor, [manifest.platform for manifest in resolved.platforms])
        chosen = _likely(resolved.platforms, around)
        config = image_config(reference, chosen, access) if chosen is not None else None
    except Problem as problem:
        return ImageFacts({}, None, problem)
    return ImageFacts({fit.host_id: fit for fit in found}, config)


def _likely(manifests: Sequence[PlatformManifest], around: Surroundings) -> PlatformManifest | None:
    """The first platform that is exactly that of a host, else the first."""
    known = set(around.hosts.order_by().values_list("os", "architecture").distinct())
    for manifest in manifests:
        if (manifest.platform.os, manifest.platform.architecture) in known:
            return manifest
    return manifests[0] if manifests else None


def surroundings(request: HttpRequest) -> Surroundings:
    """What the address names: an application to revise, a template, or neither. Raises NotFound, NotAllowed."""
    actor = actor_of(request)
    application = None
    if wanted := request.GET.get("application", ""):
        application = application_get(actor=actor, application_id=_uuid(wanted))
        actor.require(Permission.DEPLOY, application.team_id)
        newest = revision_get(application=application)
        slug = newest.template
        teams = teams_where(actor, Permission.DEPLOY).filter(pk=application.team_id)
    else:
        require_somewhere(actor, Permission.DEPLOY)
        slug = request.GET.get("template", "")
        teams = teams_where(actor, Permission.DEPLOY)
    hosts = host_list(actor=actor).filter(team__in=teams).select_related("team")
    template = _template(actor, slug, needed=application is None)
    service = _only_service(newest) if application is not None else ""
    return Surroundings(actor, teams, hosts, application, template, service or SERVICE)


def _template(actor: Actor, slug: str, *, needed: bool) -> Template | None:
    """The template of that slug. An application outlives its template, so for one it is not `needed`."""
    if not slug:
        return None
    try:
        found = template_seen(actor, slug)
    except TemplateNotFound:
        if needed:
            raise
        return None
    if not found.compose:
        raise Invalid(_("This template has no compose text here. Open it in the editor, from its page in the gallery."))
    return found


def mode_of(data: QueryDict, around: Surroundings, usual: str) -> str:
    """The mode that was asked for, if it is one and makes sense here."""
    mode = data.get("mode", usual)
    if mode not in MODES or (mode == "template" and around.template is None):
        return usual
    return mode


def first_draft(request: HttpRequest, around: Surroundings) -> Draft:
    """The page as it opens."""
    if around.application is not None:
        return _revising(request, around, around.application)
    initial: dict[str, Any] = {"team": around.teams.first(), "target": "any", **_chosen_host(request, around)}
    if around.template is not None:
        mode = mode_of(request.GET, around, "template")
        name = request.GET.get("name", around.template.slug)
        return draft_of(mode, around, **initial, name=name, compose=around.template.compose)
    mode = mode_of(request.GET, around, "image")
    reference = request.GET.get("image", "").strip()
    if mode == "compose":
        return draft_of(mode, around, **initial)
    prefill = from_image(reference, image_facts(reference, around).config)
    draft = draft_of("image", around, **{**prefill.initial, **initial})
    draft.rows = prefill.rows
    return draft


def _revising(request: HttpRequest, around: Surroundings, application: Application) -> Draft:
    revision = revision_get(application=application, number=_int(request.GET.get("revision", "")))
    initial = initial_targets(revision.targets)
    if around.template is not None and revision.template == around.template.slug:
        hidden = {one.name for one in around.template.parameters if one.secret}
        values = {f"param_{name}": value for name, value in revision.values.items() if name not in hidden}
        return draft_of(mode_of(request.GET, around, "template"), around, **initial, **values, compose=revision.compose)
    prefill = from_compose(revision.compose, revision.values, application.name)
    if prefill is None or mode_of(request.GET, around, "image") == "compose":
        lines = "\n".join(f"{name}={value}" for name, value in revision.values.items())
        return draft_of("compose", around, **initial, compose=revision.compose, values=lines)
    draft = draft_of("image", around, **prefill.initial, **initial)
    draft.rows = prefill.rows
    return draft


def _only_service(revision: Revision) -> str:
    """The name of a revision's one service; "" when there are several or it cannot be read."""
    try:
        services = parse_project(revision.compose, revision.values, revision.application.name).services
    except ComposeInvalid:
        return ""
    return services[0].name if len(services) == 1 else ""


def _chosen_host(request: HttpRequest, around: Surroundings) -> dict[str, Any]:
    """A host named in the address (`host=ID`) is ticked."""
    wanted = request.GET.get("host", "")
    if not wanted:
        return {}
    host = around.hosts.filter(pk=_uuid(wanted)).first()
    return {"target": "hosts", "hosts": [str(host.pk)], "team": host.team} if isinstance(host, Host) else {}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound("It does not exist, or it belongs to a team you are not in.") from error


def _int(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
