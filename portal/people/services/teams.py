"""Teams and their members."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from portal.problems import Conflict, Invalid, NotAllowed, NotFound

from ..access import Actor, Permission
from ..models import ApiToken, Membership, Role, Team, User
from .audit import audit_denied, audit_record, permission_require


def role_parse(value: str) -> Role:
    """The role called `value`. Raises Invalid, naming the roles that exist."""
    try:
        return Role(value)
    except ValueError:
        message = _("There is no role “%(role)s”. Choose one of: %(roles)s.") % {
            "role": value,
            "roles": ", ".join(Role.values),
        }
        raise Invalid(message, fields={"role": [message]}) from None


def team_create(*, name: str, actor: Actor) -> Team:
    """Make a team. Only administrators of the portal may; the maker becomes its first admin.

    Raises Invalid for an unusable name, Conflict when the name is taken, NotAllowed.
    """
    if not actor.administers_portal:
        problem = NotAllowed(_("Only an administrator of the portal makes teams. Ask one of them."))
        audit_denied(actor=actor, action="team.create", problem=problem)
        raise problem
    name = " ".join(name.split())
    slug = slugify(name)[:80]
    if not slug or len(name) > 80:
        message = _("Give the team a name of 1 to 80 characters with at least one letter or digit.")
        raise Invalid(message, fields={"name": [message]})
    try:
        with transaction.atomic():
            team = Team.objects.create(name=name, slug=slug)
            if actor.user is not None:
                Membership.objects.create(user=actor.user, team=team, role=Role.ADMIN)
            audit_record(actor=actor, action="team.create", team=team, target=team)
    except IntegrityError:
        message = _("There is already a team with this name. Choose another one.")
        raise Conflict(message, code="team-exists", fields={"name": [message]}) from None
    return team


def member_add(*, team: Team, user: User, role: str, actor: Actor) -> Membership:
    """Give `user` a role in `team`. Raises Conflict when the user is a member already."""
    permission_require(actor=actor, permission=Permission.MANAGE_TEAM, team=team, action="member.add", target=user)
    wanted = role_parse(role)
    try:
        with transaction.atomic():
            membership = Membership.objects.create(user=user, team=team, role=wanted)
            audit_record(actor=actor, action="member.add", team=team, target=user, detail={"role": wanted.value})
    except IntegrityError:
        message = _("%(user)s is a member of this team already. Change the role in the list of members.") % {
            "user": user.label
        }
        raise Conflict(message, code="member-exists", fields={"username": [message]}) from None
    return membership


def member_role_change(*, team: Team, user: User, role: str, actor: Actor) -> Membership:
    """Give a member another role. Raises NotFound, and Conflict when the team would be left without an admin."""
    permission_require(
        actor=actor, permission=Permission.MANAGE_TEAM, team=team, action="member.role-change", target=user
    )
    wanted = role_parse(role)
    with transaction.atomic():
        membership = _locked(team, user)
        before = membership.role
        if before == wanted:
            return membership
        if before == Role.ADMIN:
            _keep_one_admin(membership)
        membership.role = wanted
        membership.save(update_fields=["role"])
        audit_record(
            actor=actor,
            action="member.role-change",
            team=team,
            target=user,
            detail={"from": before, "to": wanted.value},
        )
    return membership


def member_remove(*, team: Team, user: User, actor: Actor) -> None:
    """Take a member out of a team and end their tokens there. A member may also leave by themselves.

    Raises NotFound, and Conflict when the team would be left without an admin.
    """
    if actor.user != user or actor.token_id is not None:
        permission_require(
            actor=actor, permission=Permission.MANAGE_TEAM, team=team, action="member.remove", target=user
        )
    with transaction.atomic():
        membership = _locked(team, user)
        if membership.role == Role.ADMIN:
            _keep_one_admin(membership)
        membership.delete()
        ended = ApiToken.objects.filter(user=user, team=team, revoked_at=None).update(revoked_at=timezone.now())
        audit_record(actor=actor, action="member.remove", team=team, target=user, detail={"tokens_revoked": ended})


def _locked(team: Team, user: User) -> Membership:
    """The membership, with the team's row locked: two admins who demote each other must not both succeed."""
    Team.objects.select_for_update().get(pk=team.pk)
    try:
        return Membership.objects.select_related("team", "user").get(team=team, user=user)
    except Membership.DoesNotExist:
        raise NotFound(_("%(user)s is not a member of this team.") % {"user": user.label}) from None


def _keep_one_admin(membership: Membership) -> None:
    others = Membership.objects.filter(team=membership.team, role=Role.ADMIN, user__is_active=True)
    if not others.exclude(pk=membership.pk).exists():
        raise Conflict(
            _("%(user)s is the last admin of this team. Make somebody else admin first.")
            % {"user": membership.user.label},
            code="last-admin",
        )
