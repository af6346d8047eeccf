"""Who is the first to come in: made when nobody exists, and let in by one-time links until they choose a password."""

from django.db import transaction
from django.urls import NoReverseMatch, reverse

from portal.people.access import portal_actor
from portal.people.models import Role, Team, User
from portal.people.services.sign_in import sign_in_link_create
from portal.people.services.teams import member_add, team_create
from portal.people.services.users import user_create

FIRST_NAME = "admin"
FIRST_TEAM = "First team"


def first_administrator_make() -> bool:
    """When there is no user at all: make "admin" (administrator of the portal, no password) and the first team.

    True: they were made now, so the database is new.
    """
    actor = portal_actor("manage.py up")
    with transaction.atomic():
        if User.objects.exists():
            return False
        user = user_create(username=FIRST_NAME, actor=actor, superuser=True)
        team = Team.objects.order_by("pk").first() or team_create(name=FIRST_TEAM, actor=actor)
        member_add(team=team, user=user, role=Role.ADMIN.value, actor=actor)
    return True


def first_sign_in_secret() -> str:
    """The secret of a fresh link for the first administrator; "" once they have a password or are no longer wanted."""
    user = User.objects.filter(username=FIRST_NAME, is_superuser=True, is_active=True).first()
    if user is None or user.has_usable_password():
        return ""
    return sign_in_link_create(user=user, actor=portal_actor("manage.py up"))


def sign_in_address(public_url: str, secret: str) -> str:
    """The address at which `secret` is spent; "" when there is none."""
    if not secret:
        return ""
    try:
        path = reverse("people:sign-in-link", kwargs={"secret": secret})
    except NoReverseMatch:
        path = f"/sign-in/link/{secret}/"
    return f"{public_url}{path}"


def first_team() -> Team | None:
    """The oldest team: the one that this machine is enrolled in."""
    return Team.objects.order_by("pk").first()
