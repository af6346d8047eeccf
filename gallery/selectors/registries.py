"""Accounts at registries: who sees them, and as whom a registry is asked."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gallery.models import RegistryAccount
from gallery.models.registries import HUB_HOST
from gallery.registry.errors import NotAReference
from gallery.registry.reference import HUB_NAMES, parse_reference
from gallery.sources import ANONYMOUS, Access, default_registry_host, default_registry_is_hub
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.secrets import SecretUnreadable, unseal
from portal.people.selectors.teams import rows_of_teams
from portal.problems import NotFound

PURPOSE = "registry-account"


def accounts_visible(actor: Actor, team: Team | None = None) -> "QuerySet[RegistryAccount]":
    """The accounts of the actor's teams, or of one of them. Raises NotFound for another people's team."""
    return rows_of_teams(RegistryAccount.objects.select_related("team"), actor, team)


def account_get(actor: Actor, account_id: UUID) -> RegistryAccount:
    """One account. Raises NotFound for an absent one and for another people's alike."""
    row = accounts_visible(actor).filter(pk=account_id).first()
    if row is None:
        raise NotFound(_("There is no such account, or it belongs to a team you are not in."))
    return row


def access_of(account: RegistryAccount) -> Access:
    """What it takes to ask as this account. Raises SecretUnreadable when the portal's key has changed."""
    secret = unseal(bytes(account.sealed), purpose=PURPOSE).decode() if account.sealed else ""
    key = f"{account.pk.hex[:16]}.{account.version}"
    return Access(key, account.username, secret, account.certificates)


def access_for(teams: Sequence[int] | None, host: str, namespace: str = "", *, pulling: bool = False) -> Access:
    """As whom these teams (None: all) ask the registry at `host` ("" is Docker Hub) about a namespace.

    At Docker Hub an account is used for the namespaces it belongs to; for a pull any will do, since its limit is higher
    than nobody's. An account whose secret cannot be read counts as none.
    """
    canonical = HUB_HOST if not host or host in HUB_NAMES else host
    rows = RegistryAccount.objects.filter(host=canonical)
    if teams is not None:
        rows = rows.filter(team_id__in=teams)
    return _chosen(list(rows.order_by("created_at")[:50]), namespace, pulling)


def access_for_image(actor: Actor, image: str) -> Access:
    """As whom the deploy form asks about an image for this actor. What is no reference is asked for as nobody."""
    try:
        reference = parse_reference(image)
    except NotAReference:
        return ANONYMOUS
    host = reference.host or (HUB_HOST if default_registry_is_hub() else default_registry_host())
    return access_for(actor.team_ids(Permission.DEPLOY), host, reference.namespace, pulling=True)


def accesses_for_images(team: int, images: Iterable[str]) -> Mapping[str, Access]:
    """As whom a team resolves and pulls each of these image references; what is missing is nobody's."""
    accounts = list(RegistryAccount.objects.filter(team_id=team).order_by("created_at")[:50])
    found: dict[str, Access] = {}
    for image in images if accounts else ():
        try:
            reference = parse_reference(image)
        except NotAReference:
            continue
        host = reference.host or (HUB_HOST if default_registry_is_hub() else default_registry_host())
        access = _chosen([row for row in accounts if row.host == host], reference.namespace, True)
        if access != ANONYMOUS:
            found[image] = access
    return found


def _chosen(rows: Sequence[RegistryAccount], namespace: str, pulling: bool) -> Access:
    own = [row for row in rows if not row.is_hub or namespace in row.namespaces]
    for row in own or (rows if pulling else ()):
        try:
            return access_of(row)
        except SecretUnreadable:
            continue
    return ANONYMOUS


def access_of_actor(actor: Actor, host: str, namespace: str = "") -> Access:
    """As whom the gallery asks for this actor."""
    return access_for(actor.team_ids(), host, namespace)
