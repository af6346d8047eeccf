"""Azure subscriptions: connect, check, forget; and the client for one."""

import re
from collections.abc import Callable

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from hosts import live
from hosts.azure.client import AzureClient
from hosts.azure.errors import AzureError, NotPermitted, SignInRefused
from hosts.azure.types import Account, Cloud, CredentialKind, Endpoints
from hosts.models import AzureSubscription
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.secrets import seal, unseal
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Invalid

PURPOSE = "azure-subscription"
MAX_SECRET = 20_000
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
WITH_SECRET = {CredentialKind.SECRET, CredentialKind.CERTIFICATE}

ClientFor = Callable[[AzureSubscription], AzureClient]


def client_for(subscription: AzureSubscription) -> AzureClient:
    """The SDK's way into a subscription. Raises SecretUnreadable."""
    secret = unseal(bytes(subscription.sealed), purpose=PURPOSE).decode() if subscription.sealed else ""
    account = Account(
        subscription_id=subscription.subscription_id,
        kind=CredentialKind(subscription.kind),
        tenant_id=subscription.tenant_id,
        client_id=subscription.client_id,
        secret=secret,
        cloud=Cloud(subscription.cloud),
    )
    endpoints = Endpoints(settings.AZURE_URL, settings.AZURE_AUTHORITY_URL, settings.AZURE_CA_FILE)
    return AzureClient(account, endpoints, timeout=settings.OUTSIDE_TIMEOUT_SECONDS)


def subscription_connect(
    *, team: Team, actor: Actor, account: Account, ask: ClientFor = client_for
) -> AzureSubscription:
    """Keep the account of a subscription after it has been seen to work. The secret is sealed.

    Raises Invalid for ids that are none and for what Azure refuses, Conflict when the team has the subscription.
    """
    permission_require(actor=actor, permission=Permission.MANAGE_HOSTS, team=team, action="azure.connect")
    _check_account(account)
    subscription = AzureSubscription(
        team=team,
        subscription_id=account.subscription_id.lower(),
        kind=account.kind.value,
        cloud=account.cloud.value,
        tenant_id=account.tenant_id,
        client_id=account.client_id,
        sealed=seal(account.secret.encode(), purpose=PURPOSE) if account.secret else b"",
        created_by=actor.user,
    )
    try:
        subscription.display_name = ask(subscription).check()[:160]
    except AzureError as error:
        field = "secret" if isinstance(error, SignInRefused) else "subscription_id"
        message = words_of(error)
        raise Invalid(message, code="azure-refused", fields={field: [message]}) from error
    subscription.checked_at = timezone.now()
    try:
        with transaction.atomic():
            subscription.save()
            audit_record(actor=actor, action="azure.connect", team=team, target=subscription)
            live.publish(["azure"])
    except IntegrityError as error:
        message = _("The team has connected this subscription already.")
        raise Conflict(message, code="azure-connected", fields={"subscription_id": [message]}) from error
    return subscription


def subscription_check(
    *, subscription: AzureSubscription, actor: Actor, ask: ClientFor = client_for
) -> AzureSubscription:
    """Sign in again and keep what comes of it."""
    team = subscription.team
    permission_require(
        actor=actor, permission=Permission.MANAGE_HOSTS, team=team, action="azure.check", target=subscription
    )
    try:
        subscription.display_name = ask(subscription).check()[:160]
        subscription.problem = ""
    except AzureError as error:
        subscription.problem = words_of(error)[:600]
    subscription.checked_at = timezone.now()
    with transaction.atomic():
        subscription.save(update_fields=["display_name", "problem", "checked_at"])
        audit_record(actor=actor, action="azure.check", team=team, target=subscription)
        live.publish(["azure"])
    return subscription


def subscription_forget(*, subscription: AzureSubscription, actor: Actor) -> None:
    """Forget a subscription and its secret. Raises Conflict while batches of it are remembered."""
    team = subscription.team
    permission_require(
        actor=actor, permission=Permission.MANAGE_HOSTS, team=team, action="azure.forget", target=subscription
    )
    with transaction.atomic():
        audit_record(actor=actor, action="azure.forget", team=team, target=subscription)
        subscription.batches.filter(state="deleted").delete()
        try:
            subscription.delete()
        except ProtectedError as error:
            raise Conflict(
                _("Machines were made in it. Delete their batches first, so that nothing is left behind in Azure."),
                code="azure-in-use",
            ) from error
        live.publish(["azure"])


def words_of(error: AzureError) -> str:
    """Azure's reason for people: what happened and what to do."""
    if isinstance(error, SignInRefused):
        return _("Azure does not let the portal sign in: %(detail)s") % {"detail": error.detail}
    if isinstance(error, NotPermitted) and error.action:
        return _("The identity may not do %(action)s. Give it the role below, or one that includes this right.") % {
            "action": error.action
        }
    return error.detail or _("Azure refused it (%(code)s).") % {"code": error.code}


def _check_account(account: Account) -> None:
    wrong: dict[str, list[str]] = {}
    if not _GUID.match(account.subscription_id):
        wrong["subscription_id"] = [_("A subscription id looks like 00000000-0000-0000-0000-000000000000.")]
    if account.kind in WITH_SECRET:
        if not account.tenant_id:
            wrong["tenant_id"] = [_("Name the tenant in which the application is registered.")]
        if not _GUID.match(account.client_id):
            wrong["client_id"] = [_("An application id looks like 00000000-0000-0000-0000-000000000000.")]
        if not account.secret or len(account.secret) > MAX_SECRET:
            wrong["secret"] = [_("Give the secret, or the PEM text of certificate and key.")]
    if wrong:
        raise Invalid(next(iter(wrong.values()))[0], code="azure-account-invalid", fields=wrong)
