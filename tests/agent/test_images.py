"""Which images are pulled, built or used as they are, and how a pull that breaks is begun again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from engine_agent.engine import Engine
from engine_agent.engine.types import Image, Progress, ProgressDetail
from engine_agent.protocol.access import RegistryAuth
from engine_agent.protocol.bodies import BuildContext, Deploy, ImageSpec
from engine_agent.work.images import CONTEXT_LABEL, PULL_TRIES, Imaging, ensure_images, need
from engine_agent.work.outcome import Failure
from engine_agent.work.pulling import Layers
from tests.agent.carrying import Papers
from tests.agent.wishes import container, deploy
from tests.sim.engine import SimEngine
from tests.sim.routes import Answer, Call

DIGEST = "sha256:" + "a" * 64
CONTEXT = BuildContext("/context.tar", "c0ffee", 3)


def present(**fields: object) -> Image:
    """An image on the host."""
    known = {"Id": "sha256:1", "Os": "linux", "Architecture": "amd64", "RepoDigests": [f"web@{DIGEST}"], **fields}
    return msgspec.convert(known, Image)


@pytest.mark.parametrize(
    ("spec", "image", "wanted"),
    [
        (ImageSpec("web:1"), None, "pull"),
        (ImageSpec("web:1"), present(), "present"),
        (ImageSpec("web:1", pull="always"), present(), "pull"),
        (ImageSpec("web:1", pull="never"), present(), "present"),
        (ImageSpec("web:1", pull="never"), None, "absent"),
        (ImageSpec("web:1", digest=DIGEST), present(), "present"),
        (ImageSpec("web:1", digest="sha256:other"), present(), "pull"),
        (ImageSpec("web:1", digest="sha256:other", pull="never"), present(), "present"),
        (ImageSpec("web:1", digest=DIGEST), present(RepoDigests=None), "pull"),
        (ImageSpec("web:1", platform="linux/amd64"), present(), "present"),
        (ImageSpec("web:1", platform="linux/arm64/v8"), present(), "pull"),
        (ImageSpec("web:1", platform="windows/amd64"), present(), "pull"),
        (ImageSpec("web:1", build=CONTEXT), None, "build"),
        (ImageSpec("web:1", build=CONTEXT), present(), "build"),
        (ImageSpec("web:1", build=CONTEXT), present(Config={"Labels": {CONTEXT_LABEL: "c0ffee"}}), "present"),
        (ImageSpec("web:1", build=CONTEXT), present(Config={"Labels": {CONTEXT_LABEL: "older"}}), "build"),
    ],
)
def test_what_must_be_done_for_an_image(spec: ImageSpec, image: Image | None, wanted: str) -> None:
    assert need(spec, image) == wanted


class Waits:
    """Sleeps that are noted and not slept."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


def imaging(sim: SimEngine, papers: Papers, waits: Waits | None = None, context: bytes = b"tar") -> Imaging:
    """Images of a simulated engine, with build contexts of these bytes."""

    @asynccontextmanager
    async def fetch(wanted: BuildContext) -> AsyncIterator[Path]:
        path = sim.socket.parent / wanted.sha256
        await asyncio.to_thread(path.write_bytes, context)
        yield path

    return Imaging(Engine(sim.address), papers.order(_ANY).reporter, fetch, (waits or Waits()).sleep)


_ANY = Deploy("any", (), (), (), ())


def breaking(times: int, sim: SimEngine, message: str = "unexpected EOF") -> None:
    """Have the next pulls end with an error in the middle of their stream."""
    left = times

    async def pull(call: Call) -> Answer:
        nonlocal left
        left -= 1
        if left == 0:
            del sim.routes["POST /images/create"]
        lines = [Progress("Downloading", "aaaaaaaaaaaa", progress_detail=ProgressDetail(500, 1000))]
        error = msgspec.json.encode({"errorDetail": {"message": message}, "error": message})
        return Answer(200, b"\n".join([*map(msgspec.json.encode, lines), error]) + b"\n")

    sim.routes["POST /images/create"] = pull


async def test_a_pull_is_told_layer_by_layer(sim_engine: SimEngine) -> None:
    sim_engine.world.offer_image("web:1")
    papers = Papers()
    await ensure_images(imaging(sim_engine, papers), deploy(container()))
    top = papers.steps["pull:web"]
    assert (top.state, top.current, top.total) == ("done", 4000, 4000)
    layer = papers.steps["pull:web:bbbbbbbbbbbb"]
    assert (layer.parent, layer.state, layer.current, layer.total) == ("pull:web", "done", 3000, 3000)


async def test_a_pull_by_digest_gets_its_tag(sim_engine: SimEngine) -> None:
    image = sim_engine.world.offer_image("r:5000/web:1")
    spec = ImageSpec("r:5000/web:1", digest=image.digest)
    await ensure_images(imaging(sim_engine, Papers()), deploy(container(image="r:5000/web:1"), images=(spec,)))
    assert sim_engine.asked(f"POST /images/r:5000/web@{image.digest}/tag") == 1


async def test_credentials_go_to_the_engine_and_nowhere_else(sim_engine: SimEngine) -> None:
    seen: list[str] = []

    async def pull(call: Call) -> Answer:
        seen.append(call.headers.get("x-registry-auth", ""))
        sim_engine.world.add_image("r:5000/web:1")
        return Answer(200, b"")

    sim_engine.routes["POST /images/create"] = pull
    papers = Papers()
    spec = ImageSpec("r:5000/web:1", auth=RegistryAuth("r:5000", "user", "correct-horse"))
    await ensure_images(imaging(sim_engine, papers), deploy(container(image="r:5000/web:1"), images=(spec,)))
    assert len(seen[0]) > 20
    assert "correct-horse" not in str(papers.reports)


@pytest.mark.parametrize("times", [1, PULL_TRIES - 1])
async def test_a_broken_pull_is_begun_again(sim_engine: SimEngine, times: int) -> None:
    sim_engine.world.offer_image("web:1")
    breaking(times, sim_engine)
    papers, waits = Papers(), Waits()
    await ensure_images(imaging(sim_engine, papers, waits), deploy(container()))
    assert papers.steps["pull:web"].state == "done"
    assert waits.seconds == [2.0**number for number in range(times)]
    assert sum("trying again" in line for line in papers.lines) == times


async def test_in_the_end_a_pull_that_breaks_fails(sim_engine: SimEngine) -> None:
    breaking(PULL_TRIES, sim_engine)
    papers = Papers()
    with pytest.raises(Failure) as caught:
        await ensure_images(imaging(sim_engine, papers), deploy(container()))
    assert caught.value.code == "pull-interrupted"
    assert papers.steps["pull:web"].state == "failed"
    assert papers.steps["pull:web:aaaaaaaaaaaa"].state == "skipped"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("no matching manifest for linux/amd64 in the manifest list entries", "platform-mismatch"),
        ("write /var/lib/docker/tmp/x: no space left on device", "no-space"),
    ],
)
async def test_what_cannot_get_better_is_not_tried_again(sim_engine: SimEngine, message: str, code: str) -> None:
    breaking(1, sim_engine, message)
    waits = Waits()
    with pytest.raises(Failure) as caught:
        await ensure_images(imaging(sim_engine, Papers(), waits), deploy(container()))
    assert caught.value.code == code
    assert waits.seconds == []


async def test_one_failed_image_ends_the_other_pulls(sim_engine: SimEngine) -> None:
    sim_engine.world.offer_image("web:1")
    with pytest.raises(Failure) as caught:
        await ensure_images(imaging(sim_engine, Papers()), deploy(container(), container("db", image="none:1")))
    assert caught.value.code == "tag-not-found"


async def test_a_build_is_told_and_marked(sim_engine: SimEngine) -> None:
    papers = Papers()
    spec = ImageSpec("web:1", build=CONTEXT)
    for _ in range(2):
        await ensure_images(imaging(sim_engine, papers), deploy(container(), images=(spec,)))
    assert papers.steps["build:web"].state == "done"
    assert "Step 1/1 : FROM scratch" in papers.lines
    assert sim_engine.world.images["web:1"].labels == {CONTEXT_LABEL: "c0ffee"}
    assert sim_engine.asked("POST /build") == 1


async def test_a_failed_build_says_why(sim_engine: SimEngine) -> None:
    async def build(call: Call) -> Answer:
        assert call.body == b"tar"
        return Answer(200, b'{"errorDetail":{"message":"COPY failed: no such file"},"error":"x"}\n')

    sim_engine.routes["POST /build"] = build
    with pytest.raises(Failure, match="COPY failed") as caught:
        await ensure_images(
            imaging(sim_engine, Papers()), deploy(container(), images=(ImageSpec("web:1", build=CONTEXT),))
        )
    assert caught.value.code == "build-failed"


def heard(papers: Papers, *lines: tuple[str, str, int, int]) -> Layers:
    """Layers that heard (status, id, current, total)."""
    layers = Layers(papers.order(_ANY).reporter, "pull:web", "Pull web:1")
    for status, layer, current, total in lines:
        layers.hear(Progress(status, layer, progress_detail=ProgressDetail(current, total)))
    return layers


async def test_layers_that_are_here_already_count_as_done() -> None:
    papers = Papers()
    heard(papers, ("Already exists", "a", 0, 0), ("Downloading", "b", 5, 10)).end("done", "ok")
    assert papers.steps["pull:web:a"].detail == "Already exists"
    assert (papers.steps["pull:web"].current, papers.steps["pull:web"].total) == (5, 10)


async def test_lines_about_no_layer_are_no_steps() -> None:
    papers = Papers()
    heard(papers, ("Pulling from library/web", "1", 0, 0), ("Digest: sha256:1", "", 0, 0)).end("done", "")
    assert set(papers.steps) == {"pull:web"}


async def test_unpacking_does_not_take_the_bytes_back() -> None:
    papers = Papers()
    lines = (("Downloading", "a", 10, 10), ("Download complete", "a", 0, 0), ("Extracting", "a", 1, 10))
    heard(papers, *lines).end("failed", "x")
    assert papers.steps["pull:web"].current == 10
