"""Calls of webhooks in: taken on while the caller waits, carried out by a job, each body once.

What is done about a call is known to those who do it: they say so with `carries`.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import django_rq
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from hosts import live
from hosts.hook_calls import ANY, NOTHING, CallUnreadable, Wish, is_proven, read_call, wish_from
from hosts.limits import count_up
from hosts.models import Application, ApplicationHook, HookDelivery
from hosts.models.hooks import HookState
from hosts.services.hooks import PURPOSE
from portal.people.secrets import unseal
from portal.problems import Invalid, NotFound, Problem

MAX_BODY = 1 << 20  # bytes
CALLS_A_MINUTE = 300  # of one webhook
WRONG_A_MINUTE = 30  # from one address
KEEP = timedelta(days=30)
KEEP_MOST = 200  # calls of one webhook
CLAIM = timedelta(minutes=5)  # after which a call whose worker died is taken up again
GIVE_UP = timedelta(hours=1)
JOB = "hosts.jobs.hook_carry_out"


@dataclass(frozen=True)
class Carried:
    """What became of a call: DONE, IGNORED or FAILED, and a sentence."""

    state: HookState
    detail: str


Carrier = Callable[[Application, Wish, HookDelivery], Carried | None]
_carriers: dict[str, Carrier] = {}


def carries(kind: str) -> Callable[[Carrier], Carrier]:
    """Have the function carry out the wishes of a kind, and those of the kind ANY. It answers None when the application
    has nothing for it. HostsConfig imports all of them."""

    def known(work: Carrier) -> Carrier:
        _carriers[kind] = work
        return work

    return known


def hook_receive(
    *, hook_id: UUID, given: str, headers: Mapping[str, str], body: bytes, address: str | None
) -> HookDelivery | None:
    """The call, to be carried out soon; None when there is nothing to do. Raises NotFound for a webhook that is not
    known and for a secret that is wrong, Invalid, TooMany."""
    hook = ApplicationHook.objects.select_related("application__team").filter(pk=hook_id).first()
    secret = unseal(bytes(hook.secret), purpose=PURPOSE).decode() if hook else ""
    if hook is None or not is_proven(secret=secret, given=given, headers=headers, body=body):
        count_up(f"hook-wrong:{address}", most=WRONG_A_MINUTE, what="calls")
        raise NotFound(_("There is no such webhook. Its address, with the secret, is shown when it is made."))
    count_up(f"hook:{hook.pk}", most=CALLS_A_MINUTE, what="calls of this webhook")
    try:
        sender, wish = read_call(headers=headers, body=body)
    except CallUnreadable as error:
        raise Invalid(str(error), code="bad-json") from error
    if wish.kind == NOTHING:
        return None
    key = "" if wish.kind == ANY else hashlib.sha256(body).hexdigest()
    with transaction.atomic():
        return _store(hook, key, sender, wish, address)


def _store(hook: ApplicationHook, key: str, sender: str, wish: Wish, address: str | None) -> HookDelivery:
    fields = {"sender": sender, "wish": wish.as_json(), "address": (address or "")[:64]}
    if key:
        row, made = HookDelivery.objects.get_or_create(hook=hook, key=key, defaults=fields)
    else:
        row, made = HookDelivery.objects.create(hook=hook, **fields), True
    if not made:  # sent again: only what failed is done again
        again = HookDelivery.objects.filter(pk=row.pk, state=HookState.FAILED)
        made = bool(again.update(state=HookState.WAITING, detail="", claimed_at=None, at=timezone.now()))
        row.refresh_from_db()
    if made:
        old = list(hook.deliveries.values_list("pk", flat=True)[KEEP_MOST:])
        HookDelivery.objects.filter(pk__in=old).delete()
        pk = str(row.pk)
        transaction.on_commit(lambda: django_rq.get_queue().enqueue(JOB, pk), robust=True)
        live.publish([f"application:{hook.application_id}"])
    return row


def hooks_due(*, now: datetime) -> list[UUID]:
    """Calls that wait and that nobody carries out; old ones are forgotten on the way."""
    HookDelivery.objects.filter(at__lt=now - KEEP).delete()
    waiting = HookDelivery.objects.filter(state=HookState.WAITING)
    waiting.filter(at__lt=now - GIVE_UP).update(
        state=HookState.FAILED, detail=_("It was not carried out within an hour. Have it sent again.")
    )
    free = Q(claimed_at=None, at__lt=now - timedelta(seconds=10)) | Q(claimed_at__lt=now - CLAIM)
    return list(waiting.filter(free).order_by("at").values_list("pk", flat=True)[:KEEP_MOST])


def hook_carry(*, delivery_id: UUID, now: datetime | None = None) -> str:
    """Carry a call out, unless another worker does; its state afterwards, "" when it is gone."""
    now = now or timezone.now()
    rows = HookDelivery.objects.filter(pk=delivery_id)
    free = rows.filter(Q(claimed_at=None) | Q(claimed_at__lt=now - CLAIM), state=HookState.WAITING)
    claimed = free.update(claimed_at=now)
    row = rows.select_related("hook__application__team").first()
    if row is None or not claimed:
        return str(row.state) if row else ""
    application = row.hook.application
    found = _carried(application, wish_from(row.wish), row)
    rows.filter(claimed_at=now).update(state=found.state, detail=found.detail[:600])
    live.publish([f"application:{application.pk}"])
    return found.state.value


def _carried(application: Application, wish: Wish, row: HookDelivery) -> Carried:
    ends: list[Carried] = []
    for kind, work in sorted(_carriers.items()):
        if wish.kind not in {kind, ANY}:
            continue
        try:
            end = work(application, wish, row)
        except Problem as problem:
            end = Carried(HookState.FAILED, problem.detail)
        ends += [end] if end else []
    if not ends:
        return Carried(HookState.IGNORED, _("Nothing of this application follows from it."))
    worst = next((one for one in (HookState.FAILED, HookState.DONE) if any(end.state == one for end in ends)), None)
    return Carried(worst or HookState.IGNORED, " ".join(end.detail for end in ends if end.detail))
