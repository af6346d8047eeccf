"""What terminals showed, for admins of the team."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hosts.models import TerminalRecording
from hosts.selectors.policies import policy_of
from hosts.services.recordings import recording_read
from portal.people.access import Permission
from portal.people.models import Team
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_get
from portal.problems import NotFound

from .answers import rows_page


@require_safe
def recording_table(request: HttpRequest, slug: str) -> HttpResponse:
    """Newest first."""
    actor = actor_of(request)
    team = team_get(actor, slug)
    actor.require(Permission.READ_AUDIT, team)
    rows = TerminalRecording.objects.filter(team=team).defer("sealed")
    page = rows_page(request, rows, order=["-ended_at", "-id"])
    context = {"team": team, "page": page, "on": policy_of(team.pk).record_terminals}
    return render(request, "hosts/recordings.html", context)


@require_safe
def recording_play(request: HttpRequest, slug: str, recording_id: UUID) -> HttpResponse:
    """The page that plays one; it takes the asciicast by itself."""
    actor = actor_of(request)
    team = team_get(actor, slug)
    actor.require(Permission.READ_AUDIT, team)
    row = _found(team, recording_id)
    return render(request, "hosts/recording.html", {"team": team, "row": row})


@never_cache
@require_safe
def recording_file(request: HttpRequest, slug: str, recording_id: UUID) -> HttpResponse:
    """The asciicast."""
    actor = actor_of(request)
    team = team_get(actor, slug)
    recording = _found(team, recording_id)
    cast = recording_read(recording=recording, actor=actor)
    response = HttpResponse(cast, content_type="application/x-asciicast")
    response["Content-Disposition"] = f'attachment; filename="terminal-{recording.pk}.cast"'
    return response


def _found(team: Team, recording_id: UUID) -> TerminalRecording:
    recording = TerminalRecording.objects.select_related("team").filter(team=team, pk=recording_id).first()
    if recording is None:
        raise NotFound("There is no such recording, or it was older than 90 days.")
    return recording
