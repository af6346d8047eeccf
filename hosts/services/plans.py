"""Plans: what a revision would change now."""

from hosts.models import Revision
from hosts.plan_types import Plan
from portal.people.access import Actor


def plan_make(*, revision: Revision, actor: Actor) -> Plan:
    """The plan of deploying `revision` now. Changes nothing. Raises PlanRefused with every refusal."""
    raise NotImplementedError
