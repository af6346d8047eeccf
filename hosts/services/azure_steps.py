"""One look at a batch by a worker: what Azure and the hosts say now, and the next step from there.

Everything is in the database, so a look can be lost or come twice: each begins with where the batch stands. Only one
worker looks at a batch at a time; its lease ends by itself should the worker die.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from hosts import live
from hosts.azure.client import AzureClient
from hosts.azure.errors import AzureError, Throttled, advice
from hosts.azure.templates import joined_template
from hosts.models import AzureBatch
from hosts.models.azure import MOVING, BatchState
from hosts.models.hosts import HostState
from hosts.services.azure_batches import batch_topics, wishes_of
from hosts.services.azure_imports import import_step
from hosts.services.azure_setup import setup_of
from hosts.services.azure_subscriptions import ClientFor, client_for, words_of
from hosts.services.azure_watching import consoles_keep, machines_see
from hosts.services.enrolments import enrolment_create, enrolment_revoke
from hosts.services.hosts import host_revoke
from hosts.services.solution_wakes import solution_wake
from portal.people.access import portal_actor
from portal.problems import Conflict, Problem

LEASE = timedelta(minutes=6)
LOOK_EVERY = timedelta(seconds=5)
SETTLED_EVERY = timedelta(minutes=2)
RETRY_AFTER = 15.0
TOKEN_SECONDS = 3600
ENROL_MINUTES = 45
ACTOR = "Azure"


def batches_due(*, now: datetime) -> list[UUID]:
    """Batches to look at: what moves, and what is ready once in a while, for the power of its machines."""
    rows = AzureBatch.objects.filter(Q(state__in=MOVING) | Q(state=BatchState.READY))
    rows = rows.filter(Q(next_at=None) | Q(next_at__lte=now), Q(leased_until=None) | Q(leased_until__lt=now))
    return list(rows.order_by("next_at").values_list("pk", flat=True)[:200])


def batch_advance(*, batch_id: UUID, ask: ClientFor = client_for) -> str:
    """Look at one batch; its state afterwards, "" when another worker is at it or there is nothing to do."""
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    if not AzureBatch.objects.filter(free, pk=batch_id).update(leased_until=now + LEASE):
        return ""
    batch = AzureBatch.objects.select_related("subscription", "team", "enrolment").get(pk=batch_id)
    step = STEPS.get(BatchState(batch.state))
    before = batch.state
    try:
        if step is not None:
            step(batch, ask(batch.subscription))
    except AzureError as error:
        _trouble(batch, error)
    except Problem as problem:
        _fail(batch, problem.detail or str(problem.title))
    finally:
        batch.leased_until = None
        # A person may have asked for something else meanwhile: then only the lease is given back.
        fields = [field.name for field in AzureBatch._meta.fields if field.name not in {"id", "created_at"}]
        values = {name: getattr(batch, name) for name in fields}
        if not AzureBatch.objects.filter(pk=batch_id, state=before).update(**values):
            AzureBatch.objects.filter(pk=batch_id).update(leased_until=None, next_at=timezone.now())
        live.publish([*batch_topics(batch), *(["hosts"] if before != batch.state else [])])
        if before != batch.state:
            solution_wake(batch_id=batch_id)
    return str(batch.state)


def _plan(batch: AzureBatch, azure: AzureClient) -> None:
    azure.group_put(batch.group, batch.region, batch.tags)
    wishes = wishes_of(batch)
    # The values do not matter to a what-if, and the real ones do not exist yet.
    values = {"adminPassword": _password(), **{wish.parameter("setup"): "later" for wish in wishes}}
    changes = azure.what_if(batch.group, batch.deployment, _template(batch), values)
    batch.changes = [
        {"kind": one.kind, "type": one.resource_type, "name": one.name, "paths": list(one.paths)} for one in changes
    ]
    batch.error = batch.advice = ""
    batch.state = BatchState.PLANNED
    batch.next_at = None


def _deploy(batch: AzureBatch, azure: AzureClient) -> None:
    if batch.imported:
        _import(batch, azure)
        return
    state = azure.deployment(batch.group, batch.deployment)
    if state is None:
        _begin(batch, azure)
        return
    batch.operations = [
        {"type": one.resource_type, "name": one.name, "state": one.state, "seconds": one.seconds, "error": one.error}
        for one in azure.operations(batch.group, batch.deployment)
    ]
    machines_see(batch=batch, azure=azure)
    if not state.ended:
        if batch.deadline is not None and timezone.now() > batch.deadline:
            azure.deployment_cancel(batch.group, batch.deployment)
            _fail(batch, _("Azure has not finished in an hour; the deployment was cancelled."))
            return
        batch.next_at = timezone.now() + LOOK_EVERY
    elif state.state == "Succeeded":
        _keep_addresses(batch, state.outputs)
        batch.state = BatchState.ENROLLING
        batch.deadline = timezone.now() + timedelta(minutes=ENROL_MINUTES)
        batch.next_at = timezone.now()
    else:
        _fail(batch, state.error or _("Azure says no more than that it failed."), advice(state.code))


def _import(batch: AzureBatch, azure: AzureClient) -> None:
    """The agent on machines that were there before."""
    machines_see(batch=batch, azure=azure)
    rows = import_step(batch, azure)
    failed = [row for row in rows if row.run_state in {"Failed", "Canceled"}]
    if any(row.run_state == "Running" for row in rows):
        if batch.deadline is not None and timezone.now() > batch.deadline:
            _fail(batch, _("The set-up has not ended in an hour. Look at the machines, then try again."))
            return
        batch.error = ""
        batch.next_at = timezone.now() + LOOK_EVERY
    elif failed or not rows:
        names = ", ".join(row.name for row in failed)
        text = _("The agent could not be installed on %(names)s: %(why)s")
        why = failed[0].run_text if failed else _("they are gone")
        _fail(batch, text % {"names": names, "why": why}, _("Mend what it says and try again; another way may work."))
    else:
        batch.state, batch.error = BatchState.ENROLLING, ""
        batch.deadline = timezone.now() + timedelta(minutes=ENROL_MINUTES)
        batch.next_at = timezone.now()


def _begin(batch: AzureBatch, azure: AzureClient) -> None:
    """A fresh token for each try: a try that was cut off spent none, and its token is taken back."""
    actor = portal_actor(ACTOR)
    if batch.enrolment is not None:
        enrolment_revoke(enrolment=batch.enrolment, actor=actor)
    labels = {**batch.labels, "azure": batch.name, "azure-region": batch.region}
    enrolment, token = enrolment_create(
        team=batch.team, actor=actor, labels=labels, ttl_seconds=TOKEN_SECONDS, uses=batch.count
    )
    batch.enrolment = enrolment
    AzureBatch.objects.filter(pk=batch.pk).update(enrolment=enrolment)
    setups = {wish.parameter("setup"): setup_of(wish.system, token) for wish in wishes_of(batch)}
    azure.group_put(batch.group, batch.region, batch.tags)
    values = {"adminPassword": _password(), **setups}
    azure.deployment_put(batch.group, batch.deployment, _template(batch), values)
    batch.next_at = timezone.now() + LOOK_EVERY


def _template(batch: AzureBatch) -> dict[str, Any]:
    return joined_template(batch.name, wishes_of(batch), batch.tags, reach=batch.reach)


def _keep_addresses(batch: AzureBatch, outputs: Mapping[str, Any]) -> None:
    """Keep where each machine is reached, from the outputs of its deployment."""
    batch.addresses = {
        str(one["name"]): {"private": str(one["private"]), "public": str(one["public"])}
        for rows in outputs.values()
        for one in (rows if isinstance(rows, list) else ())
    }


def _await_hosts(batch: AzureBatch, azure: AzureClient) -> None:
    machines_see(batch=batch, azure=azure)
    hosts = list(batch.hosts)
    online = [host for host in hosts if host.state is HostState.ONLINE]
    waiting = [host for host in hosts if host.state is HostState.WAITING]
    if len(online) >= batch.count:
        batch.state, batch.finished_at, batch.error = BatchState.READY, timezone.now(), ""
        batch.next_at = timezone.now() + SETTLED_EVERY
    elif batch.deadline is not None and timezone.now() > batch.deadline:
        missing = batch.count - len(hosts)
        text = _("%(missing)d of %(count)d machines have not come to the portal within %(minutes)d minutes.") % {
            "missing": missing,
            "count": batch.count,
            "minutes": ENROL_MINUTES,
        }
        consoles_keep(batch=batch, azure=azure, hosts=hosts)
        _fail(batch, text, _("Can they reach the portal's address? The page of each machine shows its console."))
    else:
        batch.error = _("%(waiting)d wait for approval.") % {"waiting": len(waiting)} if waiting else ""
        batch.next_at = timezone.now() + LOOK_EVERY


def _look(batch: AzureBatch, azure: AzureClient) -> None:
    machines_see(batch=batch, azure=azure)
    asked = batch.machines.exclude(asked="").exists()
    batch.next_at = timezone.now() + (LOOK_EVERY if asked else SETTLED_EVERY)


def _delete(batch: AzureBatch, azure: AzureClient) -> None:
    actor = portal_actor(ACTOR)
    for host in batch.hosts:
        try:
            host_revoke(host=host, actor=actor)
        except Conflict:
            continue
    if batch.enrolment is not None:
        enrolment_revoke(enrolment=batch.enrolment, actor=actor)
    if batch.imported or not azure.group_exists(batch.group):
        batch.machines.all().delete()
        batch.state, batch.finished_at, batch.next_at, batch.error = BatchState.DELETED, timezone.now(), None, ""
        return
    azure.group_delete(batch.group)
    batch.next_at = timezone.now() + LOOK_EVERY


STEPS: dict[BatchState, Callable[[AzureBatch, AzureClient], None]] = {
    BatchState.PLANNING: _plan,
    BatchState.DEPLOYING: _deploy,
    BatchState.ENROLLING: _await_hosts,
    BatchState.READY: _look,
    BatchState.DELETING: _delete,
}


def _trouble(batch: AzureBatch, error: AzureError) -> None:
    """What has a remedy in time is tried again and shown; the rest ends it."""
    if error.permanent and batch.state != BatchState.READY:
        _fail(batch, words_of(error), advice(error.code))
        return
    wait = error.retry_after if isinstance(error, Throttled) and error.retry_after else RETRY_AFTER
    if batch.deadline is not None and timezone.now() > batch.deadline and batch.state != BatchState.READY:
        _fail(batch, words_of(error), advice(error.code))
        return
    batch.error = words_of(error)
    batch.next_at = timezone.now() + timedelta(seconds=min(wait, 600))


def _fail(batch: AzureBatch, error: str, advice_text: str = "") -> None:
    batch.error, batch.advice = error[:4000], advice_text[:300]
    batch.state, batch.finished_at, batch.next_at = BatchState.FAILED, timezone.now(), None


def _password() -> str:
    """A password nobody will know, of the kinds of characters that Azure wants."""
    return f"{secrets.token_urlsafe(30)}-aA1"
