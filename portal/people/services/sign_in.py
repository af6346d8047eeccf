"""Signing in: by password, or by a one-time link. Attempts are limited, and never tell who exists."""

import secrets
from datetime import timedelta

from django.contrib.auth import authenticate
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.problems import Invalid, NotAllowed, NotFound

from ..access import Actor, Permission, actor_for_user
from ..attempts import Attempts
from ..models import SignInLink, User
from .audit import FAILED, audit_denied, audit_record
from .tokens import digest_of

LINK_LIFE = timedelta(hours=24)


def sign_in_check(
    *, username: str, password: str, address: str | None = None, attempts: Attempts | None = None
) -> User:
    """The user with this name and password. Raises Invalid (the same for every reason), TooMany.

    A wrong name costs as much time as a wrong password. Failures are counted and audited.
    """
    attempts = attempts or Attempts()
    attempts.check(username=username, address=address)
    user = authenticate(username=username, password=password)
    if not isinstance(user, User):
        attempts.failed(username=username, address=address)
        nobody = Actor(user=None, label=username, address=address)
        audit_record(actor=nobody, action="user.sign-in", result=FAILED)
        message = _("The name or the password is wrong. Check both; capitals count.")
        raise Invalid(message, code="sign-in-failed", title=_("Not signed in"), fields={"__all__": [message]})
    attempts.succeeded(username=username, address=address)
    audit_record(actor=actor_for_user(user, address=address), action="user.sign-in", target=user)
    return user


def sign_in_link_create(*, user: User, actor: Actor, ttl: timedelta = LINK_LIFE) -> str:
    """Make a link that signs `user` in once; returns its secret (the last part of the address).

    An administrator of the portal may, and a team's admin for a newcomer whom only they have brought in: whoever makes
    a link can use it, so it must never lead to more than its maker has. Raises NotAllowed.
    """
    if not may_hand_over(actor, user):
        problem = NotAllowed(_("Only an administrator of the portal makes a sign-in link for this person."))
        audit_denied(actor=actor, action="user.sign-in-link", target=user, problem=problem)
        raise problem
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        SignInLink.objects.create(user=user, digest=digest_of(secret), expires_at=timezone.now() + ttl)
        audit_record(actor=actor, action="user.sign-in-link", target=user)
    return secret


def may_hand_over(actor: Actor, user: User) -> bool:
    """Whether the actor may make a sign-in link for `user`."""
    if actor.token_id is not None or not user.is_active:
        return False
    if actor.everywhere or actor.user == user:
        return True
    if user.last_login is not None or user.has_usable_password() or user.is_superuser:
        return False
    teams = [row.team_id for row in user.memberships.all()]
    return bool(teams) and all(actor.can(Permission.MANAGE_TEAM, team) for team in teams)


def sign_in_link_spend(*, secret: str, address: str | None = None) -> User:
    """Spend a link: its user, exactly once, before it expires. Raises NotFound for every other case.

    The condition names columns of the link alone: with a join, PostgreSQL would let two rivals through.
    """
    now = timezone.now()
    digest = digest_of(secret)
    with transaction.atomic():
        spent = SignInLink.objects.filter(digest=digest, used_at=None, expires_at__gt=now).update(used_at=now)
        if spent == 1:
            user = SignInLink.objects.select_related("user").get(digest=digest).user
            if user.is_active:
                actor = actor_for_user(user, address=address)
                audit_record(actor=actor, action="user.sign-in", target=user, detail={"by": "link"})
                return user
    raise link_spent()


def sign_in_link_open(secret: str) -> bool:
    """Whether the link can still be spent; looking does not spend it."""
    return SignInLink.objects.filter(
        digest=digest_of(secret), used_at=None, expires_at__gt=timezone.now(), user__is_active=True
    ).exists()


def link_spent() -> NotFound:
    """The one answer for a link that is unknown, used or expired."""
    return NotFound(
        _("A sign-in link works once and for a limited time. Ask for a new one, or sign in with your password."),
        code="sign-in-link-spent",
        title=_("This sign-in link does not work any more"),
    )
