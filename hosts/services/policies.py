"""Changing the policy of a team."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from hosts.models.policies import TeamPolicy
from hosts.policy import Options, options_from
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Invalid


def policy_change(
    *,
    team: Team,
    actor: Actor,
    options: Mapping[str, Any] | None = None,
    shared_hosts: bool | None = None,
    record_terminals: bool | None = None,
) -> TeamPolicy:
    """Replace what is given. options: all of them; what is left out goes back to its default. Raises Invalid."""
    permission_require(actor=actor, permission=Permission.MANAGE_TEAM, team=team, action="policy.change")
    with transaction.atomic():
        Team.objects.select_for_update().get(pk=team.pk)
        row = TeamPolicy.objects.filter(team=team).first() or TeamPolicy(team=team)
        before = _settings(row)
        if options is not None:
            row.options = differences(_checked(options))
        if shared_hosts is not None:
            row.shared_hosts = shared_hosts
        if record_terminals is not None:
            row.record_terminals = record_terminals
        row.updated_by = actor.user
        row.save()
        changed = {name: value for name, value in _settings(row).items() if before[name] != value}
        if changed:
            audit_record(actor=actor, action="policy.change", team=team, target=team, detail={"changed": changed})
    return row


def differences(options: Options) -> dict[str, Any]:
    """What differs from the defaults."""
    plain = Options().as_dict()
    return {name: value for name, value in options.as_dict().items() if value != plain[name]}


def _settings(row: TeamPolicy) -> dict[str, Any]:
    own = {"shared_hosts": row.shared_hosts, "record_terminals": row.record_terminals}
    return {**row.allowed.as_dict(), **own}


def _checked(options: Mapping[str, Any]) -> Options:
    try:
        return options_from(options)
    except ValueError as error:
        field = str(error).split(" ")[0]
        raise Invalid(f"{error}.", fields={field: [f"{error}."]}) from None
