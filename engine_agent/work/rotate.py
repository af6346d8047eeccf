"""A new key for this host."""

from ..keyring import Keyring
from ..problems import AgentProblem
from .desk import Order
from .outcome import Failure, Outcome


def rotate_carry_out(keyring: Keyring | None, order: Order) -> Outcome:
    """Make the key and answer with its public part; it is used once the portal has stored it. Raises Failure."""
    if keyring is None:
        raise Failure("This agent cannot change its key; update it", "unknown-action")
    try:
        return Outcome(result=keyring.rotation(order.id))
    except (AgentProblem, OSError) as error:
        raise Failure(f"The new key could not be kept on the host: {error}. Check its disk", "no-space") from error
