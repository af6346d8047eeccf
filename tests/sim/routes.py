"""What a simulated engine answers to what is asked of it."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.sim import shapes
from tests.sim.world import Refusal, World

if TYPE_CHECKING:
    from tests.sim.engine import SimEngine


@dataclass
class Call:
    """One request: the engine asked, names from the path, query, headers (lower-case names), body."""

    engine: "SimEngine"
    path: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def world(self) -> World:
        return self.engine.world

    def json(self) -> dict[str, Any]:
        """The body."""
        return dict(json.loads(self.body or b"{}"))

    def filters(self) -> dict[str, list[str]]:
        """The query's filters."""
        return dict(json.loads(self.query.get("filters", "{}")))


@dataclass
class Answer:
    """status 204 has no body; bytes go as they are. headers: further ones."""

    status: int
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()

    def data(self) -> bytes:
        """The body's bytes."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Stream(Answer):
    """An answer in pieces."""

    status: int = 200
    pieces: AsyncGenerator[bytes] = None  # type: ignore[assignment]  # always given, by name


Talk = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Hijack(Answer):
    """The connection itself, both ways, once the client has been told that protocols are switched. talk: is given what
    came already, and the rest as it comes."""

    status: int = 101
    talk: Talk = None  # type: ignore[assignment]  # always given, by name


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass
class Route:
    """Method and path that a handler answers."""

    method: str
    path: re.Pattern[str]
    handler: Handler


ROUTES: list[Route] = []


def route(method: str, path: str) -> Callable[[Handler], Handler]:
    """Register a handler; {name} in the path catches anything, slashes too."""
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>.+)", path))

    def register(handler: Handler) -> Handler:
        ROUTES.append(Route(method, pattern, handler))
        return handler

    return register


@route("GET", "/_ping")
async def _ping(call: Call) -> Answer:
    return Answer(200, b"OK", _about(call))


@route("HEAD", "/_ping")
async def _ping_head(call: Call) -> Answer:
    return Answer(200, b"", _about(call))


def _about(call: Call) -> tuple[tuple[str, str], ...]:
    """What a client wants to know before it asks anything."""
    return ("API-Version", call.engine.api_version), ("OSType", str(call.engine.info()["OSType"]))


@route("GET", "/version")
async def _version(call: Call) -> Answer:
    return Answer(200, call.engine.version())


@route("GET", "/info")
async def _info(call: Call) -> Answer:
    return Answer(200, call.engine.info())


@route("GET", "/events")
async def _events(call: Call) -> Answer:
    return Stream(pieces=call.engine.listen())


@route("GET", "/containers/json")
async def _containers(call: Call) -> Answer:
    filters = call.filters()
    every = call.query.get("all") in {"1", "true"}
    rows = [shapes.row(one) for one in call.world.containers.values() if every or one.running]
    for label in filters.get("label", []):
        name, _, value = label.partition("=")
        rows = [row for row in rows if row["Labels"].get(name) == value]
    if wanted := filters.get("id"):
        rows = [row for row in rows if row["Id"] in wanted]
    return Answer(200, rows)


@route("POST", "/containers/create")
async def _create(call: Call) -> Answer:
    container = call.world.create(call.query.get("name", ""), call.json())
    return Answer(201, {"Id": container.id, "Warnings": container.warnings})


@route("GET", "/containers/{id}/json")
async def _inspect(call: Call) -> Answer:
    return Answer(200, shapes.inspected(call.world.container(call.path["id"])))


@route("POST", "/containers/{id}/start")
async def _start(call: Call) -> Answer:
    container = call.world.container(call.path["id"])
    if not call.world.start(container):
        return Answer(304)
    call.engine.live(container)
    return Answer(204)


@route("POST", "/containers/{id}/stop")
async def _stop(call: Call) -> Answer:
    return Answer(204 if call.world.end(call.world.container(call.path["id"]), call.world.STOPPED) else 304)


@route("POST", "/containers/{id}/restart")
async def _restart(call: Call) -> Answer:
    container = call.world.container(call.path["id"])
    call.world.end(container, call.world.STOPPED)
    call.world.start(container)
    call.engine.live(container)
    return Answer(204)


@route("POST", "/containers/{id}/kill")
async def _kill(call: Call) -> Answer:
    container = call.world.container(call.path["id"])
    if not call.world.end(container, call.world.KILLED):
        raise Refusal(409, f"Cannot kill container: {container.name}: Container {container.id} is not running")
    return Answer(204)


@route("POST", "/containers/{id}/rename")
async def _rename(call: Call) -> Answer:
    call.world.rename(call.world.container(call.path["id"]), call.query["name"])
    return Answer(204)


@route("GET", "/containers/{id}/logs")
async def _logs(call: Call) -> Answer:
    container = call.world.container(call.path["id"])
    lines = container.log.splitlines(keepends=True)
    tail = lines[-int(call.query["tail"]) :] if call.query.get("tail", "all").isdigit() else lines
    if container.body.get("Tty"):
        return Answer(200, b"".join(tail))
    return Answer(200, b"".join(b"\x01\0\0\0" + len(line).to_bytes(4, "big") + line for line in tail))


@route("DELETE", "/containers/{id}")
async def _remove(call: Call) -> Answer:
    call.world.remove(call.world.container(call.path["id"]), force=call.query.get("force") == "1")
    return Answer(204)


@route("GET", "/images/json")
async def _images(call: Call) -> Answer:
    return Answer(
        200, [shapes.image_row(image) for image in {image.id: image for image in call.world.images.values()}.values()]
    )


@route("POST", "/images/create")
async def _pull(call: Call) -> Answer:
    name, tag = call.query["fromImage"], call.query.get("tag", "latest")
    for image in call.world.remote.values():
        if image.reference == f"{name}:{tag}" or (image.digest == tag and image.reference.startswith(f"{name}:")):
            return Stream(pieces=_pull_lines(call.world, image.reference))
    raise Refusal(404, f"manifest for {name}:{tag} not found: manifest unknown: manifest unknown")


async def _pull_lines(world: World, reference: str) -> AsyncGenerator[bytes]:
    image = world.remote[reference]
    for layer, _ in image.layers:
        yield line(status="Pulling fs layer", progressDetail={}, id=layer)
    for layer, size in image.layers:
        for quarter in range(1, 5):
            detail = {"current": size * quarter // 4, "total": size}
            yield line(status="Downloading", progressDetail=detail, id=layer)
            await asyncio.sleep(0)
        yield line(status="Download complete", progressDetail={}, id=layer)
        yield line(status="Extracting", progressDetail={"current": size, "total": size}, id=layer)
        yield line(status="Pull complete", progressDetail={}, id=layer)
    world.images[reference] = image
    world.emit("image", "pull", reference, {"name": reference})
    yield line(status=f"Digest: {image.digest}")
    yield line(status=f"Status: Downloaded newer image for {reference}")


def line(**fields: Any) -> bytes:
    """One message of a pull or a build."""
    return json.dumps(fields).encode() + b"\r\n"


@route("POST", "/build")
async def _build(call: Call) -> Answer:
    return Stream(pieces=_build_lines(call))


async def _build_lines(call: Call) -> AsyncGenerator[bytes]:
    yield line(stream="Step 1/1 : FROM scratch\n")
    await asyncio.sleep(0)
    image = call.world.add_image(call.query["t"])
    image.labels = json.loads(call.query.get("labels", "{}"))
    yield line(stream=f"Successfully tagged {image.reference}\n")


@route("GET", "/images/{name}/json")
async def _image(call: Call) -> Answer:
    return Answer(200, shapes.image_inspected(call.world.image(call.path["name"])))


@route("POST", "/images/{name}/tag")
async def _tag(call: Call) -> Answer:
    image = call.world.image(call.path["name"])
    reference = f"{call.query['repo']}:{call.query['tag']}"
    call.world.images[reference] = image
    if reference not in image.tags:
        image.tags.append(reference)
    return Answer(201)


@route("POST", "/images/{name}/push")
async def _push(call: Call) -> Answer:
    reference = f"{call.path['name']}:{call.query['tag']}"
    return Stream(pieces=_push_lines(call.world.image(reference), reference))


async def _push_lines(image: Any, reference: str) -> AsyncGenerator[bytes]:
    yield line(status=f"The push refers to repository [{reference.rpartition(':')[0]}]")
    for layer, size in image.layers:
        yield line(status="Preparing", progressDetail={}, id=layer)
        yield line(status="Pushing", progressDetail={"current": size, "total": size}, id=layer)
        await asyncio.sleep(0)
        yield line(status="Pushed", progressDetail={}, id=layer)
    tag = reference.rpartition(":")[2]
    yield line(status=f"{tag}: digest: {image.digest} size: 528")
    yield line(progressDetail={}, aux={"Tag": tag, "Digest": image.digest, "Size": 528})


@route("DELETE", "/images/{name}")
async def _remove_image(call: Call) -> Answer:
    image = call.world.image(call.path["name"])
    for reference in [name for name, known in call.world.images.items() if known is image]:
        del call.world.images[reference]
    call.world.emit("image", "delete", image.id, {"name": image.id})
    return Answer(200, [{"Untagged": image.reference}, {"Deleted": image.id}])


@route("GET", "/networks")
async def _networks(call: Call) -> Answer:
    return Answer(200, list(call.world.networks.values()))


@route("POST", "/networks/create")
async def _create_network(call: Call) -> Answer:
    return Answer(201, {"Id": call.world.create_network(call.json())["Id"], "Warning": ""})


@route("POST", "/networks/{id}/connect")
async def _connect(call: Call) -> Answer:
    call.world.container(call.json()["Container"]).networks.append(call.path["id"])
    return Answer(200)


@route("DELETE", "/networks/{id}")
async def _remove_network(call: Call) -> Answer:
    call.world.remove_network(call.path["id"])
    return Answer(204)


@route("GET", "/volumes")
async def _volumes(call: Call) -> Answer:
    return Answer(200, {"Volumes": list(call.world.volumes.values()), "Warnings": []})


@route("POST", "/volumes/create")
async def _create_volume(call: Call) -> Answer:
    return Answer(201, call.world.create_volume(call.json()))


@route("DELETE", "/volumes/{name}")
async def _remove_volume(call: Call) -> Answer:
    call.world.remove_volume(call.path["name"])
    return Answer(204)
