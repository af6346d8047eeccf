"""The people tables."""

from .audit import AuditEntry
from .credentials import ApiToken, SignInLink
from .teams import Membership, Role, Team
from .users import User

__all__ = ["ApiToken", "AuditEntry", "Membership", "Role", "SignInLink", "Team", "User"]
