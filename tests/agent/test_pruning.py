"""What can be thrown away, as a table: what is used, needed, labelled or young stays, and it is said why."""

from typing import Any

import pytest

from engine_agent.engine.disk import (
    CacheEntry,
    DiskUsage,
    HeldNetwork,
    UsedContainer,
    UsedImage,
    UsedVolume,
    VolumeUsage,
)
from engine_agent.engine.types import ListedContainer, ListedNetworks, MountPoint
from engine_agent.protocol.upkeep import PruneWish
from engine_agent.pruning import KINDS, Choice, Holding, choose

NOW = 1_800_000_000.0
DAY = 86_400
OLD = int(NOW) - 30 * DAY
OLD_TEXT, NEW_TEXT = "2026-12-16T08:00:00.123456789Z", "2027-01-15T07:00:00Z"
SHOP = {"com.docker.compose.project": "shop"}
HEX = "ab" * 32


def container(name: str, state: str = "exited", **more: Any) -> ListedContainer:
    usual: dict[str, Any] = {"image_id": f"sha256:{name}", "created": OLD}
    return ListedContainer(id=f"id-{name}", names=(f"/{name}",), state=state, **(usual | more))


def image(name: str, *tags: str, **more: Any) -> UsedImage:
    usual: dict[str, Any] = {"created": OLD, "size": 1000, "shared_size": 400}
    return UsedImage(id=f"sha256:{name}", repo_tags=tags or None, **(usual | more))


def volume(name: str, **more: Any) -> UsedVolume:
    usual: dict[str, Any] = {"created_at": OLD_TEXT, "usage_data": VolumeUsage(size=50)}
    return UsedVolume(name=name, **(usual | more))


def network(name: str, **more: Any) -> HeldNetwork:
    return HeldNetwork(id=f"id-{name}", name=name, **({"created": OLD_TEXT} | more))


def decide(
    *kinds: str,
    containers: tuple[ListedContainer, ...] = (),
    networks: tuple[HeldNetwork, ...] = (),
    wish: dict[str, Any] | None = None,
    **usage: Any,
) -> Choice:
    held = Holding(DiskUsage(**usage), containers, networks, NOW)
    return choose(held, PruneWish(kinds=kinds or KINDS, **(wish or {})))


def went(choice: Choice) -> list[str]:
    return [item.name for item in choice.items]


def stayed(choice: Choice) -> dict[str, str]:
    return {one.name: one.why for one in choice.kept}


@pytest.mark.parametrize(
    ("state", "goes"),
    [
        ("exited", True),
        ("dead", True),
        ("created", True),
        ("running", False),
        ("paused", False),
        ("restarting", False),
        ("removing", False),
    ],
)
def test_containers_that_stand_still_go(state: str, goes: bool) -> None:
    choice = decide("containers", containers=(container("job", state),))
    assert bool(went(choice)) is goes
    assert not choice.kept


def test_the_size_of_a_container_is_what_it_has_written() -> None:
    held = Holding(DiskUsage(containers=(UsedContainer("id-job", 77),)), (container("job"),), (), NOW)
    assert choose(held, PruneWish(kinds=("containers",))).size == 77


def test_a_stopped_application_keeps_all_it_has() -> None:
    wish = {"projects": ("shop",), "images": ("shop:1",), "volumes": ("outside",)}
    choice = decide(
        containers=(container("shop-web-1", labels=SHOP), container("job")),
        networks=(network("shop_default", labels=SHOP), network("left")),
        images=(image("shop", "shop:1"), image("other", "other:1")),
        volumes=(volume("shop_data", labels=SHOP), volume("outside"), volume("left")),
        wish=wish,
    )
    assert set(went(choice)) == {"job", "left", "other:1"}
    assert stayed(choice) == {
        "shop-web-1": "it belongs to the application shop",
        "shop_default": "it belongs to the application shop",
        "shop_data": "it belongs to the application shop",
        "shop:1": "an application needs it",
        "outside": "an application needs it",
    }


def test_a_compose_project_that_is_no_application_is_nobodys() -> None:
    choice = decide("containers", containers=(container("else-web-1", labels=SHOP),), wish={"projects": ("other",)})
    assert went(choice) == ["else-web-1"]


@pytest.mark.parametrize(
    ("kinds", "goes"),
    [
        (("dangling-images",), ["bare"]),
        (("unused-images",), ["bare", "tagged:1"]),
        (("dangling-images", "unused-images"), ["bare", "tagged:1"]),
        (("containers",), []),
    ],
)
def test_images(kinds: tuple[str, ...], goes: list[str]) -> None:
    images = (image("bare"), image("none", "<none>:<none>"), image("tagged", "tagged:1"), image("used", "used:1"))
    choice = decide(*kinds, images=images, containers=(container("web", "running", image_id="sha256:used"),))
    assert [name for name in went(choice) if name != "none"] == goes


def test_an_image_counts_what_it_has_for_itself() -> None:
    assert decide("unused-images", images=(image("a", "a:1"), image("b", "b:1", shared_size=-1))).size == 600 + 1000


def test_an_image_needed_by_digest_stays() -> None:
    digest = "shop@sha256:" + HEX
    choice = decide("unused-images", images=(image("a", repo_digests=(digest,)),), wish={"images": (digest,)})
    assert went(choice) == []


def test_the_image_of_a_container_that_goes_goes_with_it() -> None:
    images, containers = (image("job", "job:1"),), (container("job"),)
    assert went(decide("unused-images", images=images, containers=containers)) == []
    assert went(decide("containers", "unused-images", images=images, containers=containers)) == ["job", "job:1"]


@pytest.mark.parametrize(
    ("kinds", "goes"),
    [
        (("anonymous-volumes",), [HEX, "marked"]),
        (("unused-volumes",), [HEX, "marked", "named"]),
    ],
)
def test_volumes(kinds: tuple[str, ...], goes: list[str]) -> None:
    volumes = (
        volume(HEX),
        volume("marked", labels={"com.docker.volume.anonymous": ""}),
        volume("named"),
        volume("used"),
    )
    mounts = (MountPoint(type="volume", name="used"),)
    choice = decide(*kinds, volumes=volumes, containers=(container("db", mounts=mounts),))
    assert went(choice) == goes
    assert choice.size == 50 * len(goes)


def test_networks_of_the_engine_and_of_the_swarm_stay() -> None:
    networks = (
        *(network(name) for name in ("bridge", "host", "none", "nat", "ingress", "docker_gwbridge")),
        network("over", scope="swarm"),
        network("mesh", ingress=True),
        network("used"),
        network("left"),
    )
    using = container("web", "exited", network_settings=ListedNetworks(networks={"used": {}}))
    assert went(decide("networks", networks=networks, containers=(using,))) == ["left"]


def test_the_build_cache_goes_in_one_piece() -> None:
    cache = (
        CacheEntry("1", size=10, last_used_at=OLD_TEXT),
        CacheEntry("2", size=20, in_use=True),
        CacheEntry("3", size=30, created_at=OLD_TEXT),
    )
    choice = decide("build-cache", build_cache=cache)
    assert (went(choice), choice.size) == (["2 entries"], 40)
    assert went(decide("build-cache")) == []


def test_only_what_is_old_enough() -> None:
    choice = decide(
        containers=(container("old"), container("new", created=int(NOW) - DAY)),
        networks=(network("old-net"), network("new-net", created=NEW_TEXT)),
        images=(image("o", "old:1"), image("n", "new:1", created=int(NOW) - DAY)),
        volumes=(volume("old-vol"), volume("new-vol", created_at=NEW_TEXT), volume("dateless", created_at="")),
        build_cache=(CacheEntry("1", size=10, last_used_at=NEW_TEXT), CacheEntry("2", size=5, last_used_at=OLD_TEXT)),
        wish={"older_seconds": 7 * DAY},
    )
    assert set(went(choice)) == {"old", "old-net", "old:1", "old-vol", "1 entries"}
    assert stayed(choice)["new"] == "it is not old enough"
    assert stayed(choice)["dateless"] == "its age is unknown"


@pytest.mark.parametrize(
    ("keep", "goes"),
    [("keep", []), ("keep=yes", []), ("keep=no", ["job"]), ("other", ["job"])],
)
def test_labels_keep_things(keep: str, goes: list[str]) -> None:
    choice = decide("containers", containers=(container("job", labels={"keep": "yes"}),), wish={"keep_labels": (keep,)})
    assert went(choice) == goes


def test_an_empty_engine_answers_null_everywhere() -> None:
    choice = decide(images=None, containers=(), volumes=None, build_cache=None)
    assert (choice.items, choice.kept, choice.size) == ([], [], 0)
