"""API tokens: made once, shown once, checked at every use."""

import hashlib
import hmac
import logging
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.problems import Invalid, NotAllowed, NotFound, SignInNeeded

from ..access import Actor, Permission
from ..models import ApiToken, Membership, Role, Team, User
from .audit import audit_denied, audit_record, permission_require
from .teams import role_parse

log = logging.getLogger(__name__)

PREFIX = "ph_"
SHOWN = len(PREFIX) + 8  # characters kept in clear, to recognise a token in a list
USE_NOTED_EVERY = timedelta(minutes=1)
TOKENS_PER_USER = 100


def token_create(
    *,
    user: User,
    team: Team,
    role: str,
    name: str,
    actor: Actor,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a token of `user` for `team`; returns it with its secret, which is never to be had again.

    Its role is at most the user's own role in the team, now and at each use. Only the user may (and the portal itself).
    Raises Invalid (field errors), NotAllowed, NotFound when the user is not in the team.
    """
    _require_owner(user, team, actor, "token.create")
    wanted = role_parse(role)
    own = role_of(user, team)
    name = " ".join(name.split())
    fields: dict[str, list[str]] = {}
    if not name or len(name) > 80:
        fields["name"] = [_("Give the token a name of 1 to 80 characters that says what it is for.")]
    if own is not None and not own.includes(wanted):
        fields["role"] = [_("Your role in this team is %(role)s; a token cannot have more.") % {"role": own.label}]
    if expires_at is not None and expires_at <= timezone.now():
        fields["expires_at"] = [_("This lies in the past. Choose a later day, or none.")]
    if ApiToken.objects.filter(user=user, revoked_at=None).count() >= TOKENS_PER_USER:
        fields["name"] = [_("There are %(count)s tokens already. Revoke some first.") % {"count": TOKENS_PER_USER}]
    if fields:
        raise Invalid(_("The token cannot be made like this."), fields=fields)
    if own is None:
        raise NotFound(_("You are not a member of this team."))
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user,
            team=team,
            role=wanted,
            name=name,
            prefix=secret[:SHOWN],
            digest=digest_of(secret),
            expires_at=expires_at,
        )
        audit_record(actor=actor, action="token.create", team=team, target=token, detail={"role": wanted.value})
    return token, secret


def token_revoke(*, token: ApiToken, actor: Actor) -> None:
    """End a token at once. Its owner may, and every admin of its team. A revoked token stays revoked."""
    if actor.user != token.user or (actor.token_id is not None and actor.token_id != token.pk):
        permission_require(
            actor=actor, permission=Permission.MANAGE_TEAM, team=token.team, action="token.revoke", target=token
        )
    with transaction.atomic():
        changed = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
        if changed:
            audit_record(actor=actor, action="token.revoke", team=token.team, target=token)
    token.refresh_from_db()


def token_use(*, secret: str, address: str | None = None) -> Actor:
    """The actor that a presented token stands for, with one role in one team. Raises SignInNeeded.

    The time of use is noted at most once a minute, so that reads stay reads.
    """
    digest = digest_of(secret)
    token = ApiToken.objects.select_related("user", "team").filter(digest=digest).first()
    if token is None or not hmac.compare_digest(token.digest, digest):
        raise SignInNeeded(_("The token is not known here. Make one on the account page."), code="token-unknown")
    now = timezone.now()
    if token.revoked_at is not None:
        raise SignInNeeded(_("The token was revoked. Make a new one on the account page."), code="token-revoked")
    if token.expires_at is not None and token.expires_at <= now:
        raise SignInNeeded(_("The token has expired. Make a new one on the account page."), code="token-expired")
    own = role_of(token.user, token.team) if token.user.is_active else None
    if own is None:
        raise SignInNeeded(_("The owner of the token is not a member of its team any more."), code="token-orphaned")
    role = Role(token.role) if own.includes(Role(token.role)) else own
    _note_use(token, now)
    return Actor(
        user=token.user,
        label=f"{token.user.label} ({_('token')} {token.name})",
        roles={token.team_id: role},
        address=address,
        token_id=token.pk,
    )


def role_of(user: User, team: Team) -> Role | None:
    """The present role of a user in a team; an administrator of the portal is admin in each."""
    if user.is_superuser:
        return Role.ADMIN
    row = Membership.objects.filter(user=user, team=team).values_list("role", flat=True).first()
    return Role(row) if row is not None else None


def digest_of(secret: str) -> str:
    """SHA-256 in hex. The secrets are 256 random bits: no salt and no slow hash is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _note_use(token: ApiToken, now: datetime) -> None:
    if token.last_used_at is None or now - token.last_used_at >= USE_NOTED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def _require_owner(user: User, team: Team, actor: Actor, action: str) -> None:
    """A token never makes tokens: a leaked one could otherwise outlive its own revocation."""
    if (actor.user is None and actor.everywhere) or (actor.user == user and actor.token_id is None):
        if actor.user is not None:
            permission_require(actor=actor, permission=Permission.READ, team=team, action=action)
        return
    problem = NotAllowed(_("A person makes their own tokens, on the account page."))
    audit_denied(actor=actor, action=action, team=team, problem=problem)
    raise problem
