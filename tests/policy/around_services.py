"""Ways around in services of a swarm, and what a role alone denies."""

from .asking import service
from .ways import BIND, HOST_ID, PRIVILEGED, Way, served

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
