"""Services of a swarm, whose tasks may run on this host. Pure. [Engine API, ServiceSpec]"""

from collections.abc import Mapping

from .judge import limits_check, mount_check
from .paths import Place
from .refusal import Body, Refused, matches, part
from .rules import Rules


def service_check(rules: Rules, body: Body, place: Place, name: str = "The service") -> None:
    """A ServiceSpec, with its TaskSpec. Raises Refused."""
    task = part(body, "TaskTemplate")
    spec = part(task, "ContainerSpec")
    for mount in spec.get("Mounts") or ():
        mount_check(rules, mount, place, name)
    for capability in spec.get("CapabilityAdd") or ():
        word = str(capability).upper().removeprefix("CAP_")
        if not matches(word, rules.capabilities):
            raise Refused("capabilities", f"{name} wants the capability {word}")
    privileges = part(spec, "Privileges")
    for key in ("Seccomp", "AppArmor", "SELinuxContext", "CredentialSpec"):
        if privileges.get(key) and not matches(key.lower() + "=", rules.security_options):
            raise Refused("security_options", f"{name} wants {key}")
    for network in [*(task.get("Networks") or ()), *(body.get("Networks") or ())]:
        if isinstance(network, Mapping) and network.get("Target") == "host" and "network" not in rules.host_namespaces:
            raise Refused("host_namespaces", f"{name} wants the host's own network namespace")
    if "PluginSpec" in task and task["PluginSpec"] and not rules.plugins:
        raise Refused("plugins", f"{name} wants a plugin")
    limits = part(part(task, "Resources"), "Limits")
    named = {"NanoCpus": limits.get("NanoCpus"), "Memory": limits.get("MemoryBytes")}
    limits_check(rules, named, name)
