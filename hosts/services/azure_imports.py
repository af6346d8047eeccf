"""Machines that are in Azure already become hosts: the agent is put there by the set-up extension or a run command.

An import is a batch whose machines were there before; it goes through the same states, and is never deleted in Azure.
"""

import re
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hosts.azure.client import AzureClient
from hosts.azure.errors import AzureError
from hosts.azure.types import Machine
from hosts.azure.wishes import MAX_COUNT, System
from hosts.labels import labels_clean
from hosts.models import AzureBatch, AzureMachine, AzureSubscription
from hosts.models.azure import BatchState
from hosts.problems import AzureAway, AzureRefused
from hosts.services.azure_batches import batch_wake
from hosts.services.azure_setup import NAME, extension_body, run_command_body
from hosts.services.azure_subscriptions import ClientFor, client_for, words_of
from hosts.services.azure_watching import TOKEN
from hosts.services.enrolments import enrolment_create, enrolment_revoke
from portal.people.access import Actor, Permission, portal_actor
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Invalid

EXTENSION = "extension"
COMMAND = "command"
WAYS = {EXTENSION: gettext_lazy("Set-up extension"), COMMAND: gettext_lazy("Run command")}
TOKEN_SECONDS = 3600
MINUTES = 60
_NAME = re.compile(r"[^a-z0-9-]+")


def import_create(
    *,
    subscription: AzureSubscription,
    group: str,
    names: Sequence[str],
    way: str,
    labels: dict[str, str],
    actor: Actor,
    ask: ClientFor = client_for,
) -> AzureBatch:
    """Begin to make hosts of machines of one resource group. Raises Invalid, Conflict, AzureRefused, AzureAway."""
    team = subscription.team
    permission_require(
        actor=actor, permission=Permission.MANAGE_HOSTS, team=team, action="azure.import", target=subscription
    )
    if way not in WAYS:
        raise _wrong("way", _("The agent is installed by the extension or by a run command."))
    if not 1 <= len(set(names)) <= MAX_COUNT:
        raise _wrong("names", _("Choose 1 to %(most)d machines.") % {"most": MAX_COUNT})
    try:
        there = {one.name: one for one in ask(subscription).machines(group)}
    except AzureError as error:
        raise (AzureRefused if error.permanent else AzureAway)(words_of(error)) from error
    chosen = [_chosen(there, name, group) for name in dict.fromkeys(names)]
    with transaction.atomic():
        _refuse_known(subscription, group, names)
        batch = AzureBatch(subscription=subscription, imported=way, labels=labels_clean(labels), created_by=actor.user)
        _store(batch, group, chosen)
        detail = {"group": group, "machines": ", ".join(one.name for one in chosen)[:600], "way": way}
        audit_record(actor=actor, action="azure.import", team=team, target=batch, detail=detail)
        batch_wake(batch)
    return batch


def _store(batch: AzureBatch, group: str, chosen: Sequence[Machine]) -> None:
    """The batch with a row for each machine, to be set up at once."""
    now, first = timezone.now(), chosen[0]
    batch.team = batch.subscription.team
    batch.name = _NAME.sub("-", group.lower())[:40].strip("-") or "imported"
    batch.region, batch.imported_from = first.region, first.group
    batch.image, batch.size, batch.count = "", first.size, len(chosen)
    batch.state = BatchState.DEPLOYING
    batch.started_at = batch.next_at = now
    batch.deadline = now + timedelta(minutes=MINUTES)
    batch.save(force_insert=True)
    AzureMachine.objects.bulk_create(
        AzureMachine(
            batch=batch,
            name=one.name,
            size=one.size,
            os=one.os,
            power=one.power,
            tags=dict(one.tags),
            expected_power=one.power,
            expected_size=one.size,
            seen_at=now,
        )
        for one in chosen
    )


def import_retry(*, batch: AzureBatch, actor: Actor) -> AzureBatch:
    """Try the machines again on which the set-up failed. Raises Conflict unless the import has failed."""
    permission_require(
        actor=actor, permission=Permission.MANAGE_HOSTS, team=batch.team, action="azure.import", target=batch
    )
    now = timezone.now()
    with transaction.atomic():
        rows = AzureBatch.objects.filter(pk=batch.pk, state=BatchState.FAILED).exclude(imported="")
        values = {"state": BatchState.DEPLOYING, "error": "", "advice": "", "next_at": now, "finished_at": None}
        if not rows.update(**values, deadline=now + timedelta(minutes=MINUTES)):
            raise Conflict(_("Only an import that has failed is tried again."), code="azure-state")
        hosts = batch.hosts.values("enrolment_id")
        batch.machines.exclude(enrolment_id__in=hosts).update(run_state="", run_text="")
        audit_record(actor=actor, action="azure.import", team=batch.team, target=batch, detail={"again": True})
        batch.refresh_from_db()
        batch_wake(batch)
    return batch


def import_step(batch: AzureBatch, azure: AzureClient) -> list[AzureMachine]:
    """Begin or look at the set-up of each machine; the machines, with how far each is.

    What is wrong with one machine is kept with it and holds up no other. Raises AzureError for what passes by itself.
    """
    rows = list(batch.machines.filter(gone_at=None))
    for row in rows:
        if not row.run_state:
            _begin(batch, row, azure)
        elif row.run_state not in {"Succeeded", "Failed", "Canceled"}:
            _look(batch, row, azure)
    return rows


def _begin(batch: AzureBatch, row: AzureMachine, azure: AzureClient) -> None:
    """With a fresh token of its own; one of a try that was cut off is taken back."""
    actor = portal_actor("Azure")
    if row.enrolment is not None:
        enrolment_revoke(enrolment=row.enrolment, actor=actor)
    labels = {**batch.labels, "azure": row.name, "azure-region": batch.region}
    row.enrolment, token = enrolment_create(
        team=batch.team, actor=actor, labels=labels, ttl_seconds=TOKEN_SECONDS, uses=1
    )
    row.save(update_fields=["enrolment"])
    system = System.WINDOWS if row.os == "windows" else System.LINUX
    try:
        if batch.imported == COMMAND:
            azure.run_command_put(batch.group, row.name, NAME, run_command_body(system, token, batch.region))
        else:
            azure.extension_put(batch.group, row.name, NAME, extension_body(system, token, batch.region))
    except AzureError as error:
        if not error.permanent:
            raise
        row.run_state, row.run_text = "Failed", words_of(error)
    else:
        row.run_state = "Running"
    row.save(update_fields=["run_state", "run_text"])


def _look(batch: AzureBatch, row: AzureMachine, azure: AzureClient) -> None:
    look = azure.run_command if batch.imported == COMMAND else azure.extension
    run = look(batch.group, row.name, NAME)
    if run is None:
        row.run_state, row.run_text = "Failed", _("Azure no longer knows of the set-up.")
    else:
        row.run_state, row.run_text = run.state, TOKEN.sub("phe_…", run.text)[-4000:]
    row.save(update_fields=["run_state", "run_text"])


def _chosen(there: dict[str, Machine], name: str, group: str) -> Machine:
    found = there.get(name)
    if found is None:
        raise _wrong("names", _("%(group)s has no machine %(name)s.") % {"group": group, "name": name})
    if found.power and found.power != "running":
        text = _("%(name)s is %(power)s. Start it first: the agent is installed on a machine that runs.")
        raise _wrong("names", text % {"name": name, "power": found.power})
    return found


def _refuse_known(subscription: AzureSubscription, group: str, names: Sequence[str]) -> None:
    rows = AzureMachine.objects.filter(
        batch__subscription__subscription_id=subscription.subscription_id, name__in=names, gone_at=None
    ).exclude(batch__state=BatchState.DELETED)
    known = next((row for row in rows.select_related("batch") if row.batch.group.lower() == group.lower()), None)
    if known is not None:
        text = _("%(name)s is one of the portal's machines already.") % {"name": known.name}
        raise Conflict(text, code="azure-imported", fields={"names": [text]})


def _wrong(field: str, text: str) -> Invalid:
    return Invalid(text, code="azure-import-invalid", fields={field: [text]})
