"""What can be exported: chosen hosts, or a solution with its application."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _

from gallery.solutions.loader import solution_get
from hosts.azure.network import ANYWHERE
from hosts.models import Host, Solution
from hosts.selectors.exports import Shape, shape_of_hosts, shape_of_solution
from hosts.selectors.hosts import host_list
from hosts.selectors.solutions import solution_row
from hosts.services.azure_batches import wishes_of
from portal.people.access import Actor
from portal.people.models import Team
from portal.problems import Invalid

MOST_CHOSEN = 100


@dataclass(frozen=True)
class Exportable:
    """shape: (name, region) -> the machines. files: that go with them; reach: who reaches their open ports."""

    team: Team
    target: models.Model
    name: str
    shape: Callable[[str, str], Shape]
    reach: str = ANYWHERE
    files: Mapping[str, str] = field(default_factory=dict)


def exportable_hosts(*, actor: Actor, host_ids: Sequence[UUID]) -> Exportable:
    """Hosts of one team. Raises Invalid when there are none, too many, some that the actor cannot see, or two teams."""
    wanted = set(host_ids)
    hosts = list(host_list(actor=actor).filter(pk__in=wanted)[: MOST_CHOSEN + 1]) if wanted else []
    wrong = ""
    if not wanted:
        wrong = _("Choose at least one host.")
    elif len(wanted) > MOST_CHOSEN:
        wrong = _("From 1 to %(most)d hosts can be exported at once.") % {"most": MOST_CHOSEN}
    elif len(hosts) < len(wanted):
        wrong = _("Some of these hosts do not exist, or belong to a team you are not in.")
    elif len({host.team_id for host in hosts}) > 1:
        wrong = _("Choose hosts of one team: the new machines come to one team.")
    if wrong:
        raise Invalid(wrong, code="export-invalid", fields={"hosts": [wrong]})
    first: Host = hosts[0]
    target = first if len(hosts) == 1 else first.team
    return Exportable(first.team, target, "copy", lambda name, region: shape_of_hosts(hosts, name=name, region=region))


def exportable_solution(*, actor: Actor, solution_id: UUID) -> Exportable:
    """A solution with its application's text and its answers but for secret ones. Raises NotFound."""
    row = solution_row(actor=actor, solution_id=solution_id)

    def shape(name: str, region: str) -> Shape:
        return shape_of_solution(row, wishes_of(row.batch), name=name, region=region)

    return Exportable(row.team, row, row.name, shape, row.batch.reach, _application_files(row))


def _application_files(row: Solution) -> dict[str, str]:
    template = solution_get(row.template)
    secret = {one.name for one in template.parameters if one.secret}
    answers = {one.name: one.default for one in template.parameters}
    compose = template.compose
    revision = row.application.revisions.order_by("-number").first() if row.application else None
    if revision is not None:
        compose, answers = revision.compose, {**answers, **revision.values}
    lines = [f"{name}={'' if name in secret else value}" for name, value in answers.items()]
    return {"compose.yaml": compose, "values.env": "\n".join([*lines, ""])}
