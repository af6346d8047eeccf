"""/teams/{slug}/policy: what deployers of a team may ask of its hosts."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from hosts.api.schemas import Strict
from hosts.models.policies import TeamPolicy
from hosts.selectors.policies import team_policy
from hosts.services.policies import policy_change
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_get

router = Router()


class PolicyIn(Strict):
    """options: by the names of docs/policy.md; what is left out of them goes back to its default."""

    options: dict[str, Any] | None = None
    shared_hosts: bool | None = None
    record_terminals: bool | None = None


class PolicyOut(Schema):
    """options: every option with its value."""

    team: str
    options: dict[str, Any]
    shared_hosts: bool
    record_terminals: bool
    updated_at: datetime | None


@router.get("/teams/{slug}/policy", response=PolicyOut, summary="What deployers of the team may ask of its hosts")
def policy(request: HttpRequest, slug: str) -> PolicyOut:
    actor = actor_of(request)
    team = team_get(actor, slug)
    return _out(slug, team_policy(team=team, actor=actor))


@router.put("/teams/{slug}/policy", response=PolicyOut, summary="Change it; an admin's")
def policy_put(request: HttpRequest, slug: str, body: PolicyIn) -> PolicyOut:
    actor = actor_of(request)
    team = team_get(actor, slug)
    row = policy_change(
        team=team,
        actor=actor,
        options=body.options,
        shared_hosts=body.shared_hosts,
        record_terminals=body.record_terminals,
    )
    return _out(slug, row)


def _out(slug: str, row: TeamPolicy) -> PolicyOut:
    return PolicyOut(
        team=slug,
        options=row.allowed.as_dict(),
        shared_hosts=row.shared_hosts,
        record_terminals=row.record_terminals,
        updated_at=row.updated_at,
    )
