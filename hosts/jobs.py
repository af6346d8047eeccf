"""Background jobs of the hosts app. Those that come again are listed in portal/settings/jobs.py."""

from uuid import UUID

import django_rq
from django.utils import timezone

from hosts.models import AzureSubscription
from hosts.services.azure_catalogue import catalogue_walk
from hosts.services.azure_orphans import orphans_look
from hosts.services.azure_steps import batch_advance, batches_due
from hosts.services.commands import commands_expire
from hosts.services.events import changes_tell
from hosts.services.git_looks import source_look, sources_due
from hosts.services.hook_deliveries import hook_carry, hooks_due
from hosts.services.housekeeping import housekeeping_run
from hosts.services.image_updates import updates_apply
from hosts.services.solution_steps import solution_advance, solutions_due
from hosts.services.updates import updates_check
from hosts.services.webhook_deliveries import deliveries_due, delivery_send


def commands_sweep() -> int:
    """End what waited past its expiry, also where no agent is connected; how many."""
    return commands_expire()


def updates_sweep() -> int:
    """Ask registries about the tags that run and are due, by HEAD, and judge what runs; how many verdicts changed."""
    return updates_check()


def updates_carry_out() -> int:
    """Deploy the updates that policies want now; how many deployments were started."""
    return len(updates_apply(now=timezone.now()))


def housekeeping_start() -> int:
    """Begin the daily housekeeping of hosts for which it is time; how many."""
    return housekeeping_run(now=timezone.now())


def azure_sweep() -> int:
    """Put every batch of Azure machines and every solution that is due into the queue; how many."""
    due = batches_due(now=timezone.now())
    for batch_id in due:
        django_rq.enqueue(azure_batch_advance, str(batch_id))
    solutions = solutions_due(now=timezone.now())
    for solution_id in solutions:
        django_rq.enqueue(solution_look, str(solution_id))
    return len(due) + len(solutions)


def azure_catalogue() -> int:
    """Go on with the walk through the Marketplace; how many questions Azure was asked."""
    return catalogue_walk()


def azure_batch_advance(batch_id: str) -> str:
    """One look at a batch; its state afterwards."""
    return batch_advance(batch_id=UUID(batch_id))


def azure_orphans_sweep() -> int:
    """Every night: put the search of each subscription for left-over resource groups into the queue; how many."""
    keys = list(AzureSubscription.objects.values_list("pk", flat=True))
    for key in keys:
        django_rq.enqueue(azure_orphans_look, str(key))
    return len(keys)


def azure_orphans_look(subscription_id: str) -> int:
    """Look for left-over groups of one subscription; how many there are. One that was forgotten meanwhile has none."""
    found = AzureSubscription.objects.filter(pk=UUID(subscription_id)).first()
    return orphans_look(subscription=found) if found is not None else 0


def solution_look(solution_id: str) -> str:
    """One look at a solution; its state afterwards."""
    return solution_advance(solution_id=UUID(solution_id))


def webhooks_sweep() -> int:
    """See what has changed of hosts, updates and drift, and put every delivery that is due into the queue; how many."""
    changes_tell()
    due = deliveries_due(now=timezone.now())
    for delivery_id in due:
        django_rq.enqueue(webhook_send, str(delivery_id))
    return len(due)


def webhook_send(delivery_id: str) -> str:
    """Send one delivery, unless another worker does; its state afterwards."""
    return delivery_send(delivery_id=UUID(delivery_id)).state


def hooks_sweep() -> int:
    """Put every call of a webhook that was taken on and is not carried out into the queue; how many."""
    due = hooks_due(now=timezone.now())
    for delivery_id in due:
        django_rq.enqueue(hook_carry_out, str(delivery_id))
    return len(due)


def hook_carry_out(delivery_id: str) -> str:
    """Carry one call out, unless another worker does; its state afterwards."""
    return hook_carry(delivery_id=UUID(delivery_id))


def git_sweep() -> int:
    """Put every git source that is due into the queue; how many."""
    due = sources_due(now=timezone.now())
    for source_id in due:
        django_rq.enqueue(git_look, source_id)
    return len(due)


def git_look(source_id: int) -> str:
    """One look at a git source; what came of it."""
    return source_look(source_id=source_id)
