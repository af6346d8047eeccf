"""The same file on the same engine, by docker-compose and by us: what `docker inspect` shows of both.

Every difference is listed below with its reason; one that is not is a failure.
"""

import asyncio
import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine_agent.engine import Engine as Client
from engine_agent.engine import containers as api
from engine_agent.engine.inside import files_put
from engine_agent.engine.resources import network_connect, network_create, volume_create
from gallery.compose.parse import load_project
from gallery.compose.sources import Sources
from gallery.compose.types import Project
from hosts import engine_body
from tests.lab.engine import Engine
from tests.lab.images import BUSYBOX
from tests.lab.parts import program

pytestmark = pytest.mark.engine

FILES = {
    "compose.yaml": """
services:
  db:
    image: IMAGE
    command: ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.2; done"]
    volumes: [data:/data, cache:/cache:ro]
    networks: {back: {aliases: [database], ipv4_address: 10.213.7.9}}
    healthcheck: {test: ["CMD", "/bin/sh", "-c", "true"], interval: 5s, timeout: 2s, retries: 4, start_period: 1s}
    stop_grace_period: 3s
    stop_signal: SIGTERM
    tmpfs: [/run, "/scratch:size=1m,mode=700"]
    shm_size: 32m
    sysctls: {net.core.somaxconn: 1024}
    ulimits: {nofile: {soft: 100, hard: 200}, nproc: 50}
    logging: {driver: json-file, options: {max-size: 1m}}
    env_file: db.env
  web:
    image: IMAGE
    command: /bin/sh -c "trap 'exit 0' TERM; while :; do sleep 0.2; done"
    depends_on: {db: {condition: service_healthy}}
    environment: [A=1, "B=two words", "C=$$HOME"]
    labels: {site.example/name: shop}
    expose: ["9000"]
    ports: ["127.0.0.1:PORT:80", "53/udp"]
    networks: [front, back]
    hostname: webby
    domainname: example.org
    user: "1000:1000"
    working_dir: /tmp
    init: true
    read_only: true
    restart: on-failure:3
    cap_add: [NET_ADMIN]
    cap_drop: [MKNOD]
    security_opt: ["no-new-privileges:true"]
    group_add: ["5"]
    extra_hosts: ["far.example:10.0.0.9"]
    dns: 9.9.9.9
    dns_search: [example.org]
    dns_opt: ["ndots:2"]
    mem_limit: 64m
    mem_reservation: 32m
    cpus: 0.5
    cpu_shares: 512
    pids_limit: 60
    oom_score_adj: 100
    devices: ["/dev/null:/dev/zero2:r"]
    device_cgroup_rules: ["c 1:3 mr"]
    volumes: ["SRV:/srv:ro", {type: volume, source: data, target: /copy, volume: {nocopy: true}}]
    tty: true
    stdin_open: true
  side:
    image: IMAGE
    entrypoint: ["/bin/sh", "-c"]
    command: ["while :; do sleep 0.2; done"]
    network_mode: "service:db"
    pid: "service:db"
    ipc: host
    volumes_from: ["db:ro"]
networks:
  front: {driver_opts: {com.docker.network.bridge.enable_icc: "true"}, labels: {tier: front}}
  back: {internal: true, ipam: {config: [{subnet: 10.213.7.0/24, gateway: 10.213.7.1}]}}
volumes:
  data: {labels: {keep: "yes"}}
  cache: {driver: local}
""",
    "db.env": "FROM_FILE=yes\nQUOTED=plain\n",
}

# path (of docker inspect, without the parts that differ between any two containers) -> why
EXPLAINED = {
    "Config.Labels": "docker compose 2's labels instead of 1.29's; those of the file are compared by themselves",
    "Config.Volumes": "1.29 repeats mounted paths as anonymous volumes; docker compose 2 does not",
    "HostConfig.Binds": "the order, and 1.29 adds nothing for a volume of the long form",
    "HostConfig.Mounts": "the long form of a volume is a bind where that says the same, as in docker compose 2",
    "HostConfig.NetworkMode": "the container's name instead of its id where a namespace is shared",
    "HostConfig.PidMode": "the container's name instead of its id where a namespace is shared",
    "HostConfig.VolumesFrom": "the container's name instead of its id; 1.29 gives an empty list where there is none",
    "HostConfig.RestartPolicy.Name": "no or nothing, which the engine takes for the same",
    "NetworkSettings.Networks.*.Aliases": "docker compose 2 adds the container's name",
}


@pytest.fixture
def project_files(tmp_path: Path) -> dict[str, str]:
    from tests.lab.ports import free_port

    served = tmp_path / "srv"
    served.mkdir()
    texts = dict(FILES)
    for word, value in (("IMAGE", BUSYBOX), ("PORT", str(free_port())), ("SRV", str(served))):
        texts["compose.yaml"] = texts["compose.yaml"].replace(word, value)
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return texts


def inspected(engine: Engine, project: str) -> dict[str, Any]:
    """docker inspect of every container of the project, by service."""
    ids = engine.docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={project}").split()
    rows = json.loads(engine.docker("inspect", *ids))
    return {row["Config"]["Labels"]["com.docker.compose.service"]: row for row in rows}


def objects(engine: Engine, kind: str, names: list[str]) -> list[Any]:
    """Networks or volumes. 1.29 makes every network attachable; the engine chooses a subnet where the file does not."""
    rows = json.loads(engine.docker(kind, "inspect", *names))
    found = []
    for row in rows:
        labels = {
            name: value for name, value in (row["Labels"] or {}).items() if name != f"{engine_body.PREFIX}version"
        }
        kept = ("Name", "Driver", "Internal", "EnableIPv6", "Options", "Scope", "Ingress")
        one = {name: row.get(name) or None for name in kept} | {"Labels": labels}
        if row["Name"] == "shop_back":
            one["IPAM"] = row["IPAM"]["Config"]
        found.append(one)
    return found


def by_docker_compose(engine: Engine, folder: Path, *command: str) -> None:
    environment = {**os.environ, "DOCKER_HOST": engine.host, "COMPOSE_PROJECT_NAME": "shop"}
    argv = [program("docker-compose"), "--file", "compose.yaml", *command]
    done = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr


async def by_us(engine: Engine, project: Project) -> None:
    client = Client(engine.host)
    for network in project.networks.values():
        await network_create(client, engine_body.network_body(project, network) or {})
    for volume in project.volumes.values():
        await volume_create(client, engine_body.volume_body(project, volume) or {})
    for service in project.services:
        name = engine_body.container_name(project, service, 1)
        await api.container_create(client, name, engine_body.container_body(project, service, 1))
        for other, endpoint in engine_body.extra_networks(project, service).items():
            await network_connect(client, other, name, endpoint)
        await files_put(client, name, engine_body.files(service))
        await api.container_start(client, name)


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """Paths at which two inspects differ."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            inner = "*" if path.endswith("Networks") else key
            yield from differences(ours.get(key), theirs.get(key), f"{path}.{inner}" if path else inner)
    elif (ours or None) != (theirs or None):
        yield path


def pick(row: Any, path: str) -> Any:
    """The value at a path of `differences`, for the message."""
    for key in path.split("."):
        row = next(iter(row.values()), None) if key == "*" else (row or {}).get(key)
    return row


def comparable(row: dict[str, Any]) -> dict[str, Any]:
    """The parts that come from the file."""
    networks = row["NetworkSettings"]["Networks"]
    kept = ("IPAMConfig", "Links", "Aliases", "DriverOpts")
    config = {name: value for name, value in row["Config"].items() if name != "Hostname" or value == "webby"}
    return {
        "Config": config,
        "HostConfig": row["HostConfig"],
        "NetworkSettings": {"Networks": {key: {name: one[name] for name in kept} for key, one in networks.items()}},
        "Mounts": sorted(
            [mount["Type"], mount.get("Name") or mount["Source"], mount["Destination"], mount["RW"]]
            for mount in row["Mounts"]
        ),
    }


def test_the_same_containers(
    engine_with_busybox: Engine, project_files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = engine_with_busybox
    with contextlib.ExitStack() as stack:
        stack.callback(by_docker_compose, engine, tmp_path, "down", "--volumes", "--timeout", "0", "--remove-orphans")
        by_docker_compose(engine, tmp_path, "up", "--detach")
        theirs = inspected(engine, "shop")
        networks = objects(engine, "network", ["shop_front", "shop_back"])
        volumes = objects(engine, "volume", ["shop_data", "shop_cache"])
    project = load_project(Sources(project_files), "shop")
    try:
        asyncio.run(by_us(engine, project))
        ours = inspected(engine, "shop")
        assert objects(engine, "network", ["shop_front", "shop_back"]) == networks
        assert objects(engine, "volume", ["shop_data", "shop_cache"]) == volumes
        assert set(ours) == set(theirs) == {"db", "web", "side"}
        found: dict[str, str] = {}
        for name, row in ours.items():
            for path in differences(comparable(row), comparable(theirs[name])):
                pair = [pick(comparable(one), path) for one in (row, theirs[name])]
                found.setdefault(path, f"{name}: {path} is {pair[0]}, and {pair[1]} with docker-compose")
        stale = [known for known in EXPLAINED if not any(path.startswith(known) for path in found)]
        assert not stale, f"explained, and no longer different: {stale}"
        unexplained = [text for path, text in found.items() if not any(path.startswith(known) for known in EXPLAINED)]
        assert not unexplained, unexplained
        labels = ours["web"]["Config"]["Labels"]
        assert labels["site.example/name"] == theirs["web"]["Config"]["Labels"]["site.example/name"] == "shop"
        same = ("project", "service", "oneoff", "container-number")
        for name in same:
            key = f"com.docker.compose.{name}"
            assert labels[key] == theirs["web"]["Config"]["Labels"][key]
    finally:
        by_docker_compose(engine, tmp_path, "down", "--volumes", "--timeout", "0", "--remove-orphans")
    left = engine.docker("ps", "-aq", "--filter", "label=com.docker.compose.project=shop")
    assert left == "", "docker-compose removes what we made"
