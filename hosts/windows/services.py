"""A compose service on a Windows host: the bodies that would be sent, judged."""

from gallery.compose.types import Project, Service
from hosts import engine_body
from hosts.observed import ObservedHost
from hosts.windows import Finding, WindowsHost, container_findings, network_findings


def service_findings(project: Project, service: Service, host: ObservedHost) -> list[Finding]:
    """What the engine of `host` would refuse or ignore of one service and its networks; nothing for other hosts."""
    if host.os != "windows":
        return []
    windows = WindowsHost(host.name, host.isolation, host.cpus, host.memory_bytes, host.os_name)
    found = container_findings(engine_body.container_body(project, service, 1), windows)
    for one in service.networks:
        body = engine_body.network_body(project, project.networks[one.key])
        found += network_findings(body, windows) if body is not None else []
    return sorted(found, key=lambda finding: not finding.refused)
