"""Webhooks out: signed, sent again when they fail, logged, and never sent where they must not go."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from hosts.jobs import webhook_send
from hosts.models import EventMark, Host, ImageUpdate, Webhook, WebhookDelivery
from hosts.services.events import changes_tell
from hosts.services.webhook_deliveries import BACKOFF, deliveries_due, delivery_make, delivery_send
from hosts.services.webhooks import webhook_change, webhook_create, webhook_test
from portal.people.access import portal_actor
from portal.people.models import AuditEntry, Team, User
from portal.problems import Invalid
from tests.hosts.answers import Api, answer
from tests.people import ApiClient

from .deploying import finish, make, race, start
from .listening import Receiver, receive

EVERY = ["deployment.succeeded", "deployment.failed", "deployment.rolled_back", "host.offline", "host.online"]


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOK_PRIVATE = True
    with receive() as found:
        yield found


def hook(team: Team, receiver: Receiver, *events: str) -> tuple[Webhook, str]:
    return webhook_create(team=team, url=receiver.url, events=events or EVERY, actor=portal_actor())


def waiting() -> list[WebhookDelivery]:
    return list(WebhookDelivery.objects.filter(state="waiting").order_by("created_at"))


def test_what_is_sent_is_signed_with_the_time_and_the_body(team: Team, receiver: Receiver) -> None:
    row, secret = hook(team, receiver)
    sent = delivery_send(delivery_id=delivery_make(webhook=row, event="host.offline", text="Häfen", data={"a": 1}).pk)
    assert (sent.state, sent.response_code, sent.attempts, sent.error) == ("delivered", 204, 1, "")
    [(path, headers, body)] = receiver.got
    signed = hmac.new(secret.encode(), headers["X-Pierhead-Timestamp"].encode() + b"." + body, hashlib.sha256)
    assert path == "/hook"
    assert headers["X-Pierhead-Signature"] == f"sha256={signed.hexdigest()}"
    assert (headers["X-Pierhead-Event"], headers["X-Pierhead-Delivery"]) == ("host.offline", str(sent.pk))
    told = json.loads(body)
    assert (told["id"], told["text"], told["team"], told["data"]) == (str(sent.pk), "Häfen", "harbour", {"a": 1})


def test_a_failure_is_tried_again_later_and_given_up_in_the_end(team: Team, receiver: Receiver) -> None:
    row, _secret = hook(team, receiver)
    receiver.status = 500
    pk = delivery_make(webhook=row, event="host.offline", text="", data={}).pk
    sent = delivery_send(delivery_id=pk)
    assert (sent.state, sent.response_code, sent.error) == ("waiting", 500, "It answered 500.")
    assert sent.next_at > timezone.now() + BACKOFF[0] / 2
    assert deliveries_due(now=timezone.now()) == []
    assert delivery_send(delivery_id=pk).attempts == 1, "it is not due yet"
    for _ in BACKOFF:
        WebhookDelivery.objects.filter(pk=pk).update(next_at=timezone.now())
        sent = delivery_send(delivery_id=pk)
    assert (sent.state, sent.attempts) == ("failed", len(BACKOFF) + 1)
    assert sent.finished_at is not None
    assert len(receiver.got) == len(BACKOFF) + 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_a_delivery_once(team: Team, receiver: Receiver) -> None:
    row, _secret = hook(team, receiver)
    pk = str(delivery_make(webhook=row, event="host.offline", text="", data={}).pk)
    race([lambda: webhook_send(pk), lambda: webhook_send(pk), lambda: webhook_send(pk)])
    assert len(receiver.got) == 1


def test_a_redirect_is_not_followed(team: Team, receiver: Receiver) -> None:
    row, _secret = hook(team, receiver)
    with receive() as other:
        receiver.status, receiver.headers = 307, {"Location": other.url}
        sent = webhook_test(webhook=row, actor=portal_actor())
        assert (sent.state, sent.response_code, other.got) == ("failed", 307, [])
    assert "redirects" in sent.error


def test_an_address_without_anybody_is_an_error_in_words(team: Team, settings: Settings) -> None:
    settings.WEBHOOK_PRIVATE = True
    row, _secret = webhook_create(team=team, url="http://127.0.0.1:9/", events=EVERY, actor=portal_actor())
    sent = webhook_test(webhook=row, actor=portal_actor())
    assert (sent.state, sent.response_code) == ("failed", None)
    assert sent.error.startswith("It cannot be reached")


def test_while_it_is_paused_nothing_is_sent_and_nothing_is_kept(team: Team, receiver: Receiver) -> None:
    row, _secret = hook(team, receiver)
    before = delivery_make(webhook=row, event="host.offline", text="", data={})
    webhook_change(webhook=row, paused=True, actor=portal_actor())
    assert deliveries_due(now=timezone.now()) == []
    webhook_change(webhook=row, paused=False, actor=portal_actor())
    assert deliveries_due(now=timezone.now()) == [before.pk]


@pytest.mark.parametrize("outcome", ["succeeded", "failed", "rolled_back"])
def test_the_end_of_a_deployment_is_told(team: Team, linux_host: Host, receiver: Receiver, outcome: str) -> None:
    hook(team, receiver)
    webhook_create(team=team, url=receiver.url, events=["host.online"], actor=portal_actor())
    deployment = start(make(team))
    finish(deployment, outcome, error="it ended" if outcome != "succeeded" else "")
    [told] = waiting()
    assert told.event == f"deployment.{outcome}"
    assert told.payload["data"]["application"]["name"] == "shop"
    assert told.payload["data"]["deployment"] == str(deployment.pk)


def test_a_host_that_goes_and_comes_is_told_once_each(team: Team, linux_host: Host, receiver: Receiver) -> None:
    hook(team, receiver)
    assert changes_tell() == 0, "the first look tells nothing"
    Host.objects.filter(pk=linux_host.pk).update(link="")
    assert (changes_tell(), changes_tell()) == (1, 0)
    Host.objects.filter(pk=linux_host.pk).update(link="agent", last_seen_at=timezone.now())
    assert (changes_tell(), changes_tell()) == (1, 0)
    assert [one.event for one in waiting()] == ["host.offline", "host.online"]


def test_an_update_is_told_once_for_each_digest(team: Team, linux_host: Host, receiver: Receiver) -> None:
    hook(team, receiver, "update.available")
    row = ImageUpdate.objects.create(
        host=linux_host, image_id="i", reference="nginx:1", state="update", digest="sha256:1"
    )
    assert (changes_tell(), changes_tell()) == (1, 0)
    ImageUpdate.objects.filter(pk=row.pk).update(digest="sha256:2")
    assert (changes_tell(), changes_tell()) == (1, 0)
    assert [one.payload["data"]["digest"] for one in waiting()] == ["sha256:1", "sha256:2"]


def test_without_a_webhook_nothing_is_looked_at(team: Team, linux_host: Host) -> None:
    assert changes_tell() == 0
    assert not EventMark.objects.exists()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "Only addresses that start with https://"),
        ("ftp://example.org/", "Only addresses that start with https://"),
        ("file:///etc/passwd", "Only addresses that start with https://"),
        ("https://10.0.0.1/hook", "private address"),
        ("https://[::ffff:127.0.0.1]/", "private address"),
        ("https://169.254.169.254/latest", "private address"),
        ("http://127.0.0.1:8000/", "private address"),
        ("http://192.0.2.1/", "Only addresses that start with https://"),
        ("https://name:word@127.0.0.1/", "private address"),
        ("https://bad host/", "not an address"),
        ("https://[::1", "not an address"),
    ],
)
def test_an_address_that_must_not_be_called_is_refused(team: Team, url: str, words: str) -> None:
    with pytest.raises(Invalid) as caught:
        webhook_create(team=team, url=url, events=EVERY, actor=portal_actor())
    assert words in caught.value.fields["url"][0]


def test_an_address_that_has_become_private_is_not_called(team: Team, receiver: Receiver, settings: Settings) -> None:
    row, _secret = hook(team, receiver)
    settings.WEBHOOK_PRIVATE = False
    sent = webhook_test(webhook=row, actor=portal_actor())
    assert (sent.state, receiver.got) == ("failed", [])
    assert "private address" in sent.error


@pytest.mark.parametrize("events", [[], ["host.offline", "nonsense"]])
def test_events_that_there_are_not_are_refused(team: Team, receiver: Receiver, events: list[str]) -> None:
    with pytest.raises(Invalid) as caught:
        webhook_create(team=team, url=receiver.url, events=events, actor=portal_actor())
    assert "deployment.succeeded" in caught.value.fields["events"][0]


def test_over_the_api_the_secret_is_told_once(team: Team, admin: User, receiver: Receiver, api_of: Api) -> None:
    client: ApiClient = api_of(admin)
    made = answer(client.post("webhooks", {"team": "harbour", "url": receiver.url, "events": EVERY}), 201)
    where = f"webhooks/{made['id']}"
    assert "secret" not in answer(client.get(where))
    renewed = answer(client.post(f"{where}/secret"))["secret"]
    assert renewed != made["secret"]
    tried = answer(client.post(f"{where}/test"))
    assert (tried["state"], tried["response_code"], tried["event"]) == ("delivered", 204, "test")
    [listed] = answer(client.get(f"{where}/deliveries"))["items"]
    assert listed["id"] == tried["id"]
    again = answer(client.post(f"{where}/deliveries/{tried['id']}/again"), 202)
    assert again["state"] == "waiting"
    assert answer(client.patch(where, {"paused": True}))["paused"] is True
    assert [one["id"] for one in answer(client.get("webhooks"))["items"]] == [made["id"]]
    assert client.delete(where).status_code == 204
    assert client.get(where).status_code == 404
    kept = AuditEntry.objects.filter(action__startswith="webhook.")
    assert {"webhook.create", "webhook.secret", "webhook.test", "webhook.remove"} <= {one.action for one in kept}
    assert not any(made["secret"] in str(one.detail) for one in kept)


def test_on_the_pages_a_webhook_is_made_tried_and_removed(
    team: Team, admin: User, receiver: Receiver, client_of: Callable[[User | None], object]
) -> None:
    client: Any = client_of(admin)
    made = client.post("/team/harbour/webhooks/", {"url": receiver.url, "events": ["host.offline"]}, follow=True)
    row = Webhook.objects.get()
    assert made.redirect_chain[0][0] == f"/team/harbour/webhooks/{row.pk}/"
    assert "Copy it now" in made.text
    where = f"/team/harbour/webhooks/{row.pk}/"
    assert "Copy it now" not in client.get(where).text
    assert "It answered 204" in client.post(f"{where}act/", {"act": "test"}, follow=True).text
    assert "Continue" in client.post(f"{where}act/", {"act": "pause"}, follow=True).text
    client.post(f"{where}act/", {"act": "remove"})
    assert not Webhook.objects.exists()


def test_old_deliveries_are_forgotten(team: Team, receiver: Receiver) -> None:
    row, _secret = hook(team, receiver)
    old = delivery_make(webhook=row, event="host.offline", text="", data={})
    WebhookDelivery.objects.filter(pk=old.pk).update(state="failed", finished_at=timezone.now() - timedelta(days=31))
    deliveries_due(now=timezone.now())
    assert not WebhookDelivery.objects.exists()
