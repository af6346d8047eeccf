"""What a watch brings: the fragment at once, then again when a topic changed and the html differs."""

import asyncio

import pytest
from channels.db import database_sync_to_async

from hosts.live import publish, publish_now
from portal.live import watch
from portal.people.models import User
from tests.live.conftest import Opener
from tests.live.pages import Shown

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.live.pages")]


async def test_a_new_watch_is_rendered_at_once(open_socket: Opener, viewer: User, shown: Shown) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/text/?q=%20x")
    assert await socket.hear() == {"id": "a", "html": "<p>one  x</p>"}


async def test_an_event_brings_the_new_html(open_socket: Opener, viewer: User, shown: Shown) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/text/")
    await socket.hear()
    shown.text = "two"
    await publish_now(["text"])
    assert await socket.hear() == {"id": "a", "html": "<p>two </p>"}


async def test_publish_after_commit_reaches_the_page(open_socket: Opener, viewer: User, shown: Shown) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/text/")
    await socket.hear()
    shown.text = "committed"
    await database_sync_to_async(publish)(["text"])
    assert (await socket.hear())["html"] == "<p>committed </p>"


async def test_what_has_not_changed_is_not_sent(open_socket: Opener, viewer: User, shown: Shown) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/text/")
    await socket.hear()
    await publish_now(["text"])
    assert await socket.silent()
    assert shown.calls == 2


async def test_ages_and_masked_tokens_are_no_change(open_socket: Opener, viewer: User, shown: Shown) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/token/")
    first = await socket.hear()
    await publish_now(["text"])
    assert await socket.silent()
    shown.text = "two"
    await publish_now(["text"])
    second = await socket.hear()
    assert "two" in second["html"]
    assert shown.calls == 3
    assert first["html"] != second["html"]


async def test_a_burst_of_events_is_one_rendering(
    open_socket: Opener, viewer: User, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "COALESCE", 1.0)  # so that a busy machine gets the whole burst into it
    socket = await open_socket(viewer)
    await socket.watch(a="/text/")
    await socket.hear()
    for number in range(30):
        shown.text = str(number)
        await publish_now(["text"])
    assert (await socket.hear())["html"] == "<p>29 </p>"
    assert await socket.silent()
    assert shown.calls == 2


async def test_an_event_during_a_rendering_causes_another(open_socket: Opener, viewer: User, shown: Shown) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/text/")
    await socket.hear()
    shown.slow = 0.2
    await publish_now(["text"])
    await asyncio.sleep(0.15)  # the rendering is under way
    shown.text, shown.slow = "later", 0.0
    await publish_now(["text"])
    heard = [await socket.hear()]
    if heard[0]["html"] != "<p>later </p>":
        heard.append(await socket.hear())
    assert heard[-1]["html"] == "<p>later </p>"


async def test_two_watches_of_one_topic_are_both_brought(open_socket: Opener, viewer: User, shown: Shown) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/text/x/", b="/text/y/")
    assert {(await socket.hear())["id"], (await socket.hear())["id"]} == {"a", "b"}
    shown.text = "two"
    await publish_now(["text"])
    texts = sorted([(await socket.hear())["html"], (await socket.hear())["html"]])
    assert texts == ["<p>two x</p>", "<p>two y</p>"]


async def test_only_the_fragment_of_the_topic_is_rendered(open_socket: Opener, viewer: User, shown: Shown) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/text/x/", b="/text/y/")
    await socket.hear()
    await socket.hear()
    shown.text = "two"
    await publish_now(["text:x"])
    assert (await socket.hear())["id"] == "a"
    assert await socket.silent()


async def test_a_watch_left_out_of_the_list_ends(open_socket: Opener, viewer: User, shown: Shown) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/text/x/", b="/text/y/")
    await socket.hear()
    await socket.hear()
    await socket.watch(b="/text/y/")
    shown.text = "two"
    await publish_now(["text"])
    assert (await socket.hear())["id"] == "b"
    assert await socket.silent()


async def test_another_path_of_the_same_id_replaces_it(open_socket: Opener, viewer: User, shown: Shown) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/text/?q=old")
    await socket.hear()
    await socket.watch(a="/text/?q=new")
    assert (await socket.hear())["html"] == "<p>one new</p>"
    shown.text = "two"
    await publish_now(["text"])
    assert (await socket.hear())["html"] == "<p>two new</p>"
    assert await socket.silent()


async def test_the_same_list_again_renders_nothing(open_socket: Opener, viewer: User, shown: Shown) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/text/")
    await socket.hear()
    await socket.watch(a="/text/")
    assert await socket.silent()
    assert shown.calls == 1


async def test_after_an_end_of_the_socket_no_event_renders(open_socket: Opener, viewer: User, shown: Shown) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/text/")
    await socket.hear()
    await socket.communicator.disconnect()
    await publish_now(["text"])
    await asyncio.sleep(0.2)
    assert shown.calls == 1


async def test_a_failing_fragment_says_so_once_and_comes_back(open_socket: Opener, viewer: User, shown: Shown) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/text/")
    await socket.hear()
    shown.broken = True
    await publish_now(["text"])
    assert await socket.hear() == {"id": "a", "failed": True}
    await publish_now(["text"])
    assert await socket.silent()
    shown.broken = False
    await publish_now(["text"])
    assert (await socket.hear())["html"] == "<p>one </p>"


async def test_a_crash_in_a_view_is_a_failure_of_that_part_alone(
    open_socket: Opener, viewer: User, shown: Shown
) -> None:
    socket = await open_socket(viewer)
    await socket.watch(bad="/crashes/", good="/text/")
    heard = [await socket.hear(), await socket.hear()]
    assert {"id": "bad", "failed": True} in heard
    assert {"id": "good", "html": "<p>one </p>"} in heard


async def test_topics_that_the_layer_refuses_are_a_failure(open_socket: Opener, viewer: User) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/odd/")
    assert await socket.hear() == {"id": "a", "failed": True}
