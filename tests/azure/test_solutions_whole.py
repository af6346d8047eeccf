"""The five solutions of the gallery, deployed whole: from the form's answers to containers that answer HTTP.

The two of one machine run always; those of several take minutes and are long.

Machines boot for real: Linux with a real engine and the template's own set-up, Windows with the simulated engine and
the real agent. Images of Docker Hub are in the lab's registry, under their own names.
"""

import base64
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.oci import Platform, publish
from tests.lab.processes import wait_until
from tests.lab.registry import Registry

from .booting import Cloud, start_cloud

pytestmark = [pytest.mark.engine, pytest.mark.registry, pytest.mark.timeout(500)]

ENDS = ("ready", "failed", "deleted")
SECRET = re.compile(r"phe_[\w-]{20,}")
WINDOWS = Platform("windows", os_version="10.0.20348.1")
# WordPress shows what the database says, so that a page of it proves the way between the two machines.
ASK = "printf 'HTTP/1.0 200 OK\\r\\n\\r\\nwordpress with ' && nc -w 3 $WORDPRESS_DB_HOST 3306 < /dev/null"
DATABASE = ["/bin/sh", "-c", "while :; do echo the database | nc -l -p 3306; done"]
WEB = {"Cmd": ["/bin/httpd", "-f", "-p", "80", "-h", "/www"], "ExposedPorts": {"80/tcp": {}}}
SOLUTIONS: dict[str, dict[str, Any]] = {
    "one": {"solution": "web-host"},
    "two": {"solution": "web-and-database", "values": {"DB_PASSWORD": "between-the-two-services"}},
    "win": {"solution": "windows-site", "values": {"IMAGE": "harbour/iis:ltsc2022"}},
    "mix": {"solution": "windows-front-linux-back", "values": {"FRONT": "harbour/iis:ltsc2022"}},
    "swarm": {"solution": "swarm"},
}
ANSWERS = {
    "one": "from nginx",
    "two": "the database",
    "win": "win-site-1 of",
    "mix": "mix-front-1 of",
    "swarm": "from nginx",
}


def fill(registry: Registry) -> None:
    """The images that the solutions name."""
    page = {"www/index.html": b"from nginx\n"}
    publish(registry, "library/nginx:stable", config=WEB, files=page)
    serve = ["/bin/sh", "-c", f'while :; do nc -l -p 80 -e /bin/sh -c "{ASK}"; done']
    publish(registry, "library/wordpress:apache", config={"Cmd": serve, "ExposedPorts": {"80/tcp": {}}})
    publish(registry, "library/mysql:8.4", config={"Cmd": DATABASE, "ExposedPorts": {"3306/tcp": {}}})
    publish(registry, "harbour/iis:ltsc2022", [WINDOWS], config={"ExposedPorts": {"80/tcp": {}}})


@pytest.fixture(scope="module")
def cloud(registry: Registry) -> Iterator[Cloud]:
    fill(registry)
    with start_cloud(registry) as running:
        yield running


def fetched(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return str(answer.read().decode(errors="replace"))
    except (urllib.error.URLError, OSError):
        return ""


@pytest.mark.parametrize(
    "names", [("one", "win"), pytest.param(("two", "mix", "swarm"), marks=pytest.mark.long)], ids=" ".join
)
def test_solutions_from_form_to_answer_and_away(cloud: Cloud, names: tuple[str, ...]) -> None:
    made = {name: cloud.solution({"name": name, **SOLUTIONS[name]}) for name in names}
    for solution in made.values():
        cloud.deploy_solution(solution)
    for name, solution in made.items():
        seen = cloud.wait_solution(solution, *ENDS, seconds=300)
        assert seen["state"] == "ready", (name, seen["error"], cloud.consoles())
        assert len(seen["addresses"]) == (3 if name == "swarm" else 1)
        for address in seen["addresses"]:
            wait_until(
                lambda url=address["url"], name=name: ANSWERS[name] in fetched(url),  # type: ignore[misc]
                seconds=60,
                what=f"{name} at {address['url']}",
            )
    no_secret_outside_protected_settings(cloud)
    for solution in made.values():
        cloud.ask("DELETE", f"azure/solutions/{solution}")
    for solution in made.values():
        cloud.wait_solution(solution, "deleted", seconds=200)
    assert cloud.arm.world.groups == {}
    assert cloud.ask("GET", "applications")["items"] == []
    assert cloud.ask("GET", "clusters")["items"] == []


def no_secret_outside_protected_settings(cloud: Cloud) -> None:
    """Of every request, all but the values of secure parameters, which Azure never gives out again."""
    for _method, path, body in cloud.arm.log.entries:
        properties = body.get("properties", {}) if isinstance(body, dict) else {}
        if "template" in properties:
            declared = properties["template"]["parameters"]
            secure = {name for name, one in declared.items() if one["type"] == "securestring"}
            assert {"adminPassword"} < secure
            plain = {name: value for name, value in properties["parameters"].items() if name not in secure}
            body = {**body, "properties": {**properties, "parameters": plain}}
        text = f"{path} {json.dumps(body)}"
        assert not SECRET.search(text)
        assert "between-the-two-services" not in text
        for packed in re.findall(r'"customData": "([^"]+)"', text):
            assert not SECRET.search(base64.b64decode(packed).decode())
