"""What the simulated engine answers has the shapes of the published API description."""

import asyncio
import json
import re
import urllib.parse
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from engine_agent.engine import Engine, EngineRefused
from engine_agent.engine.client import Ask
from tests.sim.engine import SimEngine
from tests.sim.routes import ROUTES
from tests.sim.world import Behaviour

pytestmark = pytest.mark.shared


def without_nulls(value: Any) -> Any:
    """The engine writes null for what is empty; the description does not say so everywhere."""
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


def check(description: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    whole = {**schema, "definitions": description["definitions"]}
    jsonschema.Draft4Validator(whole).validate(without_nulls(value))


def response_schema(description: dict[str, Any], method: str, path: str, status: str) -> dict[str, Any]:
    schema: dict[str, Any] = description["paths"][path][method]["responses"][status]["schema"]
    return schema


@pytest.fixture
async def client(tmp_path: Path) -> Any:
    """A client of a simulated engine that holds one of everything."""
    async with SimEngine(tmp_path / "engine.sock") as engine:
        engine.world.add_image("web:1", Behaviour(healthy=60.0))
        body = {"Image": "web:1", "Labels": {"a": "b"}, "HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "1"}]}}}
        container = engine.world.create("web", body)
        engine.world.start(container)
        engine.world.create("idle", {"Image": "web:1"})
        engine.world.create_network({"Name": "front"})
        engine.world.create_volume({"Name": "data"})
        yield Engine(engine.address)


GETS = [
    ("/containers/json", "/containers/json"),
    ("/containers/{id}/json", "/containers/web/json"),
    ("/containers/{id}/json", "/containers/idle/json"),
    ("/images/json", "/images/json"),
    ("/images/{name}/json", "/images/web:1/json"),
    ("/networks", "/networks"),
    ("/volumes", "/volumes"),
    ("/info", "/info"),
    ("/version", "/version"),
]


@pytest.mark.parametrize(("path", "asked"), GETS)
async def test_what_is_read(client: Engine, description: dict[str, Any], path: str, asked: str) -> None:
    answer = await client.json(Ask("GET", urllib.parse.quote(asked), {"all": True}), object)
    check(description, response_schema(description, "get", path, "200"), answer)


POSTS = [
    ("/containers/create", "/containers/create", {"Image": "web:1"}),
    ("/networks/create", "/networks/create", {"Name": "back"}),
    ("/volumes/create", "/volumes/create", {"Name": "more"}),
]


@pytest.mark.parametrize(("path", "asked", "body"), POSTS)
async def test_what_is_created(
    client: Engine, description: dict[str, Any], path: str, asked: str, body: dict[str, Any]
) -> None:
    answer = await client.json(Ask("POST", asked, body=body), object)
    check(description, response_schema(description, "post", path, "201"), answer)


async def test_events(tmp_path: Path, description: dict[str, Any]) -> None:
    async with SimEngine(tmp_path / "other.sock") as engine:
        listener = engine.listen()
        first = asyncio.ensure_future(anext(listener))
        await asyncio.sleep(0)
        engine.world.add_image("web:1")
        engine.world.create("web", {"Image": "web:1"})
        event = json.loads(await first)
        await listener.aclose()
    check(description, {"$ref": "#/definitions/EventMessage"}, event)
    assert (event["Type"], event["Action"]) == ("container", "create")


@pytest.mark.parametrize(
    ("method", "path", "asked", "status"),
    [
        ("get", "/containers/{id}/json", "/containers/none/json", 404),
        ("get", "/images/{name}/json", "/images/no/json", 404),
    ],
)
async def test_refusals(
    client: Engine, description: dict[str, Any], method: str, path: str, asked: str, status: int
) -> None:
    with pytest.raises(EngineRefused) as caught:
        await client.json(Ask(method.upper(), asked), object)
    assert caught.value.status == status
    check(description, response_schema(description, method, path, str(status)), {"message": caught.value.message})


USED = [(route.method.lower(), re.sub(r"\(\?P<(\w+)>\.\+\)", r"{\1}", route.path.pattern)) for route in ROUTES]


@pytest.mark.parametrize(("method", "path"), USED)
def test_every_route_is_in_the_description(description: dict[str, Any], method: str, path: str) -> None:
    assert method in description["paths"][path]
