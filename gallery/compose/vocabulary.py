"""What may be written where, for completion as one types. A test compares it with the readers.

Paths have a star for a name of the author's own and [] for the items of a list.
"""

from collections.abc import Mapping

from .attributes import ATTRIBUTES
from .deploy import ATTRIBUTES as DEPLOY
from .service import JOINED

Words = Mapping[str, tuple[str, ...]]

_UPDATE = ("parallelism", "delay", "failure_action", "monitor", "max_failure_ratio", "order")
_GRANT = ("source", "target", "uid", "gid", "mode")
_HOOK = ("command", "user", "privileged", "working_dir", "environment")
_GPU = ("capabilities", "count", "device_ids", "driver", "options")
_RATES = ("device_read_bps[]", "device_read_iops[]", "device_write_bps[]", "device_write_iops[]")

NAMES: Words = {
    "": ("name", "services", "networks", "volumes", "configs", "secrets", "include"),
    "include[]": ("path", "env_file", "project_directory"),
    "services.*": tuple(sorted((*ATTRIBUTES, *JOINED))),
    "services.*.blkio_config": ("weight", "weight_device", *(name.removesuffix("[]") for name in _RATES)),
    **{f"services.*.blkio_config.{name}": ("path", "rate") for name in _RATES},
    "services.*.blkio_config.weight_device[]": ("path", "weight"),
    "services.*.configs[]": _GRANT,
    "services.*.credential_spec": ("config", "file", "registry"),
    "services.*.depends_on.*": ("condition", "restart", "required"),
    "services.*.deploy": DEPLOY,
    "services.*.deploy.placement": ("constraints", "preferences", "max_replicas_per_node"),
    "services.*.deploy.placement.preferences[]": ("spread",),
    "services.*.deploy.resources": ("limits", "reservations"),
    "services.*.deploy.resources.limits": ("cpus", "memory", "pids"),
    "services.*.deploy.resources.reservations": ("cpus", "memory", "devices", "generic_resources"),
    "services.*.deploy.resources.reservations.devices[]": _GPU,
    "services.*.deploy.restart_policy": ("condition", "max_attempts", "delay", "window"),
    "services.*.deploy.rollback_config": _UPDATE,
    "services.*.deploy.update_config": _UPDATE,
    "services.*.devices[]": ("source", "target", "permissions"),
    "services.*.env_file[]": ("path", "required", "format"),
    "services.*.extends": ("service", "file"),
    "services.*.gpus[]": _GPU,
    "services.*.healthcheck": (
        "test", "interval", "timeout", "retries", "start_period", "start_interval", "disable",
    ),
    "services.*.logging": ("driver", "options"),
    "services.*.networks.*": (
        "aliases", "ipv4_address", "ipv6_address", "link_local_ips", "mac_address", "driver_opts", "priority",
        "gw_priority", "interface_name",
    ),
    "services.*.ports[]": ("target", "published", "host_ip", "protocol", "mode", "name", "app_protocol"),
    "services.*.post_start[]": _HOOK,
    "services.*.pre_stop[]": _HOOK,
    "services.*.secrets[]": _GRANT,
    "services.*.ulimits.*": ("soft", "hard"),
    "services.*.volumes[]": (
        "type", "source", "target", "read_only", "bind", "volume", "tmpfs", "image", "consistency",
    ),
    "services.*.volumes[].bind": ("propagation", "create_host_path", "recursive", "selinux"),
    "services.*.volumes[].volume": ("nocopy", "subpath", "labels"),
    "services.*.volumes[].tmpfs": ("size", "mode"),
    "services.*.volumes[].image": ("subpath",),
    "networks.*": (
        "name", "driver", "driver_opts", "ipam", "external", "internal", "attachable", "enable_ipv6", "labels",
    ),
    "networks.*.ipam": ("driver", "config", "options"),
    "networks.*.ipam.config[]": ("subnet", "gateway", "ip_range", "aux_addresses"),
    "volumes.*": ("name", "driver", "driver_opts", "external", "labels"),
    "configs.*": ("file", "content", "environment", "external", "name", "labels"),
    "secrets.*": ("file", "environment", "external", "name", "labels"),
}  # fmt: skip

_FLAG = ("true", "false")
VALUES: Words = {
    **{
        f"services.*.{name}": _FLAG
        for name in ("init", "privileged", "read_only", "tty", "stdin_open", "oom_kill_disable")
    },
    "services.*.restart": ("no", "always", "on-failure", "unless-stopped"),
    "services.*.pull_policy": ("always", "missing", "never"),
    "services.*.network_mode": ("host", "none", "bridge", "service:", "container:"),
    "services.*.ipc": ("host", "private", "shareable", "none", "service:", "container:"),
    "services.*.pid": ("host", "service:", "container:"),
    "services.*.cgroup": ("host", "private"),
    "services.*.isolation": ("default", "process", "hyperv"),
    "services.*.platform": ("linux/amd64", "linux/arm64", "windows/amd64"),
    "services.*.depends_on.*.condition": (
        "service_started", "service_healthy", "service_completed_successfully",
    ),
    "services.*.depends_on.*.restart": _FLAG,
    "services.*.depends_on.*.required": _FLAG,
    "services.*.deploy.mode": ("replicated", "global"),
    "services.*.deploy.endpoint_mode": ("vip", "dnsrr"),
    "services.*.deploy.restart_policy.condition": ("any", "on-failure", "none"),
    "services.*.deploy.update_config.order": ("start-first", "stop-first"),
    "services.*.deploy.update_config.failure_action": ("rollback", "pause", "continue"),
    "services.*.deploy.rollback_config.order": ("start-first", "stop-first"),
    "services.*.deploy.rollback_config.failure_action": ("pause", "continue"),
    "services.*.volumes[].type": ("bind", "volume", "tmpfs", "npipe", "image"),
    "services.*.volumes[].read_only": _FLAG,
    "services.*.ports[].protocol": ("tcp", "udp", "sctp"),
    "services.*.ports[].mode": ("host", "ingress"),
    "networks.*.driver": ("bridge", "overlay", "macvlan", "ipvlan", "nat", "transparent"),
    "networks.*.internal": _FLAG,
    "networks.*.external": _FLAG,
    "volumes.*.external": _FLAG,
    "configs.*.external": _FLAG,
    "secrets.*.external": _FLAG,
}  # fmt: skip
