"""The portal in numbers, in Prometheus' text format. Each scrape counts in the database; nothing is kept in between."""

from collections.abc import Iterator

from django.db.models import Count
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

from hosts.models import Command, Deployment, Host
from hosts.models.commands import CommandState
from hosts.models.deployments import DeploymentState
from hosts.models.hosts import STALE_AFTER
from portal import VERSION


class PortalCollector:
    """Hosts, commands, deployments and jobs. A state without rows is 0, not absent."""

    def describe(self) -> list[Metric]:
        """Nothing in advance, so that registering it asks no database."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield _one("pierhead_info", "The version of the portal.", 1, {"version": VERSION})
        hosts = Host.objects.filter(revoked_at=None)
        connected = hosts.exclude(link="").filter(last_seen_at__gte=timezone.now() - STALE_AFTER)
        yield _one("pierhead_hosts", "Hosts that are enrolled.", hosts.count())
        yield _one(
            "pierhead_agents_connected",
            "Agents with an open connection that have been heard lately.",
            connected.count(),
        )
        commands = dict(Command.objects.order_by().values_list("state").annotate(Count("pk")))
        yield _by_state("pierhead_commands", "Commands by state.", CommandState.values, commands)
        deployments = dict(Deployment.objects.order_by().values_list("state").annotate(Count("pk")))
        yield _by_state("pierhead_deployments", "Deployments by state.", DeploymentState.values, deployments)
        queued = jobs_queued()
        if queued is not None:
            yield _one("pierhead_jobs_queued", "Background jobs that wait for a worker.", queued)


def jobs_queued() -> int | None:
    """How many jobs wait; None when Redis does not answer (then the number is unknown, not 0)."""
    from django_rq import get_queue
    from redis.exceptions import RedisError

    try:
        return int(get_queue("default").count)
    except (RedisError, OSError):
        return None


def _one(name: str, text: str, value: float, labels: dict[str, str] | None = None) -> Metric:
    family = GaugeMetricFamily(name, text, labels=list(labels or {}))
    family.add_metric(list((labels or {}).values()), value)
    return family


def _by_state(name: str, text: str, states: list[str], counts: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=["state"])
    for state in states:
        family.add_metric([state], counts.get(state, 0))
    return family


REGISTRY = CollectorRegistry(auto_describe=False)
REGISTRY.register(PortalCollector())
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)


def text() -> bytes:
    """All measures of this node now."""
    return generate_latest(REGISTRY)
