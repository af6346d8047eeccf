"""/azure/subscriptions/{id}/terms: the terms of a Marketplace plan, and agreeing to them."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from hosts.azure.catalogue import Agreement
from hosts.selectors.azure import subscription_get
from hosts.services.azure_terms import terms_accept, terms_look
from portal.people.requests import actor_of

router = Router()


class TermsIn(Schema):
    """As an image of /gallery/marketplace has them in `plan`: publisher, product and name."""

    publisher: str
    offer: str
    plan: str


class TermsOut(TermsIn):
    """licence, privacy: addresses, "" when Azure does not say."""

    accepted: bool
    licence: str
    privacy: str


def terms_out(agreed: Agreement) -> TermsOut:
    return TermsOut(
        publisher=agreed.publisher,
        offer=agreed.offer,
        plan=agreed.plan,
        accepted=agreed.accepted,
        licence=agreed.terms.licence,
        privacy=agreed.terms.privacy,
    )


@router.get("/azure/subscriptions/{uuid:subscription_id}/terms", response=TermsOut, summary="Terms of a plan")
def terms(request: HttpRequest, subscription_id: UUID, publisher: str, offer: str, plan: str) -> TermsOut:
    actor = actor_of(request)
    subscription = subscription_get(actor=actor, subscription_id=subscription_id)
    return terms_out(terms_look(subscription=subscription, publisher=publisher, offer=offer, plan=plan, actor=actor))


@router.post("/azure/subscriptions/{uuid:subscription_id}/terms", response=TermsOut, summary="Accept the terms")
def terms_agree(request: HttpRequest, subscription_id: UUID, body: TermsIn) -> TermsOut:
    actor = actor_of(request)
    subscription = subscription_get(actor=actor, subscription_id=subscription_id)
    return terms_out(terms_accept(subscription=subscription, **body.dict(), actor=actor))
