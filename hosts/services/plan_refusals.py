"""What a policy forbids when something is planned or deployed, in the audit, with the rule."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache

from hosts.models import Application
from hosts.plan_types import PlanRefused, Refusal
from portal.people.access import Actor
from portal.people.models import Team
from portal.people.services.audit import DENIED, audit_record

PLAN = "application.plan"
REPEATED_SECONDS = 600  # a plan is made anew with each key that is typed into a form
SHOWN_RULES = 20
SHOWN_TEXT = 300


@contextmanager
def refusals_audited(*, actor: Actor, action: str, application: Application) -> Iterator[None]:
    """Around the making of a plan: refusals by a policy leave a row, and are raised on.

    Call it outside of transactions, or the row is rolled back with them.
    """
    try:
        yield
    except PlanRefused as refused:
        refusal_record(actor=actor, action=action, team=application.team, refused=refused, application=application)
        raise


def refusal_record(
    *, actor: Actor, action: str, team: Team, refused: PlanRefused, application: Application | None = None
) -> None:
    """One row for what `refused` says of policies; none when it says nothing of them.

    A plan that is looked at again and again (PLAN) is recorded once in REPEATED_SECONDS; whatever would have changed
    something, each time. application: an unsaved one has no page to lead to, its name is told.
    """
    found = [refusal for refusal in refused.refusals if refusal.rule]
    if not found:
        return
    if action == PLAN and not cache.add(_key(actor, team, application, found), 1, REPEATED_SECONDS):
        return
    rules = list(dict.fromkeys(refusal.rule for refusal in found))
    detail = {"rule": rules[0], "reason": found[0].detail[:SHOWN_TEXT]}
    if len(rules) > 1:
        detail["rules"] = ", ".join(rules[:SHOWN_RULES])
    if hosts := list(dict.fromkeys(refusal.host for refusal in found if refusal.host)):
        detail["hosts"] = ", ".join(hosts[:SHOWN_RULES])
    stored = application if application is not None and not application._state.adding else None
    if application is not None and stored is None:
        detail["application"] = application.name[:120]
    audit_record(actor=actor, action=action, team=team, target=stored, detail=detail, result=DENIED)


def _key(actor: Actor, team: Team, application: Application | None, found: list[Refusal]) -> str:
    name = application.name if application is not None else ""
    parts = [actor.label, str(team.pk), name, *(f"{one.rule} {one.service} {one.host}" for one in found)]
    return "plan-refused:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()
