"""Tags of a repository: complete, grouped by digest, narrowed, newest first, and honest about what is missing."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gallery.models import KeptAnswer
from gallery.repositories import RepositoryName, TagFilter, TagList, repository_name
from gallery.tags import repository_tags_list, tags_flat
from tests.standins.hub import HubStandIn, StandInRepository, StandInTag
from tests.standins.hub.content import LINUX, WINDOWS, shared_content

pytestmark = pytest.mark.django_db
NAME = repository_name("hub", "acme", "app")


def complete(ask: Callable[[], TagList]) -> TagList:
    """The list once the walk has come back: the page asks again by itself in the same way."""
    deadline = time.monotonic() + 60
    while True:
        found = ask()
        if not found.growing:
            return found
        assert time.monotonic() < deadline
        time.sleep(0.05)


def listed(name: RepositoryName, wanted: TagFilter) -> TagList:
    return complete(lambda: repository_tags_list(name, wanted).value)


@pytest.fixture
def app(hub: HubStandIn) -> HubStandIn:
    tags = [
        StandInTag("latest", LINUX, "2026-10-03T00:00:00Z", image="1.27.3"),
        StandInTag("1.27", LINUX, "2026-10-03T00:00:00Z", image="1.27.3"),
        StandInTag("1.27.3", LINUX, "2026-10-03T00:00:00Z", image="1.27.3"),
        StandInTag("1.26.9", LINUX, "2026-10-05T00:00:00Z"),
        StandInTag("1.27.3-nanoserver", WINDOWS[:1], "2026-10-04T00:00:00Z"),
        StandInTag("1.26.9-nanoserver", WINDOWS[1:], "2026-10-01T00:00:00Z"),
        StandInTag("old", (), "2020-01-01T00:00:00Z", with_digest=False, attested=False),
        StandInTag("sha256-" + "a" * 64, ()),
        StandInTag("1.27.3.sig", ()),
    ]
    hub.content["acme/app"] = StandInRepository("acme", "app", tags=tuple(tags))
    return hub


def test_names_of_one_image_are_together_and_the_newest_comes_first(app: HubStandIn) -> None:
    groups = listed(NAME, TagFilter()).groups
    assert [[row.name for row in group] for group in groups] == [
        ["1.26.9"],
        ["1.27.3-nanoserver"],
        ["latest", "1.27.3", "1.27"],
        ["1.26.9-nanoserver"],
        ["old"],
    ]
    assert all(platform.os != "unknown" for group in groups for row in group for platform in row.platforms)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (TagFilter(family="1.27"), {"1.27", "1.27.3", "1.27.3-nanoserver"}),
        (TagFilter(variant="nanoserver"), {"1.27.3-nanoserver", "1.26.9-nanoserver"}),
        (TagFilter(family="1.27", variant="nanoserver"), {"1.27.3-nanoserver"}),
        (TagFilter(os="windows"), {"1.27.3-nanoserver", "1.26.9-nanoserver"}),
        (TagFilter(windows="20348"), {"1.27.3-nanoserver"}),
        (TagFilter(windows="26100"), {"1.26.9-nanoserver"}),
        (TagFilter(architecture="arm64"), {"latest", "1.27", "1.27.3", "1.26.9"}),
        (TagFilter(q="LATE"), {"latest"}),
        (TagFilter(q="nothing"), set()),
    ],
)
def test_narrowing(app: HubStandIn, wanted: TagFilter, names: set[str]) -> None:
    found = listed(NAME, wanted)
    assert {row.name for row in found.rows} == names
    assert found.total == len(names)


def test_what_can_be_chosen(app: HubStandIn) -> None:
    choices = listed(NAME, TagFilter()).choices
    assert dict(choices.families) == {"1": 5, "1.27": 3, "1.26": 2}
    assert dict(choices.variants) == {"nanoserver": 2}


def test_the_second_page_and_the_flat_list(app: HubStandIn) -> None:
    first = listed(NAME, TagFilter(size=2))
    assert [group[0].name for group in first.groups] == ["1.26.9", "1.27.3-nanoserver"]
    assert first.more
    last = listed(NAME, TagFilter(size=2, page=3))
    assert [group[0].name for group in last.groups] == ["old"]
    assert not last.more
    flat = tags_flat(NAME, TagFilter(size=3)).value
    assert [row.name for row in flat.rows] == ["1.26.9", "1.27.3-nanoserver", "1.27.3"]
    assert flat.more


def test_beyond_the_first_hundred(hub: HubStandIn) -> None:
    name = repository_name("hub", "acme", "many")
    hub.switches.unordered = True
    found = listed(name, TagFilter(size=1000))
    assert {row.name for row in found.rows} == {f"1.0.{number}" for number in range(130)}
    moments = [row.pushed_at for row in found.rows]
    assert moments == sorted(moments, key=lambda one: one.timestamp() if one else 0, reverse=True)
    assert found.note == ""


def test_the_first_hundred_are_shown_while_the_rest_is_read(hub: HubStandIn) -> None:
    hub.switches.slow = 0.6  # each answer; the walk needs longer than a page waits
    tags = tuple(StandInTag(f"1.{number}", LINUX[:1]) for number in range(450))
    hub.content["acme/app"] = StandInRepository("acme", "app", tags=tags)
    found = repository_tags_list(NAME, TagFilter()).value
    assert found.growing
    assert found.total == 100
    hub.switches.slow = 0
    assert listed(NAME, TagFilter()).total == 450


def test_a_walk_that_was_stopped_says_so(hub: HubStandIn) -> None:
    tags = tuple(StandInTag(f"1.{number}", LINUX[:1]) for number in range(450))
    hub.content["acme/app"] = StandInRepository("acme", "app", tags=tags)
    hub.switches.depth = 3
    found = listed(NAME, TagFilter())
    assert found.total == 300
    assert "no more than 300 tags" in found.note


def test_the_newest_page_is_asked_for_more_often_than_the_rest(hub: HubStandIn) -> None:
    tags = [StandInTag(f"1.{number}", LINUX[:1], f"2026-01-01T00:{number % 60:02}:00Z") for number in range(250)]
    hub.content["acme/app"] = StandInRepository("acme", "app", tags=tuple(tags))
    assert listed(NAME, TagFilter()).total == 250
    tags.append(StandInTag("2.0", LINUX[:1], "2026-06-01T00:00:00Z"))
    hub.content["acme/app"] = StandInRepository("acme", "app", tags=tuple(tags))
    KeptAnswer.objects.filter(kind="tags").update(fetched_at="2026-01-01T00:00:00Z")
    asked = len(hub.asked)
    found = listed(NAME, TagFilter())
    assert found.groups[0][0].name == "2.0"
    assert found.total == 251
    assert len(hub.asked) == asked + 1


def test_the_list_of_1120_tags_is_that_of_the_data(hub: HubStandIn, shared_data: Path) -> None:
    data = json.loads((shared_data / "official-images" / "tomee.json").read_text())
    assert len(data["tags"]) == 1120
    hub.content = {one.full_name: one for one in shared_content(shared_data)}
    hub.switches.unordered = True
    name = repository_name("hub", "library", "tomee")
    found = listed(name, TagFilter(size=2000))
    assert {row.name for row in found.rows} == set(data["tags"])
    assert found.total == 1120
    assert not found.more
    by_name = {row.name: row for row in found.rows}
    for tag, architectures in data["tags"].items():
        assert len(by_name[tag].platforms) == len(architectures)
    together = {frozenset(row.name for row in group) for group in found.groups}
    assert together == {frozenset(entry["tags"]) for entry in data["entries"]}
    pages = [listed(name, TagFilter(page=number)) for number in range(1, len(found.groups) // 25 + 2)]
    assert sum(len(page.rows) for page in pages) == 1120
    assert [page.more for page in pages] == [True] * (len(pages) - 1) + [False]
