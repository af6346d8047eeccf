"""Reading solutions: entries of a team, what each is in a sentence, and where it answers."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hosts.models import Application, Solution
from hosts.models.azure import BatchState
from hosts.models.hosts import HostState
from hosts.models.solutions import SolutionState
from hosts.selectors.status import application_status
from portal.people.access import Actor
from portal.people.selectors.teams import rows_of_teams
from portal.problems import NotFound


@dataclass(frozen=True)
class WebAddress:
    """Where a machine of a solution answers. role: what the machine is for."""

    machine: str
    role: str
    url: str


def solution_rows(*, actor: Actor, deleted: bool = False) -> "QuerySet[Solution]":
    """Solutions of the actor's teams, newest first."""
    rows = Solution.objects.select_related("team", "batch", "batch__subscription", "application", "cluster")
    rows = rows_of_teams(rows, actor)
    return rows if deleted else rows.exclude(state=SolutionState.DELETED)


def solution_row(*, actor: Actor, solution_id: UUID) -> Solution:
    """One the actor may see. Raises NotFound."""
    found = solution_rows(actor=actor, deleted=True).filter(pk=solution_id).first()
    if found is None:
        raise NotFound("There is no such solution, or it belongs to a team you are not in.")
    return found


def solution_sentence(solution: Solution) -> str:
    """How it stands, in a sentence."""
    batch = solution.batch
    if solution.state == SolutionState.PLANNING:
        return _("Azure is working out what this would change.")
    if solution.state == SolutionState.PLANNED:
        return _("Nothing is made yet: look at what would be made, and deploy it.")
    if solution.state == SolutionState.MACHINES:
        return _machines_sentence(solution)
    if solution.state == SolutionState.CLUSTER:
        members = solution.cluster.members.all() if solution.cluster else []
        joined = sum(one.state == "active" for one in members)
        return _("The machines are hosts; %(joined)d of %(count)d have joined the swarm.") % {
            "joined": joined,
            "count": batch.count,
        }
    if solution.state == SolutionState.APPLICATION:
        return _("The machines are hosts; the application is being deployed to them.")
    if solution.state == SolutionState.READY:
        return _ready_sentence(solution)
    if solution.state == SolutionState.FAILED:
        return _("It has stopped before its end.")
    if solution.state == SolutionState.DELETING:
        return _("The application, the hosts and everything in Azure are being deleted.")
    return _("Everything of it is deleted.")


def web_addresses(solution: Solution) -> list[WebAddress]:
    """Where it answers from outside, machine by machine."""
    batch = solution.batch
    public = {name: one["public"] for name, one in batch.addresses.items()}
    found = []
    for one in batch.groups:
        for number in range(1, one["count"] + 1):
            name = f"{batch.name}-{one['role']}-{number}"
            for port in one["open_ports"] if public.get(name) else ():
                where = f"http://{public[name]}" + ("" if port == 80 else f":{port}")
                found.append(WebAddress(name, one["role"], f"{where}/"))
    return found


def _machines_sentence(solution: Solution) -> str:
    batch = solution.batch
    if batch.state == BatchState.ENROLLING:
        online = sum(host.state is HostState.ONLINE for host in batch.hosts)
        return _("The machines are there; %(online)d of %(count)d are hosts.") % {
            "online": online,
            "count": batch.count,
        }
    done = sum(one["state"] == "Succeeded" for one in batch.operations)
    if not batch.operations:
        return _("Azure is asked to make the machines.")
    return _("Azure is making the machines: %(done)d of %(all)d resources are done.") % {
        "done": done,
        "all": len(batch.operations),
    }


def _ready_sentence(solution: Solution) -> str:
    count = solution.batch.count
    machines = ngettext("%(count)d machine", "%(count)d machines", count) % {"count": count}
    application: Application | None = solution.application
    if application is None:
        return _("%(machines)s; its application was removed.") % {"machines": machines}
    status = application_status(application=application)
    return _("%(machines)s; %(sentence)s") % {"machines": machines, "sentence": status.sentence}
