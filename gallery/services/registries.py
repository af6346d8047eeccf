"""Accounts at registries are added, changed, tried and removed here, and only here."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery.hub.errors import HubError, SignInRefused
from gallery.models import AccountState, KeptAnswer, RegistryAccount
from gallery.models.registries import HUB_HOST
from gallery.registry.errors import AccessDenied, NotAReference, RegistryError
from gallery.registry.reference import HUB_NAMES, parse_reference
from gallery.selectors.registries import PURPOSE, access_of
from gallery.sources import Access, hub_client, registry_client
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.secrets import SecretUnreadable, seal
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Invalid

MOST_ACCOUNTS = 50  # of a team
MOST_SECRET = 16_384  # bytes; Azure's refresh tokens are long
MOST_CERTIFICATES = 65_536


@dataclass(frozen=True)
class AccountInput:
    """What a person enters. secret: None leaves the old one as it is."""

    host: str
    username: str = ""
    secret: str | None = field(default=None, repr=False)
    certificates: str = field(default="", repr=False)


@dataclass(frozen=True)
class Trial:
    """How a registry took an account. namespaces: those at Docker Hub that it belongs to."""

    state: AccountState
    detail: str = ""
    namespaces: tuple[str, ...] = ()


def account_add(*, team: Team, given: AccountInput, actor: Actor) -> RegistryAccount:
    """Keep an account of a team, its secret sealed. Raises Invalid (fields), Conflict, NotAllowed."""
    permission_require(actor=actor, permission=Permission.MANAGE_TEAM, team=team, action="registry.add")
    host = _checked(given)
    if RegistryAccount.objects.filter(team=team).count() >= MOST_ACCOUNTS:
        raise Conflict(_("A team has at most %(count)s accounts. Remove one first.") % {"count": MOST_ACCOUNTS})
    try:
        with transaction.atomic():
            account = RegistryAccount.objects.create(
                team=team,
                host=host,
                username=given.username.strip(),
                sealed=_sealed(given.secret),
                certificates=given.certificates.strip(),
            )
            audit_record(actor=actor, action="registry.add", team=team, target=account, detail={"host": host})
    except IntegrityError as error:
        message = _("The team has this account already. Change that one.")
        raise Conflict(message, fields={"username": [message]}) from error
    return account


def account_change(*, account: RegistryAccount, given: AccountInput, actor: Actor) -> None:
    """Another user name, secret or authority. Raises Invalid (fields), Conflict, NotAllowed."""
    permission_require(
        actor=actor, permission=Permission.MANAGE_TEAM, team=account.team, action="registry.change", target=account
    )
    _checked(given, keeps=bool(account.sealed))
    account.username = given.username.strip()
    account.certificates = given.certificates.strip()
    if given.secret is not None:
        account.sealed = _sealed(given.secret)
    account.version += 1
    account.state, account.detail, account.checked_at = AccountState.UNTRIED, "", None
    try:
        with transaction.atomic():
            account.save()
            answers_forget(account=account)
            detail = {"host": account.host, "secret": "changed" if given.secret is not None else "kept"}
            audit_record(actor=actor, action="registry.change", team=account.team, target=account, detail=detail)
    except IntegrityError as error:
        message = _("The team has this account already.")
        raise Conflict(message, fields={"username": [message]}) from error


def account_remove(*, account: RegistryAccount, actor: Actor) -> None:
    """Forget an account and its secret."""
    permission_require(
        actor=actor, permission=Permission.MANAGE_TEAM, team=account.team, action="registry.remove", target=account
    )
    with transaction.atomic():
        audit_record(
            actor=actor, action="registry.remove", team=account.team, target=account, detail={"host": account.host}
        )
        answers_forget(account=account)
        account.delete()


def answers_forget(*, account: RegistryAccount) -> None:
    """What was seen through an account is not kept beyond it."""
    KeptAnswer.objects.filter(source__contains=f"#{account.pk.hex[:16]}.").delete()


def account_try(
    *, account: RegistryAccount, actor: Actor, trial: Callable[[RegistryAccount, Access], Trial] | None = None
) -> Trial:
    """Sign in once and remember how it went."""
    permission_require(
        actor=actor, permission=Permission.MANAGE_TEAM, team=account.team, action="registry.try", target=account
    )
    try:
        result = (trial or trial_of)(account, access_of(account))
    except SecretUnreadable as problem:
        result = Trial(AccountState.REFUSED, problem.detail)
    account.state, account.detail, account.checked_at = result.state, result.detail[:600], timezone.now()
    account.namespaces = list(result.namespaces) or account.namespaces
    with transaction.atomic():
        account.save(update_fields=["state", "detail", "checked_at", "namespaces"])
        audit_record(
            actor=actor, action="registry.try", team=account.team, target=account, detail={"result": result.state.value}
        )
    return result


def account_refused(*, key: str, detail: str) -> None:
    """A registry has refused the account of an `Access.account` while it was used: its page says so."""
    version = key.partition(".")[2]
    if not version.isdigit():
        return
    rows = RegistryAccount.objects.filter(version=int(version)).exclude(state=AccountState.REFUSED)
    for row in rows:
        if row.pk.hex[:16] == key.partition(".")[0]:
            values = {"state": AccountState.REFUSED, "detail": detail[:600], "checked_at": timezone.now()}
            RegistryAccount.objects.filter(pk=row.pk, version=row.version).update(**values)


def trial_of(account: RegistryAccount, access: Access) -> Trial:
    """Sign in at the registry, or at Docker Hub, and see what it says."""
    try:
        if account.is_hub:
            return Trial(AccountState.ACCEPTED, "", hub_client(access).own_namespaces(account.username))
        registry_client(account.host, access).sign_in()
    except (SignInRefused, AccessDenied) as error:
        return Trial(AccountState.REFUSED, str(error))
    except (HubError, RegistryError) as error:
        return Trial(AccountState.AWAY, str(error))
    return Trial(AccountState.ACCEPTED)


def host_of(text: str) -> str:
    """The registry a person named, as references write it. Raises NotAReference."""
    host = text.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/").removesuffix("/v2")
    if host in HUB_NAMES or host in {"hub", "hub.docker.com", "docker hub"}:
        return HUB_HOST
    found = parse_reference(f"{host}/name/space")
    if found.host != host:
        raise NotAReference(text, _("a registry is a host name with a dot or a port: ghcr.io, 127.0.0.1:5000"))
    return host


def _checked(given: AccountInput, *, keeps: bool = False) -> str:
    fields: dict[str, list[str]] = {}
    host = ""
    try:
        host = host_of(given.host)
    except NotAReference:
        fields["host"] = [_("Enter the registry's host: docker.io, ghcr.io, myregistry.azurecr.io, 10.0.0.5:5000.")]
    secret = given.secret or ""
    if len(secret.encode()) > MOST_SECRET or "\n" in secret or "\r" in secret or "\x00" in secret:
        fields["secret"] = [_("This is no password and no access token: it is too long, or has several lines.")]
    if not given.username.isprintable() or len(given.username) > 255 or ":" in given.username:
        fields["username"] = [_("A user name has up to 255 characters and no colon.")]
    known = bool(secret) or (keeps and given.secret is None)
    if given.username.strip() and not known:
        fields["secret"] = [_("Enter the password or an access token of this user.")]
    if not given.username.strip() and (host == HUB_HOST or secret):
        fields["username"] = [_("Enter the user name.")]
    if message := _certificates_problem(given.certificates):
        fields["certificates"] = [message]
    if fields:
        raise Invalid(_("The account cannot be kept like this."), fields=fields)
    return host


def _certificates_problem(text: str) -> str:
    if not text.strip():
        return ""
    if len(text) > MOST_CERTIFICATES:
        return _("This is too long for a certificate.")
    if "PRIVATE KEY" in text:
        return _("This holds a private key. Enter the certificate of the authority alone.")
    try:
        ssl.create_default_context().load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):
        return _("This is no certificate in PEM form (-----BEGIN CERTIFICATE-----).")
    return ""


def _sealed(secret: str | None) -> bytes:
    return seal(secret.encode(), purpose=PURPOSE) if secret else b""
