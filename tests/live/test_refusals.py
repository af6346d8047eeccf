"""Who and what is refused on the live socket."""

import json

import pytest
from channels.db import database_sync_to_async
from django.contrib.sessions.models import Session

from hosts.live import publish_now
from portal.live import consumer
from portal.live.messages import MAX_WATCHES
from portal.people.models import Membership, Team, User
from tests.live.conftest import Opener
from tests.live.pages import Shown

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.live.pages")]


async def test_without_signing_in_the_socket_closes(open_socket: Opener, db: None) -> None:
    socket = await open_socket(None, hello=False)
    assert await socket.closed() == 4401


async def test_a_fragment_of_another_team_is_gone(
    open_socket: Opener, stranger: User, team: Team, shown: Shown
) -> None:
    socket = await open_socket(stranger)
    await socket.watch(a=f"/teams/{team.pk}/")
    assert await socket.hear() == {"id": "a", "gone": True}
    await publish_now([f"team:{team.pk}"])
    assert await socket.silent()
    assert shown.calls == 1, "a watch that is gone is not rendered again"


async def test_a_member_sees_it_until_the_membership_ends(
    open_socket: Opener, viewer: User, team: Team, shown: Shown
) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a=f"/teams/{team.pk}/")
    assert (await socket.hear())["html"] == "<p>Harbour one</p>"
    await database_sync_to_async(Membership.objects.filter(user=viewer).delete)()
    shown.text = "secret"
    await publish_now([f"team:{team.pk}"])
    assert await socket.hear() == {"id": "a", "gone": True}


@pytest.mark.parametrize(
    "path",
    [
        "/plain/",  # a page, not a fragment
        "/nowhere/",
        "/missing/",
        "/async/",
        "text/",
        "",
        "//localhost/text/",
        "http://localhost/text/",
        "/text\\",
        "/text/\u0000",
        "/teams/not-a-number/",
        "/../plain/",
    ],
)
async def test_what_is_not_a_fragment_is_gone(open_socket: Opener, viewer: User, shown: Shown, path: str) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a=path)
    assert await socket.hear() == {"id": "a", "gone": True}


@pytest.mark.parametrize(
    "text",
    ["{", "null", "[]", "1", '"watch"', "{}", '{"watch": 1}', '{"watch": [1]}', '{"watch": [{"id": "a"}]}',
     '{"watch": [{"id": 1, "path": "/text/"}]}', '{"watch": [{"id": "", "path": "/text/"}]}', '{"seen": 1}',
     "[" * 100_000, '{"ping": "' + "x" * 200_000 + '"}'],
)  # fmt: skip
async def test_a_malformed_message_closes(open_socket: Opener, viewer: User, text: str) -> None:
    socket = await open_socket(viewer)
    await socket.say_text(text)
    assert await socket.closed() == 4400


async def test_bytes_are_malformed(open_socket: Opener, viewer: User) -> None:
    socket = await open_socket(viewer)
    await socket.communicator.send_to(bytes_data=b'{"ping": 1}')
    assert await socket.closed() == 4400


@pytest.mark.parametrize(
    "items",
    [
        [{"id": f"w{number}", "path": "/text/"} for number in range(MAX_WATCHES + 1)],
        [{"id": "a", "path": "/text/?q=" + "x" * 2_000}],
        [{"id": "a" * 101, "path": "/text/"}],
    ],
)
async def test_too_much_is_refused_and_changes_nothing(
    open_socket: Opener, viewer: User, shown: Shown, items: list[dict[str, str]]
) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/text/")
    await socket.hear()
    await socket.say_text(json.dumps({"watch": items}))
    assert "error" in await socket.hear()
    shown.text = "two"
    await publish_now(["text"])
    assert (await socket.hear())["html"] == "<p>two </p>"


async def test_a_ping_is_answered_with_the_time(open_socket: Opener, viewer: User) -> None:
    socket = await open_socket(viewer)
    await socket.say({"ping": 1})
    answer = await socket.hear()
    assert answer["pong"] == 1
    assert answer["now"] > 1_700_000_000_000


async def test_seen_of_an_unknown_watch_is_ignored(open_socket: Opener, viewer: User) -> None:
    socket = await open_socket(viewer)
    await socket.say({"seen": "nobody"})
    await socket.say({"ping": 1})
    assert (await socket.hear())["pong"] == 1


async def test_a_session_that_ended_closes_at_the_next_event(open_socket: Opener, viewer: User, shown: Shown) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/text/")
    await socket.hear()
    await database_sync_to_async(Session.objects.all().delete)()
    await publish_now(["text"])
    assert await socket.closed() == 4401


async def test_a_deactivated_user_is_closed_out(open_socket: Opener, viewer: User, shown: Shown) -> None:
    socket = await open_socket(viewer)
    await socket.watch(a="/text/")
    await socket.hear()
    await database_sync_to_async(User.objects.filter(pk=viewer.pk).update)(is_active=False)
    await publish_now(["text"])
    assert await socket.closed() == 4401


async def test_ending_every_session_closes_a_quiet_page_too(
    open_socket: Opener, viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "CHECK_EVERY", 0.1)
    socket = await open_socket(viewer)
    await database_sync_to_async(User.objects.filter(pk=viewer.pk).update)(sign_in_epoch=1)
    assert await socket.closed() == 4401


async def test_a_browser_that_falls_silent_is_closed(
    open_socket: Opener, viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "CHECK_EVERY", 0.05)
    monkeypatch.setattr(consumer, "SILENT_AFTER", 0.2)
    socket = await open_socket(viewer)
    assert await socket.closed() == 4408


async def test_one_user_has_a_limited_number_of_sockets(
    open_socket: Opener, viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "SOCKETS_PER_USER", 2)
    first = await open_socket(viewer)
    await open_socket(viewer)
    third = await open_socket(viewer, hello=False)
    assert await third.closed() == 4429
    await first.communicator.disconnect()
    await open_socket(viewer)


async def test_no_socket_is_counted_after_the_last_has_closed(open_socket: Opener, viewer: User) -> None:
    socket = await open_socket(viewer)
    await socket.communicator.disconnect()
    assert viewer.pk not in consumer._sockets
