"""An image is pushed: told layer by layer, with the digest at its end, and with words for what a registry refuses."""

import pytest

from engine_agent.engine.errors import StreamFailed
from engine_agent.protocol.access import RegistryAuth
from engine_agent.protocol.bodies import ImagePush
from engine_agent.work.publish import refusal_of
from tests.agent.carrying import Papers, carry
from tests.sim.engine import SimEngine

ROBOT = RegistryAuth("r.test:5000", "robot", "s3cret")
WISH = ImagePush("web:1", "r.test:5000/team/web:1", ROBOT)


async def test_an_image_is_tagged_and_pushed(sim_engine: SimEngine) -> None:
    image = sim_engine.world.add_image("web:1")
    image.digest = "sha256:" + "d" * 64
    papers = Papers()
    outcome = await carry(sim_engine, WISH, papers)
    assert outcome.outcome == "succeeded"
    assert outcome.result == {"reference": WISH.reference, "digest": image.digest, "size": 528}
    assert sim_engine.world.image(WISH.reference) is image
    steps = papers.steps
    assert [steps[f"push:{layer}"].state for layer, _size in image.layers] == ["done", "done"]
    assert (steps["push"].state, steps["push"].detail) == ("done", image.digest)
    assert steps["push"].total == 4000


async def test_a_second_attempt_pushes_again_and_harms_nothing(sim_engine: SimEngine) -> None:
    sim_engine.world.add_image("web:1")
    papers = Papers()
    first = await carry(sim_engine, WISH, papers)
    assert (await carry(sim_engine, WISH, papers)).result == first.result


async def test_an_image_that_is_gone(sim_engine: SimEngine) -> None:
    papers = Papers()
    outcome = await carry(sim_engine, WISH, papers)
    assert (outcome.outcome, outcome.code) == ("failed", "image-not-found")
    assert "web:1" in outcome.error
    assert papers.steps["push"].state == "failed"


@pytest.mark.parametrize(
    ("said", "auth", "code", "words"),
    [
        (
            "denied: requested access to the resource is denied",
            ROBOT,
            "registry-denied",
            "The account robot may not push",
        ),
        ("denied: requested access to the resource is denied", None, "registry-sign-in", "the team has no account"),
        ("unauthorized: authentication required", ROBOT, "registry-sign-in", "Check the account"),
        ("no basic auth credentials", None, "registry-sign-in", "Add an account"),
        ("dial tcp 10.0.0.1:5000: connect: connection refused", ROBOT, "registry-unreachable", "cannot reach"),
        ("unexpected EOF", ROBOT, "interrupted", "What was sent is kept"),
    ],
)
def test_what_a_registry_refuses_is_said_in_words(said: str, auth: RegistryAuth | None, code: str, words: str) -> None:
    failure = refusal_of(StreamFailed(said), ImagePush("web:1", "r.test:5000/team/web:1", auth))
    assert failure.code == code
    assert words in failure.error
    assert "s3cret" not in failure.error
