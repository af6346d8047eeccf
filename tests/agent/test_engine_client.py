"""The Engine API client against a simulated engine: versions, errors, streams, limits."""

from pathlib import Path
from typing import Any

import pytest

from engine_agent.engine import (
    BadAddress,
    Conflict,
    Engine,
    EngineGone,
    EngineRefused,
    EngineTooOld,
    NotFound,
    StreamFailed,
)
from engine_agent.engine.client import Ask
from engine_agent.engine.containers import (
    container_create,
    container_inspect,
    container_logs,
    container_remove,
    container_start,
    container_stop,
    containers_list,
)
from engine_agent.engine.images import image_pull, images_list, split_reference
from engine_agent.engine.resources import engine_info, networks_list, volumes_list
from engine_agent.engine.streams import demultiplex, json_lines
from engine_agent.engine.transport import connector_of, is_loopback
from engine_agent.engine.types import Progress
from tests.sim.engine import SimEngine
from tests.sim.world import Behaviour


@pytest.fixture
def engine(sim_engine: SimEngine) -> Engine:
    """A client of the simulated engine."""
    return Engine(sim_engine.address)


@pytest.mark.parametrize(
    ("theirs", "used"), [("1.41", "1.41"), ("1.44", "1.44"), ("1.56", "1.56"), ("1.99", "1.56"), ("2.0", "1.56")]
)
async def test_the_newest_version_both_know_is_used(
    engine: Engine, sim_engine: SimEngine, theirs: str, used: str
) -> None:
    sim_engine.api_version = theirs
    await engine_info(engine)
    assert engine.api_version == used


@pytest.mark.parametrize("theirs", ["1.40", "1.9", "0.1", "junk", ""])
async def test_an_engine_that_is_too_old_is_told_readably(engine: Engine, sim_engine: SimEngine, theirs: str) -> None:
    sim_engine.api_version = theirs
    with pytest.raises(EngineTooOld, match=r"Docker Engine 20\.10 or newer"):
        await engine_info(engine)


async def test_versions_are_negotiated_once_and_again_after_the_engine_was_away(
    engine: Engine, sim_engine: SimEngine
) -> None:
    await engine_info(engine)
    await engine_info(engine)
    assert sim_engine.asked("GET /version") == 1
    engine.forget()
    await engine_info(engine)
    assert sim_engine.asked("GET /version") == 2


async def test_a_container_from_creation_to_removal(engine: Engine, sim_engine: SimEngine) -> None:
    sim_engine.world.add_image("web:1", Behaviour(log=b"hello\nworld\n"))
    made = await container_create(engine, "web", {"Image": "web:1"})
    await container_start(engine, "web")
    await container_start(engine, "web")
    assert (await container_inspect(engine, made.id)).state.running
    assert await container_logs(engine, "web", tail=1) == ("world\n", False)
    assert [row.id for row in await containers_list(engine, ids=(made.id,))] == [made.id]
    assert await containers_list(engine, labels=("a=b",)) == ()
    with pytest.raises(Conflict):
        await container_remove(engine, "web")
    await container_stop(engine, "web", grace=1)
    await container_remove(engine, "web")
    with pytest.raises(NotFound, match="No such container"):
        await container_inspect(engine, made.id)


async def test_everything_can_be_listed(engine: Engine, sim_engine: SimEngine) -> None:
    sim_engine.world.add_image("web:1")
    sim_engine.world.create_volume({"Name": "data"})
    assert [image.repo_tags for image in await images_list(engine)] == [("web:1",)]
    assert [network.name for network in await networks_list(engine)] == ["bridge", "host", "none"]
    assert [volume.name for volume in await volumes_list(engine)] == ["data"]


@pytest.mark.parametrize(
    ("status", "kind"), [(400, EngineRefused), (404, NotFound), (409, Conflict), (500, EngineRefused)]
)
async def test_refusals_keep_status_and_words(
    engine: Engine, sim_engine: SimEngine, status: int, kind: type[EngineRefused]
) -> None:
    sim_engine.fail("GET", "/info", status, "these words")
    with pytest.raises(kind, match="these words") as caught:
        await engine_info(engine)
    assert caught.value.status == status
    assert not caught.value.retryable


async def test_a_cut_connection_means_the_engine_is_gone(engine: Engine, sim_engine: SimEngine) -> None:
    sim_engine.fail("GET", "/info", 0)
    with pytest.raises(EngineGone) as caught:
        await engine_info(engine)
    assert caught.value.retryable
    assert (await engine_info(engine)).name == "simulated"


async def test_no_socket_means_the_engine_is_gone(tmp_path: Path) -> None:
    with pytest.raises(EngineGone, match="does not answer"):
        await engine_info(Engine(f"unix://{tmp_path}/none.sock"))


async def test_an_engine_that_hangs_is_gone_in_time(engine: Engine, sim_engine: SimEngine) -> None:
    await engine.negotiate()
    held = sim_engine.hold("GET", "/info")
    with pytest.raises(EngineGone, match="nothing came"):
        await engine.json(Ask("GET", "/info"), dict, timeout=0.1)
    held.set()


async def test_a_pull_tells_its_progress(engine: Engine, sim_engine: SimEngine) -> None:
    sim_engine.world.offer_image("r:5000/web:1")
    lines = [line async for line in image_pull(engine, "r:5000/web", "1")]
    downloading = [line.progress_detail for line in lines if line.status == "Downloading"]
    assert downloading[-1] is not None
    assert (downloading[-1].current, downloading[-1].total) == (3000, 3000)
    assert lines[-1].status == "Status: Downloaded newer image for r:5000/web:1"


async def test_a_pull_of_an_unknown_tag_is_refused(engine: Engine) -> None:
    with pytest.raises(NotFound, match="manifest unknown"):
        _ = [line async for line in image_pull(engine, "r:5000/web", "9")]


async def one(data: bytes) -> "list[Progress]":
    async def pieces() -> "object":
        for at in range(0, len(data), 7):
            yield data[at : at + 7]

    return [line async for line in json_lines(pieces(), Progress)]  # type: ignore[arg-type]


async def test_lines_are_put_together_and_strange_ones_passed_over() -> None:
    data = b'{"status":"a"}\r\n{"status":"b"}\n[1,2]\nnot json\n\n{"status":"c","new":{"x":1}}\n{"status":"cut'
    assert [line.status for line in await one(data)] == ["a", "b", "c"]


def test_multiplexed_logs_are_joined() -> None:
    frame = b"\x01\0\0\0\0\0\0\x03one" + b"\x02\0\0\0\0\0\0\x03two"
    assert demultiplex(frame) == b"onetwo"
    assert demultiplex(frame[:-2]) == b"onet"
    assert demultiplex(b"") == b""


async def test_long_logs_are_cut_to_their_end(engine: Engine, sim_engine: SimEngine) -> None:
    lines = b"".join(b"line %06d\n" % number for number in range(60_000))
    sim_engine.world.add_image("web:1", Behaviour(log=lines))
    await container_create(engine, "web", {"Image": "web:1"})
    await container_start(engine, "web")
    text, truncated = await container_logs(engine, "web", tail=100_000, limit=1000)
    assert truncated
    assert len(text) == 1000
    assert text.endswith("line 059999\n")


async def test_logs_of_a_terminal_are_taken_as_they_are(engine: Engine, sim_engine: SimEngine) -> None:
    sim_engine.world.add_image("web:1", Behaviour(log=b"\x01raw\n"))
    await container_create(engine, "web", {"Image": "web:1", "Tty": True})
    await container_start(engine, "web")
    assert await container_logs(engine, "web", tail=10) == ("\x01raw\n", False)


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("web", ("web", "latest")),
        ("web:1", ("web", "1")),
        ("r:5000/web", ("r:5000/web", "latest")),
        ("r:5000/web:1", ("r:5000/web", "1")),
        ("web@sha256:ab", ("web", "sha256:ab")),
        ("r:5000/a/web:1@sha256:ab", ("r:5000/a/web", "sha256:ab")),
    ],
)
def test_references(reference: str, parts: tuple[str, str]) -> None:
    assert split_reference(reference) == parts


@pytest.mark.parametrize("address", ["unix:///run/docker.sock", "npipe:////./pipe/docker_engine", "tcp://127.0.0.1:1"])
def test_addresses_we_can_use(address: str) -> None:
    assert callable(connector_of(address))


@pytest.mark.parametrize(
    "address", ["", "docker.sock", "tcp://10.0.0.1:2375", "http://127.0.0.1:1", "unix://", "ssh://h"]
)
def test_addresses_we_cannot_use(address: str) -> None:
    with pytest.raises(BadAddress, match="unix:///path"):
        connector_of(address)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("a.example", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


async def test_an_error_in_the_middle_of_a_stream_is_raised(engine: Engine, sim_engine: SimEngine) -> None:
    from tests.sim import routes

    async def broken(call: routes.Call) -> routes.Answer:
        return routes.Answer(
            200, b'{"status":"Downloading"}\n{"errorDetail":{"message":"unexpected EOF"},"error":"x"}\n'
        )

    sim_engine.routes["POST /images/create"] = broken
    with pytest.raises(StreamFailed, match="unexpected EOF"):
        _ = [line async for line in image_pull(engine, "web", "1")]


class NewerEngine(SimEngine):
    """An engine of a later year."""

    def version(self) -> dict[str, Any]:
        return super().version() | {"ApiVersion": "1.70", "MinAPIVersion": "1.60"}


async def test_an_engine_that_speaks_only_newer_versions_is_told_readably(tmp_path: Path) -> None:
    async with NewerEngine(tmp_path / "newer.sock") as newer:
        with pytest.raises(EngineTooOld, match="update the agent"):
            await Engine(newer.address).negotiate()
