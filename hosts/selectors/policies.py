"""The policy that holds for a team, and for a request to one of its hosts."""

from hosts.models import Application, Host
from hosts.models.policies import TeamPolicy
from hosts.policy import Ownership, Policy
from portal.people.access import Actor, Permission
from portal.people.models import Team


def team_policy(*, team: Team, actor: Actor) -> TeamPolicy:
    """As every member may see it; an unsaved row of defaults when nobody changed it. Raises NotFound."""
    actor.require(Permission.READ, team)
    return policy_of(team.pk)


def policy_of(team_id: int) -> TeamPolicy:
    """The same for the portal's own use."""
    return TeamPolicy.objects.filter(team_id=team_id).first() or TeamPolicy(team_id=team_id)


def host_policy(*, host: Host) -> Policy:
    """What `hosts.policy.decide` needs for a request to this host, but for the owner's file."""
    return hosts_policy(team=host.team)


def hosts_policy(*, team: Team) -> Policy:
    """The same for every host of the team."""
    row = policy_of(team.pk)
    ownership = Ownership()
    if row.shared_hosts:
        projects = Application.objects.filter(team=team).values_list("name", flat=True)
        ownership = Ownership(team=team.slug, shared=True, projects=frozenset(projects))
    return Policy(team=row.allowed, ownership=ownership)
