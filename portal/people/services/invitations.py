"""Bringing somebody into a team."""

from django.db import transaction

from ..access import Actor, Permission
from ..models import Membership, Team, User
from .audit import permission_require
from .sign_in import sign_in_link_create
from .teams import member_add
from .users import user_create


def member_invite(*, team: Team, username: str, role: str, actor: Actor, name: str = "") -> tuple[Membership, str]:
    """Add the user called `username` to the team, making the user when there is none.

    Returns the membership and the secret of a one-time sign-in link to hand over, "" for a user who existed before.
    Raises Invalid, Conflict, NotAllowed.
    """
    permission_require(actor=actor, permission=Permission.MANAGE_TEAM, team=team, action="member.add")
    with transaction.atomic():
        user = User.objects.filter(username=username.strip()).first()
        if user is not None:
            return member_add(team=team, user=user, role=role, actor=actor), ""
        user = user_create(username=username, name=name, team=team, actor=actor)
        membership = member_add(team=team, user=user, role=role, actor=actor)
        secret = "" if actor.token_id is not None else sign_in_link_create(user=user, actor=actor)
        return membership, secret
