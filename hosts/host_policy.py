"""What the owner of a host allows, as far as the portal can tell beforehand. Pure.

The agent enforces the policy whatever is sent; refusing here only saves the way there. Links are followed on the host
alone, so what passes here may still be refused there (docs/host-policy.md).
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from engine_agent.protocol.policy import HERE, PolicyFact, Rules
from engine_agent.protocol.policy import judge as judging
from engine_agent.protocol.policy.refusal import Refused
from engine_agent.protocol.policy.words import lines
from gallery.compose.types import Service
from hosts import engine_body
from hosts.observed import ObservedHost
from hosts.plan_types import Refusal
from hosts.wanted import Wanted

CODE = "host-policy"


def policy_of(facts: Mapping[str, Any]) -> PolicyFact | None:
    """The policy in the stored facts of a host; None when there is none, or when it cannot be understood."""
    value = facts.get("policy")
    if not value:
        return None
    try:
        return msgspec.convert(value, PolicyFact)
    except msgspec.ValidationError:
        return None


def policy_lines(policy: PolicyFact | None) -> dict[str, list[tuple[str, str]]]:
    """By table of the file, key and value of a policy that is honoured; {} otherwise."""
    tables: dict[str, list[tuple[str, str]]] = {}
    for rule, value in lines(policy.rules) if policy is not None and policy.rules is not None else ():
        table, _, key = rule.partition(".")
        tables.setdefault(table, []).append((key, value))
    return tables


def policy_against(wanted: Wanted, service: Service, host: ObservedHost) -> Refusal | None:
    """Why the owner of the host does not allow the service; None: nothing is known against it."""
    if host.policy is None:
        return None
    if host.policy.rules is None:
        detail = f"The policy file of {host.name} cannot be honoured, so it carries nothing out: {host.policy.trouble}"
        return Refusal(CODE, detail, service.name, host.name)
    try:
        _check(host.policy.rules, wanted, service, host)
    except Refused as refused:
        found = refused.refusal
        detail = f"{found.what}, which the owner of {host.name} does not allow (rule {found.rule} of its policy)."
        return Refusal(CODE, detail, service.name, host.name, found.rule)
    return None


def _check(rules: Rules, wanted: Wanted, service: Service, host: ObservedHost) -> None:
    """Raises Refused."""
    project = wanted.project
    image = wanted.images[service.image]
    judging.action_check(rules, "deploy")
    if image.build_sha256:
        judging.build_check(rules, image.reference)
    elif service.pull_policy != "never" and not (image.problem_detail and host.image(image.reference)):
        judging.image_check(rules, image.source or image.reference)
    for attached in service.networks:
        network = engine_body.network_body(project, project.networks[attached.key])
        if network is not None:
            judging.network_check(rules, network, f"The network {attached.key}")
    for mount in service.mounts:
        if mount.type == "volume" and mount.source in project.volumes:
            volume = engine_body.volume_body(project, project.volumes[mount.source])
            if volume is not None:
                judging.volume_check(rules, volume, HERE, f"The volume {mount.source}")
    judging.container_check(rules, engine_body.container_body(project, service, 1), HERE, service.name)
