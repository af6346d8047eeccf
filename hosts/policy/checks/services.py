"""Services of a swarm: the same limits as for containers, in the spelling of a task."""

from typing import Any

from ..documents import Struct, free, free_fields, given, table, walk
from ..types import Findings, Request, Scope, Unclear
from . import isolation, limits, mounts, namespaces
from .images import image
from .labels import labels
from .owners import named


def privileges(scope: Scope, value: Any, where: str) -> Findings:
    yield from walk(scope, value, PRIVILEGES, where)


def selinux(scope: Scope, value: Any, where: str) -> Findings:
    if any(given(item) for _folded, _name, item in Struct(value, where).items()):
        yield from isolation.security_options(scope, ["label=disable"], where)


def seccomp(scope: Scope, value: Any, where: str) -> Findings:
    fields = Struct(value, where)
    if fields.text("Mode") not in ("", "default") or given(fields.get("Profile")):
        yield from isolation.security_options(scope, ["seccomp=unconfined"], where)


def apparmor(scope: Scope, value: Any, where: str) -> Findings:
    if Struct(value, where).text("Mode") not in ("", "default"):
        yield from isolation.security_options(scope, ["apparmor=unconfined"], where)


def credential_spec(scope: Scope, value: Any, where: str) -> Findings:
    if any(given(item) for _folded, _name, item in Struct(value, where).items()):
        yield from isolation.security_options(scope, ["credentialspec"], where)


def references(kind: str, id_field: str) -> Any:
    """A check that each named secret or config is the team's."""

    def check(scope: Scope, value: Any, where: str) -> Findings:
        if not isinstance(value, list):
            raise Unclear("json-shape", f"{where} is not a list.")
        for item in value:
            yield from named(scope, kind, Struct(item, where).text(id_field))

    return check


def networks(scope: Scope, value: Any, where: str) -> Findings:
    if not isinstance(value, list):
        raise Unclear("json-shape", f"{where} is not a list.")
    for item in value:
        fields = Struct(item, where)
        yield from namespaces.network(scope, fields.text("Target"), where)


def resources(scope: Scope, value: Any, where: str) -> Findings:
    fields = Struct(value, where)
    reservations = Struct(fields.get("Reservations"), f"{where}.Reservations")
    yield from isolation.device_requests(scope, reservations.get("GenericResources"), where)


def plugin(scope: Scope, value: Any, where: str) -> Findings:
    if given(value):
        yield from scope.forbid_always("service-plugin", f"{where} installs a plugin")


def task_runtime(scope: Scope, value: Any, where: str) -> Findings:
    if value not in ("", "container"):
        yield from scope.forbid_always("service-plugin", f"{where} is not container")


def attachment(scope: Scope, value: Any, where: str) -> Findings:
    if given(value):
        yield from scope.forbid_always("service-attachment", f"{where} attaches a container that the policy cannot see")


def container_spec(scope: Scope, value: Any, where: str) -> Findings:
    yield from walk(scope, value, CONTAINER_SPEC, where)


def task_template(scope: Scope, value: Any, where: str) -> Findings:
    yield from walk(scope, value, TASK, where)
    found = Struct(Struct(value, where).get("Resources"), f"{where}.Resources")
    limit = Struct(found.get("Limits"), f"{where}.Resources.Limits")
    amounts = {name: limit.get(name) or 0 for name in ("MemoryBytes", "NanoCPUs", "Pids")}
    if not all(isinstance(amount, (int, float)) for amount in amounts.values()):
        raise Unclear("json-shape", f"{where}.Resources.Limits holds what is no number.")
    yield from limits.amounts(
        scope, memory=amounts["MemoryBytes"], cpus=amounts["NanoCPUs"] / 1e9, pids=amounts["Pids"], where=where
    )


PRIVILEGES = table(
    {
        "CredentialSpec": credential_spec,
        "SELinuxContext": selinux,
        "Seccomp": seccomp,
        "AppArmor": apparmor,
        "NoNewPrivileges": free,
    }
)
CONTAINER_SPEC = table(
    {
        **free_fields(
            "Command Args Hostname Env Dir User Groups TTY OpenStdin ReadOnly StopSignal "
            "StopGracePeriod HealthCheck Hosts DNSConfig Isolation Init CapabilityDrop"
        ),
        "Image": image,
        "Labels": labels,
        "Privileges": privileges,
        "Mounts": mounts.mounts,
        "Secrets": references("secret", "SecretID"),
        "Configs": references("config", "ConfigID"),
        "Sysctls": limits.sysctls,
        "CapabilityAdd": isolation.capabilities,
        "Ulimits": limits.ulimits,
        "OomScoreAdj": limits.oom,
    }
)
TASK = table(
    {
        "PluginSpec": plugin,
        "ContainerSpec": container_spec,
        "NetworkAttachmentSpec": attachment,
        "Resources": resources,
        "RestartPolicy": free,
        "Placement": free,
        "ForceUpdate": free,
        "Runtime": task_runtime,
        "Networks": networks,
        "LogDriver": limits.log_config,
    }
)
SERVICE = table(
    {
        **free_fields("Name Mode UpdateConfig RollbackConfig EndpointSpec"),
        "Labels": labels,
        "TaskTemplate": task_template,
        "Networks": networks,
    }
)


def spec(scope: Scope, value: Any, where: str = "service") -> Findings:
    """One ServiceSpec."""
    yield from scope.forbid("services", "Services of a swarm", lambda o: o.services)
    yield from walk(scope, value, SERVICE, where)


def create(scope: Scope, request: Request, name: str) -> Findings:
    yield from spec(scope, request.body)


def update(scope: Scope, request: Request, name: str) -> Findings:
    """The new spec, or the previous one when the request goes back to it."""
    yield from spec(scope, request.body)
    if request.first("rollback"):
        found = scope.resource("service", name)
        previous = (found.document or {}).get("PreviousSpec") if found else None
        if previous is None:
            yield from scope.forbid_always("rollback-unknown", "The spec to go back to was not looked at")
        else:
            yield from spec(scope, previous, "PreviousSpec")


def labelled(scope: Scope, request: Request, name: str) -> Findings:
    """Secrets and configs: their labels, and no driver of their own."""
    fields = Struct(request.body, "body")
    if fields.get("Labels") is not None:
        yield from labels(scope, fields.get("Labels"), "Labels")
    for driver in ("Driver", "Templating"):
        if given(fields.get(driver)):
            yield from scope.forbid_always("secret-driver", f"{driver} makes the cluster call a plugin")
