"""From our rows to what the API gives."""

from hosts.api import schemas as out
from hosts.disks import full_disks
from hosts.models import Command, Container, Enrolment, Host, Image, Network, Volume
from hosts.models.commands import OPEN_STATES, WAITING_STATES, CommandState
from hosts.models.hosts import HostState
from hosts.selectors.hosts import age_seconds, facts_fresh, facts_observed_at
from hosts.selectors.queue import why_waiting


def enrolment_out(row: Enrolment) -> out.EnrolmentOut:
    return out.EnrolmentOut(
        id=row.pk,
        team=row.team.slug,
        labels=row.labels,
        uses=row.uses,
        used=row.used,
        open=row.open,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )


def host_out(host: Host) -> out.HostOut:
    observed_at = facts_observed_at(host=host)
    return out.HostOut(
        id=host.pk,
        name=host.name,
        team=host.team.slug,
        state=host.state,
        os=host.os,
        os_name=host.os_name,
        os_version=host.os_version,
        kernel=host.kernel,
        architecture=host.architecture,
        isolation=host.isolation,
        cpus=host.cpus,
        memory_bytes=host.memory_bytes,
        engine=out.EngineOut(
            id=host.engine_id, version=host.engine_version, api_version=host.api_version, error=host.engine_error
        ),
        agent_version=host.agent_version,
        labels=host.labels,
        containers=getattr(host, "container_count", 0),
        running=getattr(host, "running_count", 0),
        observed_at=observed_at,
        age_seconds=age_seconds(observed_at),
        fresh=facts_fresh(host=host),
        last_seen_at=host.last_seen_at,
        linked_at=host.linked_at,
        created_at=host.created_at,
        revoked_at=host.revoked_at,
        waiting_since=host.waiting_since,
        clock_skew_seconds=host.clock_skew,
        conflict=host.conflict or None,
        full_disks=full_disks(host.facts),
    )


def container_out(row: Container) -> out.ContainerOut:
    observed_at = facts_observed_at(host=row.host, row_observed_at=row.observed_at)
    return out.ContainerOut(
        id=row.cid,
        name=row.name,
        host=row.host_id,
        host_name=row.host.name,
        image=row.image,
        image_id=row.image_id,
        command=row.command,
        state=row.state,
        health=row.health,
        exit_code=row.exit_code,
        restarts=row.restarts,
        ports=[out.PortOut(**port) for port in row.ports],
        mounts=row.mounts,
        networks=row.networks,
        labels=row.labels,
        project=row.project,
        service=row.service,
        created_at=row.created,
        started_at=row.started,
        finished_at=row.finished,
        observed_at=observed_at,
        age_seconds=age_seconds(observed_at),
        host_state=row.host.state,
    )


def image_out(row: Image) -> out.ImageOut:
    observed_at = facts_observed_at(host=row.host, row_observed_at=row.observed_at)
    return out.ImageOut(
        id=row.image_id,
        tags=row.tags,
        digests=row.digests,
        size=row.size,
        created_at=row.created,
        observed_at=observed_at,
        age_seconds=age_seconds(observed_at),
    )


def network_out(row: Network) -> out.NetworkOut:
    observed_at = facts_observed_at(host=row.host, row_observed_at=row.observed_at)
    return out.NetworkOut(
        id=row.network_id,
        name=row.name,
        driver=row.driver,
        scope=row.scope,
        subnets=row.subnets,
        labels=row.labels,
        observed_at=observed_at,
        age_seconds=age_seconds(observed_at),
    )


def volume_out(row: Volume) -> out.VolumeOut:
    observed_at = facts_observed_at(host=row.host, row_observed_at=row.observed_at)
    return out.VolumeOut(
        name=row.name,
        driver=row.driver,
        labels=row.labels,
        created_at=row.created,
        observed_at=observed_at,
        age_seconds=age_seconds(observed_at),
    )


def command_out(row: Command) -> out.CommandOut:
    waiting = why_waiting(row) if row.state in WAITING_STATES and row.host.state != HostState.ONLINE else ""
    result = row.result or {}
    return out.CommandOut(
        id=row.pk,
        host=row.host_id,
        host_name=row.host.name,
        kind=row.kind,
        summary=row.summary,
        state=CommandState(row.state),
        outcome=result.get("outcome", "") if row.state not in OPEN_STATES else "",
        error=row.error,
        code=result.get("code", ""),
        log_tail=result.get("log_tail", ""),
        result=result.get("result", {}),
        waiting=waiting,
        in_line=row.in_line,
        created_by=row.created_by.label if row.created_by else "",
        created_at=row.created_at,
        expires_at=row.expires_at,
        sent_at=row.sent_at,
        accepted_at=row.accepted_at,
        finished_at=row.finished_at,
        cancel_requested_at=row.cancel_requested_at,
    )
