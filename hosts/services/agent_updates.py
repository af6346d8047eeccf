"""Updating agents from the portal: a signed package, tried on the host, given up when it does not report."""

from collections.abc import Iterable

from django.db import transaction

from engine_agent.protocol.package import PackageFile, UpdateAgent
from hosts import live
from hosts.agent_package.offer import offer
from hosts.agent_package.signing import package_signed
from hosts.agent_package.wheels import Kept
from hosts.models import Command, Host
from hosts.models.hosts import HostState
from hosts.services.commands import command_create, topics_of
from portal.people.access import Actor, Permission
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict

FILES = "/agent/files/"
KIND = "update_agent"


def agent_update(*, host: Host, actor: Actor) -> Command:
    """Have the host's agent become the version that this portal offers.

    Raises NotAllowed, Conflict (agent-current, agent-update-running, agent-update-unsupported, package-incomplete).
    """
    permission_require(
        actor=actor, permission=Permission.MANAGE_HOSTS, team=host.team, action="host.update_agent", target=host
    )
    body = _package(host)
    running = host.commands.filter(kind=KIND, finished_at=None).first()
    if running is not None:
        raise Conflict(f"The agent of {host.name} is being updated already.", code="agent-update-running")
    with transaction.atomic():
        summary = f"Update the agent to {body.version}"
        command = command_create(host=host, body=body, summary=summary, actor=actor)
        detail = {"from": host.agent_version, "to": body.version, "command": str(command.pk)}
        audit_record(actor=actor, action="host.update_agent", team=host.team, target=host, detail=detail)
        live.publish(topics_of([command]))
    return command


def agents_update(*, hosts: Iterable[Host], actor: Actor) -> tuple[list[Command], list[str]]:
    """The same for many: the commands, and a sentence for each host that was left out."""
    commands, left = [], []
    for host in hosts:
        try:
            commands.append(agent_update(host=host, actor=actor))
        except Conflict as conflict:
            left.append(conflict.detail)
    return commands, left


def update_offered(host: Host) -> str:
    """The version that this portal offers and the host's agent has not, "" when there is none."""
    version = offer().wheel.version
    newer = host.agent_version and _number(version) > _number(host.agent_version)
    return version if newer and host.state != HostState.REVOKED else ""


def _package(host: Host) -> UpdateAgent:
    """The package for the host's system. Raises Conflict."""
    version = update_offered(host)
    if not version:
        raise Conflict(f"The agent of {host.name} is as new as this portal's.", code="agent-current")
    if host.os == "windows":
        raise Conflict(
            f"The agent of {host.name} runs on Windows and is updated there: run install.ps1 of this portal again.",
            code="agent-update-unsupported",
        )
    now = offer()
    kept = [one for one in now.house.kept(now.pins) if _for(host, one.name)]
    missing = sorted({pin.name for pin in now.pins} - {one.project for one in kept})
    if missing:
        raise Conflict(
            f"This portal has not collected {', '.join(missing)} for {host.os}/{host.architecture}. On the portal run "
            "`python manage.py agent_package`, then try again.",
            code="package-incomplete",
        )
    own = PackageFile(now.wheel.name, FILES + now.wheel.name, now.wheel.sha256, len(now.wheel.content))
    return package_signed(version, (own, *map(_file, kept)))


def _file(one: Kept) -> PackageFile:
    return PackageFile(one.name, FILES + one.name, one.sha256, one.path.stat().st_size)


def _for(host: Host, name: str) -> bool:
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(host.architecture, host.architecture)
    systems = name.removesuffix(".whl").rpartition("-")[2].split(".")
    return "any" in systems or any(one.startswith("manylinux") and one.endswith(f"_{machine}") for one in systems)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("+")[0].split(".") if part.isdigit())
