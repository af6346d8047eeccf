"""From a compose service to the Engine API's create bodies, labelled as docker compose labels. Pure.

Only what the service gives is in the body: an engine refuses some options by their mere presence (a capability list
on Windows). [Engine API 1.41, ContainerCreate, NetworkCreate, VolumeCreate; docker/compose pkg/api/labels.go]
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from engine_agent.protocol.files import FileSpec, HookSpec
from gallery.compose.parts import Hook
from gallery.compose.types import Network, Port, Project, Service, Volume
from hosts.body_mounts import mounts
from hosts.body_networks import endpoint_body, links, network_create
from hosts.body_resources import isolation, resources
from hosts.body_words import PREFIX, SECOND, Body, container_name, network_name, put, shared

__all__ = ["PREFIX", "SECOND", "Body", "container_name"]

VERSION = "2.29.7"  # the release of docker compose whose labels these are
CONFIG_FILES = "compose.yaml"  # what `docker compose ls` shows as the project's file
PRE_STOP = "io.pierhead.pre-stop"  # what is run in the container before it is stopped, as JSON
CONDITIONS = {
    "service_started": "started",
    "service_healthy": "healthy",
    "service_completed_successfully": "completed",
}


def container_body(project: Project, service: Service, number: int, image_digest: str = "") -> Body:
    """The body of POST /containers/create. image_digest: what the tag stands for; a new one changes the hash."""
    body = _unlabelled(project, service, number)
    labels = dict(service.labels) | {
        f"{PREFIX}project": project.name,
        f"{PREFIX}service": service.name,
        f"{PREFIX}oneoff": "False",
        f"{PREFIX}version": VERSION,
    }
    if service.pre_stop:
        labels[PRE_STOP] = json.dumps([_hook_words(hook) for hook in service.pre_stop], separators=(",", ":"))
    # The hash is the same for every replica, so it is taken over the first.
    shape = {**(body if number == 1 else _unlabelled(project, service, 1)), "Labels": labels}
    found = _hash(project, service, shape, image_digest)
    body["Labels"] = {
        **labels,
        f"{PREFIX}depends_on": _order(service),
        f"{PREFIX}project.config_files": CONFIG_FILES,
        f"{PREFIX}config-hash": found,
        f"{PREFIX}container-number": str(number),
    }
    return body


def _unlabelled(project: Project, service: Service, number: int) -> Body:
    body = _config(service) | {"HostConfig": _host_config(project, service, number)}
    if service.networks:
        first = service.networks[0]
        endpoint = endpoint_body(project, service, first, number)
        body["NetworkingConfig"] = {"EndpointsConfig": {network_name(project, first): endpoint}}
    return body


def _order(service: Service) -> str:
    """As docker compose writes it: service:condition:restart, with a comma between."""
    return ",".join(
        f"{one.service}:{one.condition}:{'true' if one.restart or one.implied else 'false'}"
        for one in service.depends_on
    )


def _hash(project: Project, service: Service, shape: Body, image_digest: str) -> str:
    """Over all that makes a container what it is; another hash means that it is remade.

    Files count by their content. What shares a namespace with another container, or is to be restarted with it, is
    remade when the other is. The order alone changes nothing.
    """
    content: Body = {
        "create": shape,
        "networks": extra_networks(project, service, 1),
        "image": image_digest,
        "name": service.container_name,
    }
    put(content, "files", [_file_words(spec) for spec in files(service)])
    put(content, "hooks", [_hook_words(hook) for hook in service.post_start])
    tied = [one.service for one in service.depends_on if one.restart or one.implied]
    put(content, "tied", {name: config_hash(container_body(project, project.service(name), 1)) for name in tied})
    return digest_of(content)


def digest_of(value: object) -> str:
    """SHA-256 in hex over canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def config_hash(body: Mapping[str, Any]) -> str:
    """The hash in a body made here."""
    return str(body["Labels"][f"{PREFIX}config-hash"])


def extra_networks(project: Project, service: Service, number: int = 1) -> dict[str, Body]:
    """Endpoint settings of the networks beyond the first, by their name on the engine."""
    return {network_name(project, one): endpoint_body(project, service, one, number) for one in service.networks[1:]}


def files(service: Service) -> tuple[FileSpec, ...]:
    """What is written into the container before it starts: configs, secrets and the project's own files."""
    return tuple(FileSpec(one.target, one.content, one.mode, one.uid, one.gid) for one in service.files)


def hooks(given: tuple[Hook, ...]) -> tuple[HookSpec, ...]:
    """Hooks as the agent runs them."""
    return tuple(
        HookSpec(
            one.command,
            one.user,
            one.working_dir,
            one.privileged,
            tuple(f"{name}={value}" for name, value in one.environment.items()),
        )
        for one in given
    )


def _file_words(spec: FileSpec) -> list[Any]:
    digest = hashlib.sha256(spec.content.encode("utf-8", "surrogatepass")).hexdigest()
    return [spec.path, digest, spec.mode, spec.uid, spec.gid]


def _hook_words(hook: Hook) -> Body:
    body: Body = {"command": list(hook.command)}
    put(body, "user", hook.user)
    put(body, "working_dir", hook.working_dir)
    put(body, "privileged", hook.privileged)
    put(body, "environment", [f"{name}={value}" for name, value in hook.environment.items()])
    return body


def network_body(project: Project, network: Network) -> Body | None:
    """The body of POST /networks/create; None for an external network."""
    if network.external:
        return None
    return network_create(network, _made_labels(project, "network", network.key, network.labels))


def volume_body(project: Project, volume: Volume) -> Body | None:
    """The body of POST /volumes/create; None for an external volume."""
    if volume.external:
        return None
    body: Body = {"Name": volume.name, "Labels": _made_labels(project, "volume", volume.key, volume.labels)}
    put(body, "Driver", volume.driver)
    put(body, "DriverOpts", dict(volume.driver_opts))
    return body


def _made_labels(project: Project, kind: str, key: str, labels: Mapping[str, str]) -> dict[str, str]:
    return dict(labels) | {f"{PREFIX}project": project.name, f"{PREFIX}{kind}": key, f"{PREFIX}version": VERSION}


def _config(service: Service) -> Body:
    body: Body = {"Image": service.image}
    if service.command is not None:
        body["Cmd"] = list(service.command)
    if service.entrypoint is not None:
        body["Entrypoint"] = list(service.entrypoint)
    put(body, "Env", [f"{name}={value}" for name, value in service.environment.items()])
    put(body, "Hostname", service.hostname)
    put(body, "Domainname", service.domainname)
    put(body, "MacAddress", service.mac_address)
    put(body, "User", service.user)
    put(body, "WorkingDir", service.working_dir)
    put(body, "Tty", service.tty)
    put(body, "OpenStdin", service.stdin_open)
    put(body, "StopSignal", service.stop_signal)
    if service.stop_grace_period is not None:
        body["StopTimeout"] = round(service.stop_grace_period)
    exposed: dict[str, Body] = {one if "/" in one else f"{one}/tcp": {} for one in service.expose}
    exposed |= {f"{port.target}/{port.protocol}": {} for port in service.ports}
    put(body, "ExposedPorts", exposed)
    if service.healthcheck is not None:
        body["Healthcheck"] = _health(service)
    return body


def _health(service: Service) -> Body:
    check = service.healthcheck
    health: Body = {}
    if check is None:
        return health
    put(health, "Test", list(check.test))
    for name, value in (
        ("Interval", check.interval),
        ("Timeout", check.timeout),
        ("StartPeriod", check.start_period),
        ("StartInterval", check.start_interval),
    ):
        if value is not None:
            health[name] = round(value * SECOND)
    if check.retries is not None:
        health["Retries"] = check.retries
    return health


def _host_config(project: Project, service: Service, number: int) -> Body:
    body: Body = {}
    if service.networks:
        body["NetworkMode"] = network_name(project, service.networks[0])
    else:
        put(body, "NetworkMode", shared(project, service.network_mode, number))
        put(body, "Links", links(project, service) if service.network_mode == "bridge" else [])
    put(body, "PortBindings", port_bindings(service.ports))
    body["RestartPolicy"] = {"Name": service.restart.name}
    put(body["RestartPolicy"], "MaximumRetryCount", service.restart.max_retries)
    mounts(body, project, service, number)
    resources(body, service)
    isolation(body, project, service, number)
    put(body, "ExtraHosts", list(service.hosts))
    put(body, "Dns", list(service.dns))
    put(body, "DnsSearch", list(service.dns_search))
    put(body, "DnsOptions", list(service.dns_opt))
    put(body, "Annotations", dict(service.annotations))
    if service.logging is not None:
        body["LogConfig"] = {"Type": service.logging.driver, "Config": dict(service.logging.options)}
    if service.init is not None:
        body["Init"] = service.init
    return body


def port_bindings(ports: tuple[Port, ...]) -> dict[str, list[dict[str, str]]]:
    """PortMap: every published port by its target."""
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in ports:
        bindings.setdefault(f"{port.target}/{port.protocol}", []).append(
            {"HostIp": port.address, "HostPort": port.published}
        )
    return bindings
