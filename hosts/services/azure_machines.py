"""One machine of Azure: start, stop, restart, redeploy, delete, resize; its console."""

import re
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hosts import live
from hosts.azure.errors import AzureError
from hosts.models import AzureBatch, AzureMachine
from hosts.models.azure import BatchState
from hosts.problems import AzureAway, AzureRefused
from hosts.services.azure_batches import batch_topics
from hosts.services.azure_subscriptions import ClientFor, client_for, words_of
from hosts.services.azure_watching import DONE_POWER, TOKEN
from portal.people.access import Actor, Permission
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Invalid, Unavailable

ACTIONS = {"start", "stop", "restart", "redeploy", "delete"}
_SIZE = re.compile(r"[A-Za-z0-9_-]{1,60}\Z")


def machine_act(*, machine: AzureMachine, action: str, actor: Actor, ask: ClientFor = client_for) -> None:
    """Start, stop (deallocate), restart, redeploy or delete one machine. Raises Invalid, Unavailable, Conflict."""
    _allowed(machine, actor, f"azure.{action}"[:64])
    if action not in ACTIONS:
        raise Invalid(_("A machine can be started, stopped, restarted, redeployed or deleted."), code="action-unknown")
    batch = machine.batch
    try:
        ask(batch.subscription).machine_act(batch.group, machine.name, action)
    except AzureError as error:
        kind = Conflict if error.permanent else Unavailable
        raise kind(words_of(error), code="azure-refused") from error
    _asked(machine, actor, action, expected_power=DONE_POWER.get(action, machine.expected_power))


def machine_resize(*, machine: AzureMachine, size: str, actor: Actor, ask: ClientFor = client_for) -> None:
    """Give a machine another size; a running one restarts. Raises Invalid, AzureRefused, AzureAway, Conflict."""
    _allowed(machine, actor, "azure.resize")
    if not _SIZE.match(size):
        message = _("Choose one of the sizes that fit.")
        raise Invalid(message, code="size-unknown", fields={"size": [message]})
    if size.lower() == machine.size.lower():
        message = _("It has that size already.")
        raise Invalid(message, code="size-same", fields={"size": [message]})
    batch = machine.batch
    try:
        ask(batch.subscription).machine_resize(batch.group, machine.name, size)
    except AzureError as error:
        message = words_of(error)
        raise (AzureRefused if error.permanent else AzureAway)(message, fields={"size": [message]}) from error
    detail = {"from": machine.size, "to": size}
    _asked(machine, actor, "resize", detail=detail, expected_size=size)


def machine_console(*, machine: AzureMachine, actor: Actor, ask: ClientFor = client_for) -> str:
    """The end of the serial console, without enrolment tokens. Raises AzureRefused, AzureAway."""
    _allowed(machine, actor, "azure.console")
    try:
        text = ask(machine.batch.subscription).console(machine.batch.group, machine.name)
    except AzureError as error:
        raise (AzureRefused if error.permanent else AzureAway)(words_of(error)) from error
    return TOKEN.sub("phe_…", text)


def machine_accept(*, machine: AzureMachine, actor: Actor) -> None:
    """Take what Azure has now as what is wanted: power and size. A machine that is gone is forgotten."""
    batch = machine.batch
    _allowed(machine, actor, "azure.accept")
    with transaction.atomic():
        audit_record(actor=actor, action="azure.accept", team=batch.team, target=machine)
        if machine.gone_at is not None:
            machine.delete()
        else:
            AzureMachine.objects.filter(pk=machine.pk).update(expected_power=machine.power, expected_size=machine.size)
        live.publish(batch_topics(batch))


def _allowed(machine: AzureMachine, actor: Actor, action: str) -> None:
    batch = machine.batch
    permission_require(actor=actor, permission=Permission.MANAGE_HOSTS, team=batch.team, action=action, target=machine)
    if batch.state in {BatchState.DELETING, BatchState.DELETED}:
        raise Conflict(_("The machine is being deleted with its batch."), code="azure-state")


def _asked(
    machine: AzureMachine, actor: Actor, action: str, *, detail: dict[str, str] | None = None, **values: str
) -> None:
    """Remember what was asked, and look again soon."""
    batch = machine.batch
    with transaction.atomic():
        AzureMachine.objects.filter(pk=machine.pk).update(asked=action, **values)
        AzureBatch.objects.filter(pk=batch.pk).update(next_at=timezone.now() + timedelta(seconds=5))
        audit_record(actor=actor, action=f"azure.{action}", team=batch.team, target=machine, detail=detail)
        live.publish(batch_topics(batch))
