"""Machines of Azure, with what differs, what they cost, and which host each has become. From what is stored."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from hosts.azure.types import Machine, Size
from hosts.models import AzureMachine, AzureOrphan, AzureSubscription, Host
from hosts.models.azure import BatchState
from hosts.services.azure_subscriptions import ClientFor, client_for
from portal.people.access import Actor
from portal.problems import NotFound

from .azure import machine_list
from .azure_costs import Cost, costs_of
from .azure_drift import Drift, drift_of, hosts_by_machine
from .azure_market import machine_sizes_of, machines_of, quotas_of, sizes_of


@dataclass(frozen=True)
class MachineView:
    """host: that it has become; None while it is none. cost: None while it has not run."""

    machine: AzureMachine
    host: Host | None
    drift: tuple[Drift, ...]
    cost: Cost | None


@dataclass(frozen=True)
class SizeChoice:
    """A size a machine can get. refused: why not, "" when it can; restarts: the machine goes down for it."""

    size: Size
    refused: str = ""
    restarts: bool = False


def machine_views(machines: Sequence[AzureMachine]) -> list[MachineView]:
    """Three questions to the database, however many machines; their batches have to be there already."""
    costs = costs_of(one.pk for one in machines)
    enrolments = {key for one in machines if (key := one.enrolment_id or one.batch.enrolment_id) is not None}
    hosts = list(Host.objects.filter(enrolment_id__in=enrolments, revoked_at=None))
    found: dict[int, Host] = {}
    for batch_id in {one.batch_id for one in machines}:
        mine = [one for one in machines if one.batch_id == batch_id]
        keys = {one.enrolment_id or one.batch.enrolment_id for one in mine}
        found |= hosts_by_machine(mine, [host for host in hosts if host.enrolment_id in keys])
    return [
        MachineView(one, found.get(one.pk), tuple(_drift(one, found.get(one.pk))), costs.get(one.pk))
        for one in machines
    ]


def _drift(machine: AzureMachine, host: Host | None) -> list[Drift]:
    batch = machine.batch
    tag = "" if batch.imported or not machine.size else batch.id.hex
    return drift_of(machine, host, batch_tag=tag)


def machines_all(
    *, actor: Actor, q: str = "", power: str = "", subscription: str = "", drifted: bool = False
) -> "QuerySet[AzureMachine]":
    """Machines of the actor's teams by name. drifted: only those that differ, as far as the database alone can tell."""
    rows = machine_list(actor=actor).exclude(batch__state=BatchState.DELETED)
    if q:
        rows = rows.filter(Q(name__icontains=q[:80]) | Q(batch__name__icontains=q[:80]))
    if power:
        rows = rows.filter(power=power)
    if subscription:
        rows = rows.filter(batch__subscription__subscription_id=subscription.lower())
    if drifted:
        differs = Q(gone_at__isnull=False) | (~Q(expected_power="") & ~Q(power=F("expected_power")) & ~Q(power=""))
        rows = rows.filter(differs | (~Q(expected_size="") & ~Q(size__iexact=F("expected_size"))), asked="")
    return rows


def size_choices(machine: AzureMachine, *, ask: ClientFor = client_for) -> list[SizeChoice]:
    """Sizes of the region that the machine can get, those it cannot last. Raises AzureAway, AzureRefused.

    Its own hardware knows the sizes that fit while it runs; deallocated it can go anywhere in the region.
    """
    batch = machine.batch
    sizes = sizes_of(batch.subscription, batch.region, ask).value
    fitting = {name.lower() for name in machine_sizes_of(machine, ask).value}
    quotas = {one.family.lower(): one for one in quotas_of(batch.subscription, batch.region, ask).value}
    now = next((one for one in sizes if one.name.lower() == machine.size.lower()), None)
    choices = []
    for one in sizes:
        if one.refused or one.name.lower() == machine.size.lower():
            continue
        if now is not None and one.architecture != now.architecture:
            continue
        more = one.cpus - (now.cpus if now is not None and one.family == now.family else 0)
        quota = quotas.get(one.family.lower())
        refused = ""
        if one.name.lower() not in fitting:
            refused = _("Its hardware has none of these; stop the machine first.")
        elif quota is not None and quota.left < more:
            refused = _("Only %(left)d processors of this family are left.") % {"left": quota.left}
        choices.append(SizeChoice(one, refused, machine.power == "running"))
    return sorted(choices, key=lambda one: (bool(one.refused), one.size.cpus, one.size.memory_gib))


def candidates(subscription: AzureSubscription, *, group: str = "", ask: ClientFor = client_for) -> list[Machine]:
    """Machines of a subscription that are not the portal's, by group and name. Raises AzureAway, AzureRefused."""
    known = {
        (row.batch.group.lower(), row.name.lower())
        for row in AzureMachine.objects.filter(
            batch__subscription__subscription_id=subscription.subscription_id, gone_at=None
        )
        .exclude(batch__state=BatchState.DELETED)
        .select_related("batch")
    }
    found = [
        one
        for one in machines_of(subscription, ask).value
        if (one.group.lower(), one.name.lower()) not in known and (not group or one.group.lower() == group.lower())
    ]
    return sorted(found, key=lambda one: (one.group.lower(), one.name))


def orphan_list(*, actor: Actor) -> "QuerySet[AzureOrphan]":
    """Left-over resource groups of the actor's teams."""
    ids = actor.team_ids()
    rows = AzureOrphan.objects.select_related("subscription", "subscription__team")
    return rows if ids is None else rows.filter(subscription__team__in=ids)


def orphan_get(*, actor: Actor, orphan_id: int) -> AzureOrphan:
    """One the actor may see. Raises NotFound."""
    found = orphan_list(actor=actor).filter(pk=orphan_id).first()
    if found is None:
        raise NotFound("There is no such left-over group, or it belongs to a team you are not in.")
    return found
