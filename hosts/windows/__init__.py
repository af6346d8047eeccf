"""The rules of Windows containers, applied before anything is sent to a Windows host. Pure; docs/windows.md.

    findings = container_findings(body, WindowsHost("win-1", isolation="process"))
    findings += network_findings(body, host)

They judge the bodies of the Engine API, which is what the engine judges: what it would refuse is refused here with its
own words beside ours, and what it takes and then ignores is warned about. The match of builds is in `builds`.
"""

from collections.abc import Mapping
from typing import Any

from hosts.windows import mounts, networks, options, ports, resources
from hosts.windows.types import Finding, WindowsHost

__all__ = ["Finding", "WindowsHost", "container_findings", "network_findings"]


def container_findings(body: Mapping[str, Any], host: WindowsHost) -> list[Finding]:
    """What a Windows engine makes of a body of POST /containers/create, refusals first."""
    host_config = body.get("HostConfig") or {}
    found = [
        *options.findings(body, host_config, host),
        *resources.findings(host_config, host),
        *mounts.findings(host_config, host),
        *networks.container_findings(host_config, host),
        *ports.findings(host_config, host),
    ]
    return sorted(found, key=lambda finding: not finding.refused)


def network_findings(body: Mapping[str, Any], host: WindowsHost) -> list[Finding]:
    """What a Windows engine makes of a body of POST /networks/create, refusals first."""
    return sorted(networks.network_findings(body, host), key=lambda finding: not finding.refused)
