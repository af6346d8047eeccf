"""Terms of Marketplace plans: what a subscription has agreed to, and agreeing."""

import re

from django.utils.translation import gettext as _

from hosts.azure.catalogue import Agreement
from hosts.azure.errors import AzureError, Missing
from hosts.models import AzureSubscription
from hosts.services.azure_subscriptions import ClientFor, client_for, words_of
from portal.people.access import Actor, Permission
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Invalid, NotFound, Problem, Unavailable

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}\Z")


def terms_look(
    *, subscription: AzureSubscription, publisher: str, offer: str, plan: str, actor: Actor, ask: ClientFor = client_for
) -> Agreement:
    """What Azure says now. Raises Invalid, NotFound (no such plan), NotAllowed, Conflict, Unavailable."""
    actor.require(Permission.MANAGE_HOSTS, subscription.team_id)
    _check(publisher, offer, plan)
    try:
        return ask(subscription).agreement(publisher, offer, plan)
    except AzureError as error:
        raise _problem(error) from error


def terms_accept(
    *, subscription: AzureSubscription, publisher: str, offer: str, plan: str, actor: Actor, ask: ClientFor = client_for
) -> Agreement:
    """Agree for the subscription, as its owner would in Azure's own portal. Raises as `terms_look`."""
    team = subscription.team
    permission_require(
        actor=actor, permission=Permission.MANAGE_HOSTS, team=team, action="azure.terms.accept", target=subscription
    )
    _check(publisher, offer, plan)
    try:
        agreed = ask(subscription).agreement_accept(publisher, offer, plan)
    except AzureError as error:
        raise _problem(error) from error
    detail = {"publisher": publisher, "offer": offer, "plan": plan}
    audit_record(actor=actor, action="azure.terms.accept", team=team, target=subscription, detail=detail)
    return agreed


def _check(publisher: str, offer: str, plan: str) -> None:
    given = {"publisher": publisher, "offer": offer, "plan": plan}
    text = _("Letters, digits, dots, hyphens and underscores, as the Marketplace has it.")
    wrong = {name: [text] for name, value in given.items() if not _PART.match(value)}
    if wrong:
        raise Invalid(text, code="azure-terms-invalid", fields=wrong)


def _problem(error: AzureError) -> Problem:
    if isinstance(error, Missing):
        return NotFound(_("The Marketplace has no such plan."), code="azure-plan-unknown")
    kind = Conflict if error.permanent else Unavailable
    return kind(words_of(error), code="azure-refused")
