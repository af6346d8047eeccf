"""Solutions: plan, deploy, delete. What a person asks is written here; jobs carry it out (`solution_steps`)."""

import ipaddress
import re
from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery.solutions.loader import values_of
from gallery.solutions.types import Solution as SolutionTemplate
from hosts.azure.network import ANYWHERE
from hosts.azure.wishes import Wish
from hosts.models import AzureSubscription, Solution
from hosts.models.solutions import SolutionState
from hosts.services.applications import application_create
from hosts.services.azure_batches import batch_create, batch_start
from hosts.services.solution_wakes import solution_wake
from portal.people.access import Actor, Permission
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Invalid

LABEL, ROLE_LABEL = "solution", "role"
MACHINES_MINUTES, DELETE_MINUTES = 120, 150
_NAME = re.compile(r"[a-z][a-z0-9-]{0,7}[a-z0-9]\Z")


def solution_create(
    *,
    subscription: AzureSubscription,
    template: SolutionTemplate,
    name: str,
    region: str,
    actor: Actor,
    values: Mapping[str, str] | None = None,
    sizes: Mapping[str, str] | None = None,
    reach: str = ANYWHERE,
) -> Solution:
    """Ask Azure what `template` would change, and keep its application ready. Nothing is made before `solution_start`.

    name: of the machines (NAME-ROLE-1) and the application. values: answers to the template's questions; sizes: role ->
    machine size, its own for roles left out. reach: the address range that reaches the open ports, or "Internet".
    Raises Invalid, Conflict (the team has an application of that name), NotAllowed.
    """
    team = subscription.team
    permission_require(
        actor=actor, permission=Permission.MANAGE_HOSTS, team=team, action="solution.plan", target=subscription
    )
    answers, wrong = values_of(template, values or {})
    _check(template, name, reach, sizes or {}, wrong)
    groups = wishes_for(template, name, region, answers, sizes or {})
    solution = Solution(team=team, template=template.slug, name=name, created_by=actor.user)
    with transaction.atomic():
        solution.batch = batch_create(
            subscription=subscription,
            wish=groups[0],
            labels={LABEL: solution.label},
            actor=actor,
            groups=groups,
            reach=reach,
            name=name,
        )
        solution.application, _revision = application_create(
            team=team,
            name=name,
            actor=actor,
            compose=template.compose,
            values=answers,
            targets={"labels": {LABEL: solution.label}},
            template=template.slug,
        )
        solution.next_at = timezone.now()
        solution.save(force_insert=True)
        audit_record(
            actor=actor, action="solution.plan", team=team, target=solution, detail={"template": template.slug}
        )
        solution_wake(batch_id=solution.batch_id)
    return solution


def solution_start(*, solution: Solution, actor: Actor) -> Solution:
    """Make the machines, and then everything else by itself. Raises Conflict when it is not waiting for that."""
    with transaction.atomic():
        _move(solution, actor, "solution.deploy", (SolutionState.PLANNED,), SolutionState.MACHINES, MACHINES_MINUTES)
        batch_start(batch=solution.batch, actor=actor)
    return solution


def solution_delete(*, solution: Solution, actor: Actor) -> Solution:
    """Delete the application, the hosts and everything in Azure. Raises Conflict when it is being deleted already."""
    states = tuple(one for one in SolutionState if one not in {SolutionState.DELETING, SolutionState.DELETED})
    with transaction.atomic():
        _move(solution, actor, "solution.delete", states, SolutionState.DELETING, DELETE_MINUTES)
    return solution


def wishes_for(
    template: SolutionTemplate, name: str, region: str, values: Mapping[str, str], sizes: Mapping[str, str]
) -> list[Wish]:
    """The machines of a solution, by kind."""
    return [
        Wish(
            name=f"{name}-{kind.role}",
            region=region,
            image=kind.image,
            size=sizes.get(kind.role) or kind.size,
            count=kind.count,
            disk_gib=kind.disk_gib,
            role=kind.role,
            open_ports=kind.ports(dict(values)),
        )
        for kind in template.machines
    ]


def _check(
    template: SolutionTemplate, name: str, reach: str, sizes: Mapping[str, str], wrong_values: Mapping[str, str]
) -> None:
    """Raises Invalid with every field that is wrong."""
    wrong = {f"values.{one}": [text] for one, text in wrong_values.items()}
    if not _NAME.match(name):
        wrong["name"] = [_("Two to nine small letters, digits and hyphens, starting with a letter.")]
    if reach != ANYWHERE:
        try:
            ipaddress.ip_network(reach)
        except ValueError:
            wrong["reach"] = [_("An address range looks like 203.0.113.0/24; “Internet” stands for everywhere.")]
    roles = {kind.role for kind in template.machines}
    if unknown := sorted(set(sizes) - roles):
        wrong["sizes"] = [_("There are no machines of the kind “%(role)s”.") % {"role": unknown[0]}]
    if wrong:
        raise Invalid(next(iter(wrong.values()))[0], code="solution-invalid", fields=wrong)


def _move(
    solution: Solution,
    actor: Actor,
    action: str,
    before: tuple[SolutionState, ...],
    after: SolutionState,
    minutes: int,
) -> None:
    team = solution.team
    permission_require(actor=actor, permission=Permission.MANAGE_HOSTS, team=team, action=action, target=solution)
    now = timezone.now()
    values = {"state": after, "next_at": now, "error": "", "advice": "", "finished_at": None}
    rows = Solution.objects.filter(pk=solution.pk, state__in=before)
    if not rows.update(**values, deadline=now + timedelta(minutes=minutes)):
        solution.refresh_from_db()
        state = solution.get_state_display().lower()
        raise Conflict(_("That cannot be done now: it is %(state)s.") % {"state": state}, code="solution-state")
    audit_record(actor=actor, action=action, team=team, target=solution)
    solution.refresh_from_db()
    solution_wake(batch_id=solution.batch_id)
