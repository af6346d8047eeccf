"""Enrolments: one-time tokens, and the act that makes a machine a host."""

from collections.abc import Mapping

from engine_agent.protocol.facts import HostFacts
from hosts.models import Enrolment, Host
from portal.people.access import Actor
from portal.people.models import Team


def enrolment_create(
    *, team: Team, actor: Actor, labels: Mapping[str, str] | None = None, ttl_seconds: int = 3600, uses: int = 1
) -> tuple[Enrolment, str]:
    """A new enrolment and its token, which is shown once. Hosts that spend it get `labels`.

    ttl_seconds: 60 to 30 days; uses: 1 to 1000. Raises Invalid, NotAllowed.
    """
    raise NotImplementedError


def enrolment_revoke(*, enrolment: Enrolment, actor: Actor) -> None:
    """The token can no longer be spent; hosts that came by it stay."""
    raise NotImplementedError


def enrolment_spend(
    *, token: str, public_key: bytes, signature: bytes, name: str, facts: HostFacts, address: str | None
) -> Host:
    """Make the machine that holds `public_key` a host of the enrolment's team.

    The use is counted by one conditional update, so a token cannot be spent twice at once.
    Raises Refused (token-unknown, token-expired, token-used, token-revoked, bad-signature), Conflict (duplicate-key,
    duplicate-engine), Invalid.
    """
    raise NotImplementedError
