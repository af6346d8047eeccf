"""Reading how hosts are let in."""

from dataclasses import dataclass

from django.db.models import QuerySet

from hosts.models import Host, HostAdmission
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.selectors.teams import teams_visible


@dataclass(frozen=True)
class Admission:
    """How one team lets hosts in."""

    team: Team
    approval: bool


def hosts_waiting(*, actor: Actor) -> "QuerySet[Host]":
    """Hosts that wait for the approval of the actor, oldest first."""
    rows = Host.objects.filter(waiting_since__isnull=False, revoked_at=None).select_related("team")
    teams = actor.team_ids(Permission.MANAGE_HOSTS)
    if teams is not None:
        rows = rows.filter(team_id__in=teams)
    return rows.order_by("waiting_since", "id")


def teams_admitting(*, actor: Actor) -> list[Admission]:
    """The teams whose hosts the actor manages."""
    teams = list(teams_visible(actor, Permission.MANAGE_HOSTS).order_by("name")[:200])
    rows = HostAdmission.objects.filter(team__in=teams, approval=True)
    approved = set(rows.values_list("team_id", flat=True))
    return [Admission(team, team.pk in approved) for team in teams]


def admission_of(*, actor: Actor, team: Team) -> Admission:
    """How a team lets hosts in. Raises NotFound."""
    actor.require(Permission.READ, team)
    return Admission(team, HostAdmission.objects.filter(team=team, approval=True).exists())
