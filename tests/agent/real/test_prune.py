"""Cleaning up a real engine: what nothing uses goes, what is used, needed or young stays, and the preview told so."""

from collections.abc import Awaitable
from typing import Any

import pytest

from engine_agent.engine import Engine as Api
from engine_agent.protocol.upkeep import Prune, PruneWish
from engine_agent.pruning import KINDS
from engine_agent.work.carry import carrier
from engine_agent.work.outcome import Outcome
from engine_agent.work.prune import prune_preview
from tests.agent.carrying import Papers, no_fetch
from tests.lab.engine import Engine
from tests.lab.images import BUSYBOX

pytestmark = pytest.mark.engine

SHOP = "com.docker.compose.project=shop"
ALL = PruneWish(kinds=KINDS, projects=("shop",), images=(BUSYBOX,), volumes=("needed",), keep_labels=("keep",))


@pytest.fixture
def api(engine_with_busybox: Engine) -> Api:
    return Api(engine_with_busybox.host)


@pytest.fixture
def clutter(engine_with_busybox: Engine) -> Engine:
    """Used, needed and useless things of each kind."""
    docker = engine_with_busybox.docker
    run = ("run", "--detach", "--network", "none")
    docker(*run, "--name", "busy", "--volume", "used:/data", BUSYBOX, "/bin/sleep", "3600")
    docker(*run, "--name", "ended", "--volume", "/scratch", BUSYBOX, "/bin/sh", "-c", "echo hello > /file")
    docker(*run, "--name", "shop-web-1", "--label", SHOP, "--volume", "shop_data:/data", BUSYBOX, "/bin/true")
    docker(*run, "--name", "dear", "--label", "keep=yes", BUSYBOX, "/bin/true")
    for name in ("ended", "shop-web-1", "dear"):
        docker("wait", name)
    for name in ("left", "needed"):
        docker("volume", "create", name)
    docker("volume", "create", "--label", SHOP, "shop_more")
    docker("network", "create", "left-net")
    docker("network", "create", "--label", SHOP, "shop_default")
    docker("tag", BUSYBOX, "spare:1")
    docker("commit", "--message", "x", "ended", "unused:1")
    return engine_with_busybox


def carry(api: Api, wish: PruneWish, papers: Papers) -> Awaitable[Outcome]:
    return carrier(api, no_fetch)(papers.order(Prune(wish)))


def names(rows: list[dict[str, Any]]) -> set[str]:
    return {row["name"] for row in rows}


def listed(engine: Engine, *words: str) -> set[str]:
    return set(engine.docker(*words).split())


async def test_what_the_preview_shows_goes_and_the_rest_stays(clutter: Engine, api: Api) -> None:
    preview = await prune_preview(api, ALL)
    assert {"ended", "left", "left-net", "unused:1"} <= names(preview["items"])
    assert {"shop-web-1", "dear", "needed", "shop_more", "shop_default"} <= names(preview["kept"])
    assert not {"busy", "used", "shop_data", BUSYBOX} & names(preview["items"])
    assert preview["counts"]["containers"] == 1
    papers = Papers()
    outcome = await carry(api, ALL, papers)
    assert outcome.outcome == "succeeded"
    assert outcome.result["removed"]["containers"] == 1
    assert outcome.result["freed"] > 0
    assert outcome.result["left"] == []
    assert listed(clutter, "ps", "--all", "--format", "{{.Names}}") == {"busy", "shop-web-1", "dear"}
    volumes = listed(clutter, "volume", "ls", "--quiet")
    assert {"used", "needed", "shop_data", "shop_more"} <= volumes
    assert "left" not in volumes
    networks = listed(clutter, "network", "ls", "--format", "{{.Name}}")
    assert {"bridge", "host", "none", "shop_default"} <= networks
    assert "left-net" not in networks
    images = listed(clutter, "images", "--format", "{{.Repository}}:{{.Tag}}")
    assert BUSYBOX in images
    assert "unused:1" not in images
    assert [state for key, state in papers.states if key == "containers"][-1] == "done"


async def test_doing_it_again_finds_nothing(clutter: Engine, api: Api) -> None:
    await carry(api, ALL, Papers())
    again = await carry(api, ALL, Papers("command-2"))
    assert (again.outcome, again.result["freed"], again.result["removed"]) == ("succeeded", 0, {})


async def test_nothing_is_old_enough(clutter: Engine, api: Api) -> None:
    wish = PruneWish(kinds=("containers", "networks", "unused-volumes"), older_seconds=3600)
    preview = await prune_preview(api, wish)
    assert preview["items"] == []
    assert {"ended", "left", "left-net"} <= names(preview["kept"])


async def test_a_kind_that_is_not_known_is_refused_by_name(api: Api) -> None:
    outcome = await carry(api, PruneWish(kinds=("planets",)), Papers())
    assert (outcome.outcome, outcome.code) == ("failed", "unknown-action")
    assert "planets" in outcome.error


async def test_a_cancel_stops_between_two_things(clutter: Engine, api: Api) -> None:
    papers = Papers()
    papers.is_cancelled = lambda: True
    assert (await carry(api, ALL, papers)).outcome == "cancelled"
    assert "ended" in listed(clutter, "ps", "--all", "--format", "{{.Names}}")
