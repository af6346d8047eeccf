"""Ways to walk around a policy: requests of a deployer without the named permission, and the rules that deny them."""

import json
from dataclasses import dataclass
from typing import Any

from hosts.policy import Ownership

from .asking import SHARED, create, service

CREATE = "/v1.41/containers/create"
SERVICE = "/v1.41/services/create"
HOST_ID = "5e1f" * 16  # the id of the engine's own network called host
JSON = "application/json"


@dataclass(frozen=True)
class Way:
    """One request. role: who sends it; ownership: on whose host."""

    rule: str
    method: str
    target: str
    body: Any = b""
    role: str = "deployer"
    ownership: Ownership | None = None
    content_type: str = JSON

    def __str__(self) -> str:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        return f"{self.rule}-{self.method} {self.target[-50:]} {body[:90]!r}"


def made(rule: str, *hosts: dict[str, Any]) -> list[Way]:
    """Containers made with these host configurations."""
    return [Way(rule, "POST", CREATE, create(host)) for host in hosts]


def served(rule: str, *bodies: dict[str, Any]) -> list[Way]:
    """Services made, and updated, to these specs."""
    return [
        Way(rule, "POST", target, body)
        for body in bodies
        for target in (SERVICE, "/v1.41/services/web/update?version=3")
    ]


def raw(rule: str, *texts: str | bytes) -> list[Way]:
    """Containers made by these bytes."""
    return [Way(rule, "POST", CREATE, text if isinstance(text, bytes) else text.encode()) for text in texts]


def mount(**fields: Any) -> dict[str, Any]:
    return {"Mounts": [{"Target": "/h", **fields}]}


PRIVILEGED = {"Privileged": True}
BIND = {"Type": "bind", "Source": "/", "Target": "/h"}

MOUNTS = [
    *made(
        "bind-mount",
        {"Binds": ["/:/host"]},
        {"Binds": ["/:/host:ro"]},
        {"Binds": ["//:/host"]},
        {"Binds": ["/etc/../:/host"]},
        {"Binds": ["/./:/host"]},
        {"Binds": ["data:/d", "/root:/r"]},
        {"Binds": ["C:\\:C:\\host"]},
        {"Binds": ["c:/:c:/host"]},
        {"Binds": ["\\\\?\\C:\\:C:\\host"]},
        {"Binds": ["\\\\server\\share:C:\\host"]},
        {"Binds": ["/var/lib/docker:/d:rw,z"]},
        {"Binds": ["../../etc:/d"]},
        {"Binds": ["~/x:/d"]},
        {"Binds": [" /:/d"]},
        {"Binds": ["\u2044:/d"]},
        {"Binds": ["/proc/1/root:/d"]},
        {"Binds": ["/var/run/docker.sock:/var/run/docker.sock"]},
        mount(Type="bind", Source="/"),
        mount(Type="bind", Source="/", BindOptions={"Propagation": "rprivate"}),
        mount(Type="bind", Source="C:\\"),
        mount(Type="bind", Source=""),
        mount(Type="volume", Source="/"),
        mount(Type="volume", Source="/etc/shadow"),
        {"Mounts": [{"Type": "tmpfs", "Target": "/t"}, BIND]},
    ),
    *made(
        "named-pipe",
        {"Binds": ["\\\\.\\pipe\\docker_engine:\\\\.\\pipe\\docker_engine"]},
        {"Binds": ["//./pipe/docker_engine://./pipe/docker_engine"]},
        {"Binds": ["//./PIPE/docker_engine://./pipe/x"]},
        mount(Type="npipe", Source="\\\\.\\pipe\\docker_engine"),
    ),
    *made(
        "mount-type", mount(Type="Bind", Source="/"), mount(Type="BIND", Source="/"), mount(Type="cluster", Source="v")
    ),
    *made("mount-type", mount(Source="/"), mount(Type="bind ", Source="/")),
    *made(
        "volume-bind",
        {"Binds": ["hidden:/h"]},
        mount(Type="volume", Source="hidden"),
        mount(
            Type="volume",
            Source="new",
            VolumeOptions={"DriverConfig": {"Name": "local", "Options": {"type": "none", "o": "bind", "device": "/"}}},
        ),
        mount(
            Type="volume",
            VolumeOptions={"DriverConfig": {"Options": {"o": "bind,ro", "device": "/etc"}}},
        ),
    ),
    *made(
        "volume-driver",
        {"VolumeDriver": "vieux/sshfs"},
        mount(Type="volume", VolumeOptions={"DriverConfig": {"Name": "x"}}),
    ),
    *made(
        "volume-options",
        mount(Type="volume", VolumeOptions={"DriverConfig": {"Options": {"type": "ext4", "device": "/dev/sda1"}}}),
    ),
    *made("container-beyond-policy", {"VolumesFrom": ["powerful"]}, {"VolumesFrom": ["rooted:ro"]}),
    *made("container-not-found", {"VolumesFrom": ["theirs"]}, {"VolumesFrom": ["own", "theirs:rw"]}),
    *[
        Way("volume-bind", "POST", "/v1.41/volumes/create", {"Name": "x", "DriverOpts": options})
        for options in (
            {"type": "none", "o": "bind", "device": "/"},
            {"type": "none", "o": "rbind", "device": "/"},
            {"o": "bind", "device": "/"},
            {"o": " BIND ,ro", "device": "/etc"},
            {"o": "bind", "device": "/srv/../"},
        )
    ],
    *[
        Way("volume-options", "POST", "/v1.41/volumes/create", {"Name": "x", "DriverOpts": options})
        for options in (
            {"type": "ext4", "device": "/dev/sda1"},
            {"type": "nfs", "o": "addr=10.0.0.1,rw", "device": ":/"},
            {"type": "cifs", "o": "username=a", "device": "//s/c"},
            {"type": "tmpfs", "o": "bind", "device": "/"},
            {"type": "overlay", "o": "lowerdir=/,upperdir=/tmp/u,workdir=/tmp/w", "device": "overlay"},
            {"type": "none", "o": "bind,exec", "device": "/"},
        )
    ],
    Way("volume-driver", "POST", "/volumes/create", {"Name": "x", "Driver": "vieux/sshfs"}),
    Way("unknown-field", "POST", "/v1.56/volumes/create", {"Name": "x", "ClusterVolumeSpec": {"Group": "g"}}),
    *made(
        "mount-propagation", {"Binds": ["data:/d:rshared"]}, mount(Type="volume", BindOptions={"Propagation": "shared"})
    ),
]
ISOLATION = [
    *made("privileged", PRIVILEGED, {"Privileged": 1}, {"Privileged": "true"}),
    *made("host-namespace-pid", {"PidMode": "host"}, {"PidMode": "HOST"}, {"PidMode": "host "}),
    *made("host-namespace-ipc", {"IpcMode": "host"}),
    *made("host-namespace-uts", {"UTSMode": "host"}),
    *made("host-namespace-userns", {"UsernsMode": "host"}),
    *made("host-namespace-cgroup", {"CgroupnsMode": "host"}),
    *made(
        "host-namespace-network",
        {"NetworkMode": "host"},
        {"NetworkMode": HOST_ID},
        {"NetworkMode": "ns:/proc/1/ns/net"},
    ),
    Way("host-namespace-network", "POST", CREATE, {**create(), "NetworkingConfig": {"EndpointsConfig": {"host": {}}}}),
    Way(
        "host-namespace-network", "POST", CREATE, {**create(), "NetworkingConfig": {"EndpointsConfig": {HOST_ID: None}}}
    ),
    Way("host-namespace-network", "POST", "/networks/host/connect", {"Container": "own"}),
    *made(
        "container-not-found",
        {"PidMode": "container:theirs"},
        {"NetworkMode": "container:theirs"},
        {"IpcMode": "container:theirs"},
        {"PidMode": "container:absent"},
    ),
    *made(
        "container-beyond-policy",
        {"PidMode": "container:powerful"},
        {"NetworkMode": "container:hostnet"},
        {"IpcMode": "container:rooted"},
    ),
    *made(
        "security-option",
        {"SecurityOpt": ["seccomp=unconfined"]},
        {"SecurityOpt": ["seccomp:unconfined"]},
        {"SecurityOpt": ["apparmor=unconfined"]},
        {"SecurityOpt": ["label=disable"]},
        {"SecurityOpt": ["label:type:spc_t"]},
        {"SecurityOpt": ["no-new-privileges=false"]},
        {"SecurityOpt": ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}']},
        {"SecurityOpt": ["systempaths=unconfined"]},
        {"SecurityOpt": ["credentialspec=file://x"]},
        {"SecurityOpt": ["no-new-privileges", "SECCOMP=unconfined"]},
    ),
    *made("system-paths", {"MaskedPaths": []}, {"ReadonlyPaths": []}, {"MaskedPaths": ["/proc/kcore"]}),
    *made("device", {"Devices": [{"PathOnHost": "/dev/sda"}]}, {"Devices": [{"PathOnHost": "class/GUID"}]}),
    *made("device", {"BlkioDeviceReadBps": [{"Path": "/dev/sda", "Rate": 1}]}),
    *made("device-request", {"DeviceRequests": [{"Count": -1, "Capabilities": [["gpu"]]}]}),
    *made("device-rule", {"DeviceCgroupRules": ["a *:* rwm"]}),
    *made(
        "capability",
        {"CapAdd": ["SYS_ADMIN"]},
        {"CapAdd": ["CAP_SYS_ADMIN"]},
        {"CapAdd": ["cap_sys_admin"]},
        {"CapAdd": ["ALL"]},
        {"CapAdd": ["all"]},
        {"CapAdd": ["NET_RAW", "\u017fys_module"]},
        {"CapAdd": [" SYS_PTRACE"]},
    ),
    *made("sysctl", {"Sysctls": {"net.ipv4.ip_forward": "1"}}, {"Sysctls": {"kernel.msgmax": "1"}}),
    *made("runtime", {"Runtime": "kata"}, {"Runtime": "io.containerd.runc.v2"}),
    *made("cgroup-parent", {"CgroupParent": "/"}, {"Cgroup": "container:theirs"}),
    *made("oom-score", {"OomScoreAdj": -1000}, {"OomScoreAdj": 5}, {"OomKillDisable": True}),
    *made("realtime", {"CpuRealtimeRuntime": 950000}),
    *made("ulimit", {"Ulimits": [{"Name": "memlock", "Soft": -1, "Hard": -1}]}, {"Ulimits": [{"Name": "rtprio"}]}),
    *made("annotation", {"Annotations": {"org.systemd.property.ExecStartPost": "x"}}),
    *made("log-driver", {"LogConfig": {"Type": "syslog", "Config": {"syslog-address": "tcp://10.0.0.1"}}}),
    *made("log-driver", {"LogConfig": {"Type": "gelf"}}, {"LogConfig": {"Config": {"a": "b"}}}),
    *made("unknown-field", {"NewerThanThePolicy": True}, {"Privileged ": True}, {"LxcConf": [{"Key": "a"}]}),
    *made("network-not-found", {"NetworkMode": "theirs"}),
    Way("label-reserved", "POST", CREATE, create(Labels={"io.pierhead.team": "harbour"})),
    Way("label-reserved", "POST", CREATE, create(Labels={"IO.Pierhead.team": "harbour"})),
]
JSON_TRICKS = [
    *raw("privileged", '{"hostconfig":{"privileged":true}}', '{"HOSTCONFIG":{"PRIVILEGED":true}}'),
    *raw("privileged", '{"Ho\u017ftConfig":{"Privileged":true}}', '{"Host\\u0043onfig":{"\\u0050rivileged":true}}'),
    *raw(
        "bind-mount",
        '{"hostConfig":{"binds":["/:/h"]}}',
        '{"HostConfig":{"Mount\u017f":[{"type":"bind","source":"/"}]}}',
    ),
    *raw("unknown-field", '{"Privileged":true}', '{"Binds":["/:/h"]}', '{"Image":"a","Cpuset":"0","CapAdd":["ALL"]}'),
    *raw(
        "json-duplicate-key",
        '{"HostConfig":{"Privileged":false,"Privileged":true}}',
        '{"HostConfig":{"Privileged":false,"privileged":true}}',
        '{"HostConfig":{},"HostConfig":{"Privileged":true}}',
        '{"HostConfig":{},"hostconfig":{"Privileged":true}}',
        '{"HostConfig":{"Binds":[],"\\u0042inds":["/:/h"]}}',
        '{"HostConfig":{"Mounts":[{"Type":"volume","type":"bind","Source":"/"}]}}',
    ),
    *raw(
        "json-invalid",
        '{"Image":"a"}{"HostConfig":{"Privileged":true}}',
        '{"Image":"a"',
        "{'HostConfig':{'Privileged':true}}",
        '{"HostConfig":{"Memory":NaN,"Privileged":true}}',
        '\ufeff{"HostConfig":{"Privileged":true}}',
        '{"HostConfig":{"Privileged":true}}'.encode("utf-16"),
        b'{"HostConfig":{"Privileged":\xff true}}',
        b"[" * 3000,
    ),
    *raw(
        "json-shape",
        '[{"HostConfig":{"Privileged":true}}]',
        '{"HostConfig":[{"Privileged":true}]}',
        '{"HostConfig":{"Binds":"/:/h"}}',
        '{"HostConfig":{"Binds":[["/:/h"]]}}',
        '{"HostConfig":{"Mounts":{"Type":"bind"}}}',
        '{"HostConfig":{"PidMode":["host"]}}',
    ),
    *raw("json-too-deep", '{"HostConfig":' + '{"a":' * 60 + "1" + "}" * 61),
    Way("body-not-read", "POST", CREATE, None),
    Way("form-body", "POST", CREATE, b"HostConfig=1", content_type="application/x-www-form-urlencoded"),
    Way("form-body", "POST", "/build?networkmode=default", None, content_type="Application/X-WWW-Form-URLencoded; a=b"),
    Way("form-body", "POST", "/build", None, content_type="multipart/form-data; boundary=x"),
]
PATHS = [
    Way("path-not-plain", "POST", "//containers/create", create(PRIVILEGED)),
    Way("path-not-plain", "POST", "/v1.41//containers/create", create(PRIVILEGED)),
    Way("path-not-plain", "POST", "/containers/./create", create(PRIVILEGED)),
    Way("path-not-plain", "GET", "/containers/json/../../swarm"),
    Way("path-not-plain", "GET", "/containers/%2e%2e/swarm"),
    Way("encoded-path", "POST", "/containers%2Fcreate", create(PRIVILEGED)),
    Way("encoded-path", "POST", "/containers%2fown%2fexec", {"Cmd": ["sh"], "Privileged": True}),
    Way("encoded-path", "GET", "/containers/own%5c..%5ctheirs/json"),
    Way("encoded-path", "GET", "/containers/own%00/json"),
    Way("encoded-path", "GET", "/containers/own%252fx/json"),
    Way("encoded-path", "GET", "/containers/own%0d%0aX/json"),
    Way("encoded-path", "GET", "/containers/%zz/json"),
    Way("path-characters", "GET", "/\uff43ontainers/json"),
    Way("path-characters", "GET", "/containers/json;x=1"),
    Way("path-characters", "GET", "/containers/json#/swarm"),
    Way("path-characters", "GET", "\\containers".join(("/", "/json"))),
    Way("target-form", "GET", "http://elsewhere/containers/json"),
    Way("target-form", "GET", "*"),
    Way("unknown-endpoint", "POST", "/Containers/create", create(PRIVILEGED)),
    Way("unknown-endpoint", "POST", "/containers/Create", create(PRIVILEGED)),
    Way("unknown-endpoint", "POST", "/containers/create/", create(PRIVILEGED)),
    Way("unknown-endpoint", "post", "/containers/create", create(PRIVILEGED)),
    Way("unknown-endpoint", "POST", "/v1.41/v1.41/containers/create", create(PRIVILEGED)),
    Way("unknown-endpoint", "TRACE", "/containers/create"),
    Way("unknown-endpoint", "CONNECT", "/containers/json"),
    Way("unknown-endpoint", "PUT", "/containers/create", create(PRIVILEGED)),
    Way("unknown-endpoint", "GET", "/debug/pprof/heap"),
    Way("unknown-endpoint", "GET", "/metrics"),
    Way("unknown-endpoint", "POST", "/containers/a/b/exec", {"Privileged": True}),
    Way("privileged", "POST", "/%63ontainers/create", create(PRIVILEGED)),
    Way("privileged", "POST", "/v1.24/containers/create?name=x&platform=", create(PRIVILEGED)),
    Way("version-too-old", "POST", "/v1.23/containers/own/start", {"Privileged": True}),
    Way("version-too-old", "POST", "/v1.9/containers/own/start", {"Privileged": True}),
    Way("version-form", "POST", "/v1/containers/create", create(PRIVILEGED)),
    Way("version-form", "POST", "/v1.41.0/containers/create", create(PRIVILEGED)),
    Way("start-with-body", "POST", "/containers/own/start", {"Binds": ["/:/h"]}),
    Way("query-semicolon", "POST", "/build?t=a;networkmode=host", None),
    Way("query-duplicate", "POST", "/build?networkmode=default&networkmode=host", None),
    Way("query-encoding", "POST", "/build?networkmode=%zzhost", None),
    Way("query-encoding", "POST", "/build?networkmode=ho\u017ft", None),
]
OTHERS = [
    Way("privileged", "POST", "/containers/own/exec", {"Cmd": ["sh"], "Privileged": True}),
    Way("privileged", "POST", "/containers/own/exec", b'{"Cmd":["sh"],"PRIVILEGED":true}'),
    Way("unknown-field", "POST", "/containers/own/exec", {"Cmd": ["sh"], "CapAdd": ["ALL"]}),
    Way("exec-of-another-user", "POST", "/exec/another/start", {"Detach": False}),
    Way("exec-of-another-user", "POST", "/exec/another/resize?h=1&w=1"),
    Way("exec-not-found", "POST", "/exec/theirs/start", {}),
    Way("exec-not-found", "POST", "/exec/unheard-of/start", {}),
    *[
        Way("container-beyond-policy", method, f"/containers/powerful/{part}", body)
        for method, part, body in (
            ("POST", "exec", {"Cmd": ["sh"]}),
            ("POST", "attach?stdin=1&stream=1", None),
            ("GET", "attach/ws", b""),
            ("PUT", "archive?path=/", None),
            ("GET", "archive?path=/", b""),
            ("GET", "export", b""),
            ("POST", "update", {"Memory": 1}),
        )
    ],
    Way("container-beyond-policy", "POST", "/commit?container=powerful", {}),
    *[
        Way("container-not-found", method, f"/containers/theirs/{part}", body, ownership=SHARED)
        for method, part, body in (
            ("GET", "json", b""),
            ("GET", "logs?stdout=1", b""),
            ("GET", "top", b""),
            ("GET", "stats", b""),
            ("GET", "archive?path=/", b""),
            ("HEAD", "archive?path=/", b""),
            ("PUT", "archive?path=/", None),
            ("POST", "exec", {"Cmd": ["sh"]}),
            ("POST", "start", b""),
            ("POST", "kill", b""),
            ("POST", "update", {}),
            ("POST", "attach", None),
            ("POST", "rename?name=x", b""),
            ("POST", "wait", b""),
        )
    ],
    Way("container-not-found", "DELETE", "/containers/theirs", ownership=SHARED),
    Way("container-not-found", "DELETE", "/containers/theirs", ownership=SHARED, role="admin"),
    Way("container-not-found", "POST", "/commit?container=theirs", {}, ownership=SHARED),
    Way("container-not-found", "POST", "/commit?container=theirs", {}),
    Way("container-not-found", "POST", "/networks/front/connect", {"Container": "theirs"}, ownership=SHARED),
    Way("container-not-found", "POST", CREATE, create({"Links": ["theirs:db"]}), ownership=SHARED),
    Way("volume-not-found", "DELETE", "/volumes/theirs", ownership=SHARED),
    Way("volume-not-found", "POST", CREATE, create({"Binds": ["theirs:/d"]}), ownership=SHARED),
    Way("network-not-found", "DELETE", "/networks/theirs", ownership=SHARED),
    Way("service-not-found", "GET", "/services/theirs", ownership=SHARED),
    Way("task-not-found", "GET", "/tasks/theirs/logs", ownership=SHARED),
    Way("config-not-found", "GET", "/configs/theirs", ownership=SHARED),
    Way("secret-not-found", "POST", SERVICE, service({"Secrets": [{"SecretID": "theirs"}]}), ownership=SHARED),
    Way("prune", "POST", "/containers/prune", ownership=SHARED),
    Way("prune", "POST", "/volumes/prune", ownership=SHARED),
    Way("images-shared", "DELETE", "/images/nginx:1", ownership=SHARED),
    *[
        Way(rule, "POST", f"/v1.41/build?{query}", None)
        for rule, query in (
            ("host-namespace-network", "networkmode=host"),
            ("container-not-found", "networkmode=container:theirs"),
            ("buildkit", "version=2"),
            ("buildkit", "version=2&session=abc"),
            ("buildkit", "session=abc"),
            ("build-remote", "remote=https%3A%2F%2F10.0.0.1%2Fcontext.tar"),
            ("build-remote", "remote=git%40host%3Arepo"),
            ("build-ulimit", "ulimits=%5B%7B%22Name%22%3A%22memlock%22%7D%5D"),
            ("build-security", "securityopt=%5B%22seccomp%3Dunconfined%22%5D"),
            ("cgroup-parent", "cgroupparent=%2F"),
            ("build-outputs", "outputs=%5B%7B%7D%5D"),
            ("build-parameter", "entitlements=security.insecure"),
            ("build-parameter", "secrets=id%3Da"),
            ("build-parameter", "NetworkMode=host"),
        )
    ],
    Way("buildkit", "POST", "/session", None),
    Way("buildkit", "POST", "/grpc", None),
    Way("import-from-address", "POST", "/images/create?fromSrc=http%3A%2F%2F10.0.0.1%2Fx.tar"),
    Way("import-from-address", "POST", "/images/create"),
    *[
        Way("network-driver", "POST", "/networks/create", {"Name": "n", "Driver": driver})
        for driver in ("macvlan", "ipvlan", "host", "Bridge", "weave")
    ],
    Way(
        "network-option",
        "POST",
        "/networks/create",
        {"Name": "n", "Options": {"com.docker.network.bridge.name": "docker0"}},
    ),
    Way("network-option", "POST", "/networks/create", {"Name": "n", "Options": {"parent": "eth0"}}),
    Way("network-ingress", "POST", "/networks/create", {"Name": "n", "ConfigFrom": {"Network": "theirs"}}),
]
SERVICES = [
    *served("bind-mount", service({"Mounts": [BIND]}), service({"mounts": [{"type": "bind", "source": "/etc"}]})),
    *served("named-pipe", service({"Mounts": [{"Type": "npipe", "Source": "\\\\.\\pipe\\docker_engine"}]})),
    *served("mount-type", service({"Mounts": [{"Type": "cluster", "Source": "group:a"}]})),
    *served("volume-bind", service({"Mounts": [{"Type": "volume", "Source": "hidden", "Target": "/h"}]})),
    *served("capability", service({"CapabilityAdd": ["CAP_SYS_ADMIN"]})),
    *served("sysctl", service({"Sysctls": {"net.core.somaxconn": "1"}})),
    *served("security-option", service({"Privileges": {"Seccomp": {"Mode": "unconfined"}}})),
    *served("security-option", service({"Privileges": {"AppArmor": {"Mode": "disabled"}}})),
    *served("security-option", service({"Privileges": {"SELinuxContext": {"Disable": True}}})),
    *served("security-option", service({"Privileges": {"CredentialSpec": {"File": "x.json"}}})),
    *served(
        "host-namespace-network",
        service(Networks=[{"Target": "host"}]),
        {**service(), "Networks": [{"Target": HOST_ID}]},
    ),
    *served("service-plugin", service(Runtime="plugin"), service(PluginSpec={"Remote": "vieux/sshfs"})),
    *served("service-attachment", service(NetworkAttachmentSpec={"ContainerID": "own"})),
    *served("device-request", service(Resources={"Reservations": {"GenericResources": [{"NamedResourceSpec": {}}]}})),
    *served("log-driver", service(LogDriver={"Name": "fluentd"})),
    *served("ulimit", service({"Ulimits": [{"Name": "memlock"}]})),
    *served("oom-score", service({"OomScoreAdj": -1000})),
    *served("unknown-field", service({"Privileged": True}), {"HostConfig": PRIVILEGED, **service()}),
    Way("bind-mount", "POST", "/services/web/update?version=3&rollback=previous", service()),
]
ADMINS_ONLY = [
    Way(f"role.{name}", method, path)
    for name, method, path in (
        ("plugins.install", "POST", "/plugins/pull?remote=vieux%3Asshfs&name=x"),
        ("plugins.privileges", "GET", "/plugins/privileges?remote=a"),
        ("plugins.create", "POST", "/plugins/create?name=x"),
        ("plugins.enable", "POST", "/plugins/a/b/enable"),
        ("plugins.set", "POST", "/plugins/a/set"),
        ("plugins.upgrade", "POST", "/plugins/a/upgrade"),
        ("plugins.remove", "DELETE", "/plugins/a"),
        ("swarm.init", "POST", "/v1.41/swarm/init"),
        ("swarm.join", "POST", "/swarm/join"),
        ("swarm.unlock", "POST", "/swarm/unlock"),
        ("swarm.update", "POST", "/swarm/update?version=1"),
        ("swarm.leave", "POST", "/swarm/leave"),
        ("swarm.inspect", "GET", "/swarm"),
        ("swarm.unlock-key", "GET", "/swarm/unlockkey"),
        ("nodes.update", "POST", "/nodes/a/update?version=1"),
        ("nodes.remove", "DELETE", "/nodes/a"),
        ("volumes.update", "PUT", "/volumes/data"),
    )
]
VIEWERS = [
    Way(f"role.{name}", method, path, role="viewer")
    for name, method, path in (
        ("containers.create", "POST", "/containers/create"),
        ("containers.start", "POST", "/containers/own/start"),
        ("containers.remove", "DELETE", "/containers/own"),
        ("exec.create", "POST", "/containers/own/exec"),
        ("exec.start", "POST", "/exec/mine/start"),
        ("containers.attach", "POST", "/containers/own/attach"),
        ("containers.attach-ws", "GET", "/containers/own/attach/ws"),
        ("containers.copy-out", "GET", "/containers/own/archive?path=/"),
        ("containers.export", "GET", "/containers/own/export"),
        ("images.save", "GET", "/images/get?names=a"),
        ("images.pull", "POST", "/images/create?fromImage=a"),
        ("build", "POST", "/build"),
        ("session", "POST", "/session"),
        ("auth", "POST", "/auth"),
        ("distribution", "GET", "/distribution/nginx/json"),
        ("configs.list", "GET", "/configs"),
        ("configs.inspect", "GET", "/configs/a"),
        ("swarm.inspect", "GET", "/swarm"),
        ("volumes.create", "POST", "/volumes/create"),
        ("containers.prune", "POST", "/containers/prune"),
    )
]
WAYS = [*MOUNTS, *ISOLATION, *JSON_TRICKS, *PATHS, *OTHERS, *SERVICES, *ADMINS_ONLY, *VIEWERS]
