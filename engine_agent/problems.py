"""What a person at the command line can meet.

    AgentProblem               exit 1   the base: what happened, and what to do
    ├── PortalUnreachable      exit 3   no answer from the portal
    ├── PortalRefused          exit 4   the portal answered no (token spent, expired, unknown)
    ├── NotEnrolled            exit 5   there is no identity in the state folder
    └── StateUnusable          exit 6   the state folder cannot be read or written, or another agent uses it

Exit 2 is a command line that makes no sense (argparse).
"""


class AgentProblem(Exception):
    """what: one sentence on what happened; remedy: what to do about it, "" when there is nothing to do."""

    exit_code = 1

    def __init__(self, what: str, *, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


class PortalUnreachable(AgentProblem):
    """No answer from the portal."""

    exit_code = 3


class PortalRefused(AgentProblem):
    """The portal answered no."""

    exit_code = 4


class NotEnrolled(AgentProblem):
    """There is no identity in the state folder."""

    exit_code = 5


class StateUnusable(AgentProblem):
    """The state folder cannot be read or written, or another agent uses it."""

    exit_code = 6
