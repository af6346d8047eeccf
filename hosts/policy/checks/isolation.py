"""What keeps a container from the host: capabilities, devices, profiles, and the host's own namespaces."""

from typing import Any

from ..documents import Struct, given, texts
from ..options import allows
from ..types import Findings, Scope, Unclear

# [moby oci/caps/defaults.go]
DEFAULT_CAPABILITIES = frozenset(
    (
        *("CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP"),
        *("NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE"),
    )
)
HARMLESS_SECURITY = frozenset(
    ("no-new-privileges", "no-new-privileges:true", "no-new-privileges=true", "seccomp=builtin", "seccomp:builtin")
)
HARMLESS_MODES = {
    "network": ("", "default", "bridge", "none", "nat"),
    "ipc": ("", "private", "shareable", "none"),
    "pid": ("", "private"),
    "uts": ("", "private"),
    "userns": ("",),
    "cgroup": ("", "private"),
}


def privileged(scope: Scope, value: Any, where: str) -> Findings:
    if given(value):
        yield from scope.forbid("privileged", f"{where} asks for all rights on the host", lambda o: o.privileged)


def host_namespace(scope: Scope, namespace: str, where: str) -> Findings:
    yield from scope.forbid(
        f"host-namespace-{namespace}",
        f"{where} shares the host's {namespace} namespace",
        lambda o: allows(o.host_namespaces, namespace),
    )


def capabilities(scope: Scope, value: Any, where: str) -> Findings:
    for text in texts(value, where):
        name = text.strip().upper().removeprefix("CAP_")
        if name not in DEFAULT_CAPABILITIES:
            yield from scope.forbid(
                "capability",
                f"{where} adds the capability {text[:40]}",
                lambda o, name=name: allows(o.capabilities, name) or f"CAP_{name}" in o.capabilities,  # type: ignore[misc]
            )


def security_options(scope: Scope, value: Any, where: str) -> Findings:
    for text in texts(value, where):
        if text not in HARMLESS_SECURITY:
            yield from scope.forbid(
                "security-option",
                f"{where} sets {text[:60]}",
                lambda o, text=text: (
                    allows(o.security_options, text) or text.replace(":", "=", 1) in o.security_options
                ),  # type: ignore[misc]
            )


def system_paths(scope: Scope, value: Any, where: str) -> Findings:
    """MaskedPaths and ReadonlyPaths: any list, the empty one too, replaces the engine's own."""
    yield from scope.forbid(
        "system-paths",
        f"{where} uncovers paths of the kernel",
        lambda o: allows(o.security_options, "systempaths=unconfined"),
    )


def devices(scope: Scope, value: Any, where: str) -> Findings:
    if not isinstance(value, list):
        raise Unclear("json-shape", f"{where} is not a list.")
    for item in value:
        path = Struct(item, where).text("PathOnHost")
        yield from scope.forbid(
            "device",
            f"{where} gives the device {path[:80]}",
            lambda o, path=path: allows(o.devices, path),  # type: ignore[misc]
        )


def device_requests(scope: Scope, value: Any, where: str) -> Findings:
    if given(value):
        yield from scope.forbid("device-request", f"{where} asks for devices", lambda o: allows(o.devices, "gpu"))


def device_rules(scope: Scope, value: Any, where: str) -> Findings:
    if given(value):
        yield from scope.forbid("device-rule", f"{where} opens devices", lambda o: allows(o.devices, "*"))
