"""Plans and rollouts: a plan of 50 services over 10 hosts, a deploy that changes nothing, and six services at once.

The plan is measured in this process on the pure planner. The others go over the API; `docker-compose up -d` of the same
file on the same engine is the baseline of the six, its own start included.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hosts import planning
from tests.hosts.shapes import holder, host, wanted
from tests.lab.parts import program

from .report import Row, median, spread
from .stage import IMAGE, Stage, settle

ROUNDS = 5
ENDS = {"succeeded", "failed", "rolled_back", "cancelled"}
SIX: dict[str, Any] = {
    "services": {
        "web": {"image": IMAGE, "depends_on": ["api"], "stop_grace_period": "0s"},
        "api": {"image": IMAGE, "depends_on": ["db", "cache"], "stop_grace_period": "0s"},
        "worker": {"image": IMAGE, "depends_on": ["db"], "stop_grace_period": "0s"},
        "mail": {"image": IMAGE, "stop_grace_period": "0s"},
        "db": {"image": IMAGE, "stop_grace_period": "0s"},
        "cache": {"image": IMAGE, "stop_grace_period": "0s"},
    }
}


def measure(stage: Stage) -> Iterator[Row]:
    yield planned()
    ours: list[float] = []
    composed: list[float] = []
    nothing: list[float] = []
    for number in range(ROUNDS):
        composed.append(compose_up(stage, f"plain{number}"))
        settle(stage.engine)
        application = make(stage, f"six{number}")
        ours.append(until_running(stage, application))
        nothing.append(unchanged(stage, application))
        remove(stage, application)
        settle(stage.engine)
    ratio = median(ours) / median(composed)
    detail = f"from the request to six running {spread(ours)}, docker-compose up -d {spread(composed)}"
    yield Row("six services over `docker-compose up -d`", ratio, 1.1, "x", detail)
    yield Row("a deploy that changes nothing", median(nothing), 300, "ms", f"request answered {spread(nothing)}")


def planned() -> Row:
    """50 services over 10 hosts with 100 containers each."""
    services = {f"s{number}": {"image": f"image-{number}:1", "ports": [f"{9000 + number}:80"]} for number in range(50)}
    wish = wanted(json.dumps({"services": services}))
    hosts = [host(f"host-{number}", containers=tuple(holder(f"c{i}", i) for i in range(100))) for number in range(10)]
    times = []
    for _ in range(20):
        began = time.perf_counter()
        planning.make(wish, hosts)
        times.append((time.perf_counter() - began) * 1000)
    return Row("plan of 50 services over 10 hosts", median(times), 200, "ms", spread(times))


def compose_up(stage: Stage, name: str) -> float:
    """Milliseconds of `docker-compose up -d`, which returns when all are started."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "compose.json"
        file.write_text(json.dumps({"version": "3.8", **_plain()}), encoding="utf-8")
        command = [program("docker-compose"), "-f", str(file), "-p", name]
        env = {"DOCKER_HOST": stage.engine.host, "PATH": "/usr/local/bin:/usr/bin:/bin"}
        began = time.perf_counter()
        subprocess.run([*command, "up", "-d"], env=env, check=True, capture_output=True, timeout=120)
        took = (time.perf_counter() - began) * 1000
        subprocess.run([*command, "down", "-t", "0"], env=env, check=True, capture_output=True, timeout=120)
    return took


def _plain() -> dict[str, Any]:
    return {"services": {name: dict(service) for name, service in SIX["services"].items()}}


def make(stage: Stage, name: str) -> str:
    body = {"team": stage.team, "name": name, "compose": json.dumps(SIX), "targets": {"hosts": [stage.host_id]}}
    status, answer = stage.portal.api("POST", "applications", stage.token, body)
    assert status == 201, answer
    return str(answer["id"])


def until_running(stage: Stage, application: str) -> float:
    """Milliseconds from the request until the engine runs all six."""
    began = time.perf_counter()
    deployment = deploy(stage, application)
    while len(stage.engine.docker("ps", "-q").split()) < len(SIX["services"]):
        assert time.perf_counter() - began < 60, "six services do not run"
        time.sleep(0.01)
    took = (time.perf_counter() - began) * 1000
    stage.portal.wait_for(f"deployments/{deployment}", stage.token, lambda one: one["state"] in ENDS)
    return took


def unchanged(stage: Stage, application: str) -> float:
    """Milliseconds of planning and starting a deployment that has nothing to do; it touches no container."""
    before = stage.engine.docker("ps", "-q", "--no-trunc")
    began = time.perf_counter()
    deployment = deploy(stage, application)
    took = (time.perf_counter() - began) * 1000
    end = stage.portal.wait_for(f"deployments/{deployment}", stage.token, lambda one: one["state"] in ENDS)
    assert end["state"] == "succeeded", end["error"]
    assert stage.engine.docker("ps", "-q", "--no-trunc") == before, "something was touched"
    return took


def deploy(stage: Stage, application: str) -> str:
    status, answer = stage.portal.api("POST", f"applications/{application}/deployments", stage.token, {})
    assert status == 202, answer
    return str(answer["id"])


def remove(stage: Stage, application: str) -> None:
    stage.portal.api("DELETE", f"applications/{application}", stage.token)
    gone = (404,)
    deadline = time.monotonic() + 60
    while stage.portal.api("GET", f"applications/{application}", stage.token)[0] not in gone:
        assert time.monotonic() < deadline, "it is not removed"
        time.sleep(0.1)
