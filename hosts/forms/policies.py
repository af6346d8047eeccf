"""The form of a team's policy: one field for each option, in the order in which people ask."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hosts.models.policies import TeamPolicy
from hosts.policy import Options

LISTS = {
    "bind_roots": (
        _("Folders of the host that may be mounted"),
        _("One a line: /srv/data, or /srv/data:ro for reading alone."),
    ),
    "host_namespaces": (
        _("Namespaces that may be shared with the host"),
        _("Of network, pid, ipc, uts, userns, cgroup."),
    ),
    "capabilities": (
        _("Capabilities that may be added"),
        _("For example NET_ADMIN. The engine's own set is always there."),
    ),
    "devices": (_("Devices"), _("Paths such as /dev/fuse; gpu for graphics cards.")),
    "security_options": (_("Security options"), _("Exactly as they are asked for, for example seccomp=unconfined.")),
    "sysctls": (_("Kernel settings (sysctls)"), _("Names.")),
    "ulimits": (_("Ulimits"), _("Names.")),
    "runtimes": (_("Runtimes"), _("Beside the engine's own.")),
    "cgroup_parents": (_("Parent cgroups"), _("Names.")),
    "annotations": (_("Annotations"), _("Names; runtimes act on some.")),
    "log_drivers": (_("Log drivers"), _("Others make the engine call out.")),
    "volume_drivers": (_("Volume drivers"), _("Names.")),
    "network_drivers": (_("Network drivers"), _("macvlan and ipvlan reach the host's own network.")),
    "registries": (_("Registries whose images may run"), _("Host names; docker.io is Docker Hub; * is any.")),
}
FLAGS = {
    "privileged": _("Privileged containers: all rights on the host"),
    "docker_socket": _("Mounting the engine's socket: whoever has it has the host"),
    "oom_score": _("Changing whom the kernel kills first"),
    "volume_options": _("Volumes with driver options, such as NFS"),
    "exec": _("Commands and terminals inside running containers"),
    "build": _("Building images"),
    "build_remote": _("Building from an address that the engine fetches"),
    "buildkit": _("BuildKit's own connection, whose host network and secrets cannot be seen from outside"),
    "services": _("Services of a cluster"),
    "prune": _("Clearing away what is unused"),
}
NUMBERS = {
    "maximum_memory": (_("Memory of one container"), _("Bytes; 0 is no limit.")),
    "maximum_cpus": (_("Processors of one container"), _("0 is no limit.")),
    "maximum_pids": (_("Processes of one container"), _("0 is no limit.")),
}


class PolicyForm(forms.Form):
    """`options` after validation is what `policy_change` takes."""

    shared_hosts = forms.BooleanField(
        label=_("The hosts are used by others too: show only what belongs to the team"), required=False
    )
    record_terminals = forms.BooleanField(label=_("Keep what is shown in terminals for the audit"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (label, text) in LISTS.items():
            lines = forms.Textarea(attrs={"rows": 3, "class": "code", "spellcheck": "false"})
            self.fields[name] = forms.CharField(
                label=label, help_text=text, required=False, max_length=8_000, widget=lines
            )
        for name, label in FLAGS.items():
            self.fields[name] = forms.BooleanField(label=label, required=False)
        for name, (label, text) in NUMBERS.items():
            self.fields[name] = forms.FloatField(label=label, help_text=text, required=False, min_value=0)

    @classmethod
    def of(cls, policy: TeamPolicy) -> "PolicyForm":
        """Filled with what holds now."""
        values = policy.allowed.as_dict()
        texts = {name: "\n".join(values[name]) for name in LISTS}
        own = {"shared_hosts": policy.shared_hosts, "record_terminals": policy.record_terminals}
        return cls(initial={**values, **texts, **own})

    @property
    def options(self) -> dict[str, Any]:
        """Of a valid form."""
        given = self.cleaned_data
        lists = {name: [line.strip() for line in given[name].splitlines() if line.strip()] for name in LISTS}
        numbers = {name: given[name] or 0 for name in NUMBERS}
        return {**lists, **{name: given[name] for name in FLAGS}, **numbers}

    def group(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names]

    @property
    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """(title, fields) as the page shows them."""
        return [
            (
                _("Reaching the host"),
                self.group("bind_roots", "docker_socket", "privileged", "host_namespaces", "capabilities", "devices"),
            ),
            (
                _("Inside the kernel"),
                self.group(
                    "security_options", "sysctls", "ulimits", "runtimes", "cgroup_parents", "annotations", "oom_score"
                ),
            ),
            (
                _("Storage, networks, logs"),
                self.group("volume_drivers", "volume_options", "network_drivers", "log_drivers"),
            ),
            (_("Images"), self.group("registries", "build", "build_remote", "buildkit")),
            (_("Acts"), self.group("exec", "services", "prune")),
            (_("Limits of one container"), self.group(*NUMBERS)),
            (_("Sharing and audit"), self.group("shared_hosts", "record_terminals")),
        ]

    @property
    def facts(self) -> list[dict[str, Any]]:
        """For whoever only reads: label, and flag or lines."""
        found: list[dict[str, Any]] = []
        for _title, fields in self.groups:
            for bound in fields:
                value = bound.initial
                is_flag = isinstance(value, bool)
                lines = [] if is_flag else str(value).split() if value else []
                found.append({"label": bound.label, "is_flag": is_flag, "flag": value is True, "lines": lines})
        return found


assert {*LISTS, *FLAGS, *NUMBERS} == set(Options().as_dict())  # noqa: S101 - a new option needs its field
