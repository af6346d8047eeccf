"""Who a Docker client is: by its certificate, or by an API token; and whether that still holds."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from hosts import dispatch
from hosts.models import DockerCertificate, Host
from portal.people.access import Actor, Permission
from portal.people.models import ApiToken, Role, User
from portal.people.services.tokens import role_of, token_use
from portal.problems import Problem

from .errors import Told

USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Caller:
    """One authenticated client on one host. role: what it may do there now."""

    actor: Actor
    role: Role
    host: Host
    certificate: UUID | None = None
    token: int | None = None
    expires_at: datetime | None = None

    @property
    def user(self) -> str:
        """A word that is the user's own, for exec sessions."""
        return str(self.actor.user.pk) if self.actor.user is not None else ""


def caller_by_certificate(fingerprint: str, address: str) -> Caller:
    """Raises Told (403) with what is wrong with the certificate."""
    row = (
        DockerCertificate.objects.select_related("user", "host__team", "token").filter(fingerprint=fingerprint).first()
    )
    if row is None:
        raise Told(403, "The portal does not know this client certificate. Download a new Docker context.")
    if row.revoked_at is not None:
        raise Told(403, f"This client certificate for {row.host.name} was revoked. Download a new Docker context.")
    if row.expires_at <= timezone.now():
        raise Told(403, f"This client certificate for {row.host.name} has expired. Download a new Docker context.")
    role = _role(row.user, row.host, Role(row.role), row.token)
    if role is None:
        raise Told(403, f"{row.user.label} may not use {row.host.name} any more: not a member of its team.")
    _note_use(row)
    label = f"{row.user.label} (docker)"
    actor = Actor(user=row.user, label=label, roles={row.host.team_id: role}, address=address)
    return Caller(actor, role, row.host, certificate=row.pk, expires_at=row.expires_at)


def caller_by_token(secret: str, wanted: str, address: str) -> Caller:
    """An API token; wanted: id or name of the host. Raises Told."""
    try:
        actor = token_use(secret=secret, address=address)
    except Problem as problem:
        raise Told(401, str(problem.detail)) from problem
    rows = Host.objects.select_related("team").filter(team_id__in=list(actor.roles))
    try:
        by = Q(pk=UUID(wanted))
    except ValueError:
        by = Q(name=wanted)
    host = rows.filter(by).first() if wanted else None
    if host is None:
        raise Told(
            404,
            f"There is no host “{wanted[:120]}” in the token's team."
            if wanted
            else "Name the host: DOCKER_HOST=tcp://ADDRESS/hosts/NAME, or the header X-Pierhead-Host.",
        )
    actor.require(Permission.READ, host.team_id)
    role = actor.roles[host.team_id]
    return Caller(replace(actor, label=f"{actor.label} (docker)"), role, host, token=actor.token_id)


def callers_gone(certificates: list[UUID], tokens: list[int]) -> tuple[set[UUID], set[int]]:
    """Which of these opens nothing any more: revoked, expired, or its user has lost the host."""
    now = timezone.now()
    gone = set(certificates)
    for row in DockerCertificate.objects.select_related("user", "host__team", "token").filter(
        pk__in=certificates, revoked_at=None, expires_at__gt=now
    ):
        if row.host.revoked_at is None and _role(row.user, row.host, Role(row.role), row.token) is not None:
            gone.discard(row.pk)
    lost = set(tokens)
    for token in ApiToken.objects.select_related("user", "team").filter(pk__in=tokens, revoked_at=None):
        if not token.expired and token.user.is_active and role_of(token.user, token.team) is not None:
            lost.discard(token.pk)
    return gone, lost


def hosts_gone(host_ids: list[UUID], silent: timedelta) -> list[UUID]:
    """Which of these hosts are revoked, removed, or have not been heard of for so long."""
    since = timezone.now() - silent
    there = Host.objects.filter(pk__in=host_ids, revoked_at=None, last_seen_at__gte=since)
    return list(set(host_ids) - set(there.values_list("pk", flat=True)))


def host_away_words(host_id: UUID) -> str:
    """Why the host cannot be asked now, for the client."""
    host = Host.objects.filter(pk=host_id).first()
    return "This host was removed." if host is None else str(dispatch.host_away(host).detail)


def _role(user: User, host: Host, at_most: Role, token: ApiToken | None) -> Role | None:
    """What the certificate is worth today: never more than its user's role, nor than the token it was made with."""
    if not user.is_active or (token is not None and (token.revoked_at is not None or token.expired)):
        return None
    own = role_of(user, host.team)
    if own is None:
        return None
    return at_most if own.includes(at_most) else own


def _note_use(row: DockerCertificate) -> None:
    now = timezone.now()
    if row.last_used_at is None or now - row.last_used_at >= USE_NOTED_EVERY:
        DockerCertificate.objects.filter(pk=row.pk).update(last_used_at=now)
