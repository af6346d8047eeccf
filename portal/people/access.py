"""Who is acting, and what their role permits. The only place where a permission is decided.

Pages, API, websockets and jobs build an `Actor` and ask it; nothing compares roles by hand.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from portal.problems import NotAllowed, NotFound

from .models import Membership, Role, Team, User


class Permission(StrEnum):
    """What can be permitted. The role that each needs is in `NEEDS`."""

    READ = "read"  # see hosts, containers, applications, logs of the team
    DEPLOY = "deploy"  # create, change, deploy and remove applications
    OPERATE = "operate"  # start, stop, restart, remove containers
    MANAGE_HOSTS = "manage-hosts"  # enrol, rename, label, revoke hosts
    MANAGE_TEAM = "manage-team"  # members, roles, every token of the team
    READ_AUDIT = "read-audit"  # see the team's audit


NEEDS: dict[Permission, Role] = {
    Permission.READ: Role.VIEWER,
    Permission.DEPLOY: Role.DEPLOYER,
    Permission.OPERATE: Role.DEPLOYER,
    Permission.MANAGE_HOSTS: Role.ADMIN,
    Permission.MANAGE_TEAM: Role.ADMIN,
    Permission.READ_AUDIT: Role.ADMIN,
}


@dataclass(frozen=True)
class Actor:
    """A signed-in user or an API token, with the role it has in each team.

    user: the person acting, None for the portal itself.
    roles: team id -> role. A token has exactly one entry.
    address: the peer's address, for the audit.
    token_id: the API token that is used; None for a person on the pages.
    """

    user: User | None
    label: str
    roles: dict[int, Role] = field(default_factory=dict)
    everywhere: bool = False
    address: str | None = None
    token_id: int | None = None

    @property
    def administers_portal(self) -> bool:
        """Whether they may make teams and users: the portal, its administrators, and their own tokens of role admin."""
        if self.everywhere:
            return True
        return self.user is not None and self.user.is_superuser and Role.ADMIN in self.roles.values()

    def role_in(self, team_id: int) -> Role | None:
        """The role in a team; None when the team is not theirs to see."""
        return Role.ADMIN if self.everywhere else self.roles.get(team_id)

    def can(self, permission: Permission, team: Team | int) -> bool:
        role = self.role_in(team if isinstance(team, int) else team.pk)
        return role is not None and role.includes(NEEDS[permission])

    def require(self, permission: Permission, team: Team | int) -> None:
        """Raise NotFound when the team is not visible at all, NotAllowed when the role is too small."""
        role = self.role_in(team if isinstance(team, int) else team.pk)
        if role is None:
            raise NotFound("It does not exist, or it belongs to a team you are not in.")
        needed = NEEDS[permission]
        if not role.includes(needed):
            raise NotAllowed(f"This needs the role {needed.label}; you are {role.label}. Ask an admin of the team.")

    def team_ids(self, permission: Permission = Permission.READ) -> list[int] | None:
        """Ids of the teams in which this is permitted; None means every team."""
        if self.everywhere:
            return None
        return [team_id for team_id, role in self.roles.items() if role.includes(NEEDS[permission])]


def actor_for_user(user: User, *, address: str | None = None) -> Actor:
    """The actor of a signed-in user."""
    memberships: Iterable[Membership] = Membership.objects.filter(user=user)
    roles = {row.team_id: Role(row.role) for row in memberships}
    return Actor(user=user, label=user.label, roles=roles, everywhere=user.is_superuser, address=address)


def portal_actor(label: str = "Pierhead") -> Actor:
    """The portal itself, for what jobs and agents cause."""
    return Actor(user=None, label=label, everywhere=True)
