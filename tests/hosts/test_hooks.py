"""The webhook of an application: made once, its secret kept from everybody, called, logged and carried out once."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from hosts.models import Application, ApplicationHook, HookDelivery
from hosts.models.hooks import HookState
from hosts.services.hook_deliveries import MAX_BODY, WRONG_A_MINUTE, hook_carry, hooks_due
from hosts.services.hooks import hook_make, hook_secret_renew
from portal.people.access import portal_actor
from portal.people.models import AuditEntry, Team, User
from tests.hosts.answers import Api, answer
from tests.people import ApiClient

from .deploying import make

pytestmark = pytest.mark.django_db
PUSH = {"push_data": {"tag": "9"}, "repository": {"repo_name": "someone/other"}}


@pytest.fixture
def application(team: Team) -> Application:
    return make(team).application


@pytest.fixture
def hook(application: Application) -> tuple[ApplicationHook, str]:
    cache.clear()
    return hook_make(application=application, actor=portal_actor())


def call(hook: tuple[ApplicationHook, str], body: Any = None, secret: str | None = None, **headers: str) -> Any:
    path = f"hooks/{hook[0].pk}/{hook[1] if secret is None else secret}".rstrip("/")
    return ApiClient(None).post(path, body, **headers)


def test_it_is_made_once_and_tells_its_secret_once(api_of: Api, deployer: User, application: Application) -> None:
    api, path = api_of(deployer), f"applications/{application.pk}/hook"
    assert answer(api.get(path), 404)["type"].endswith("hook-not-found")
    made = answer(api.post(path), 201)
    assert made["secret_url"] == f"{made['url']}/{made['secret']}"
    assert "secret" not in answer(api.get(path))
    assert answer(api.post(path), 409)["type"].endswith("hook-exists")
    row = ApplicationHook.objects.get(application=application)
    assert made["secret"].encode() not in bytes(row.secret)
    assert made["secret"] not in str(list(AuditEntry.objects.values_list("detail", flat=True)))
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"hook.create"}


def test_a_call_is_taken_on_and_logged(api_of: Api, deployer: User, hook: tuple[ApplicationHook, str]) -> None:
    taken = answer(call(hook, PUSH), 202)
    assert taken["state"] == "waiting"
    hook_carry(delivery_id=taken["id"])
    [row] = answer(api_of(deployer).get(f"applications/{hook[0].application_id}/hook/calls"))["items"]
    assert (row["id"], row["sender"], row["state"]) == (taken["id"], "docker-hub", "ignored")
    assert row["detail"] == "shop does not use someone/other:9."


def test_the_registrys_own_content_type_is_taken(hook: tuple[ApplicationHook, str]) -> None:
    body = json.dumps({"events": [{"action": "push", "target": {"repository": "a/b", "tag": "1"}}]})
    kind = "application/vnd.docker.distribution.events.v1+json"
    where, headers = f"/api/v1/hooks/{hook[0].pk}", {"Authorization": f"Bearer {hook[1]}"}
    assert Client().generic("POST", where, body, kind, headers=headers).status_code == 202
    assert HookDelivery.objects.get().wish["images"] == [["a/b", "1"]]


def test_the_same_body_is_acted_on_once_and_again_when_it_has_failed(hook: tuple[ApplicationHook, str]) -> None:
    first = answer(call(hook, PUSH), 202)["id"]
    assert answer(call(hook, PUSH), 202)["id"] == first
    HookDelivery.objects.update(state=HookState.FAILED, claimed_at=timezone.now())
    assert answer(call(hook, PUSH), 202) == {"id": first, "state": "waiting"}
    assert HookDelivery.objects.get().claimed_at is None


def test_plain_calls_may_come_again(hook: tuple[ApplicationHook, str]) -> None:
    assert answer(call(hook), 202)["id"] != answer(call(hook), 202)["id"]


def test_what_asks_for_nothing_is_not_logged(hook: tuple[ApplicationHook, str]) -> None:
    pulls = {"events": [{"action": "pull", "target": {"repository": "nginx", "tag": "1"}}]}
    assert answer(call(hook, pulls), 202) == {"id": None, "state": "ignored"}
    assert not HookDelivery.objects.exists()


def test_an_unknown_webhook_and_a_wrong_secret_look_the_same(hook: tuple[ApplicationHook, str]) -> None:
    wrong = answer(call(hook, PUSH, secret="wrong"), 404)
    absent = answer(ApiClient(None).post("hooks/00000000-0000-0000-0000-000000000000/wrong", PUSH), 404)
    missing = answer(call(hook, PUSH, secret=""), 404)
    assert wrong == absent == missing
    assert not HookDelivery.objects.exists()


def test_guessing_is_slowed_down(hook: tuple[ApplicationHook, str]) -> None:
    found = [call(hook, PUSH, secret="wrong").status_code for _ in range(WRONG_A_MINUTE + 1)]
    assert (found[0], found[-1]) == (404, 429)
    assert call(hook, PUSH).status_code == 202  # who knows it is not held up


def test_an_old_secret_is_unknown(hook: tuple[ApplicationHook, str]) -> None:
    fresh = hook_secret_renew(hook=hook[0], actor=portal_actor())
    assert call(hook, PUSH).status_code == 404
    assert call(hook, PUSH, secret=fresh).status_code == 202


def test_a_body_that_is_too_large_or_no_json_is_refused(hook: tuple[ApplicationHook, str]) -> None:
    assert answer(call(hook, {"pad": "x" * MAX_BODY}), 413)["type"].endswith("too-large")
    where = f"/api/v1/hooks/{hook[0].pk}/{hook[1]}"
    refused = answer(Client().generic("POST", where, b"<xml/>", "text/xml"), 422)
    assert refused["type"].endswith("bad-json")
    assert "JSON" in refused["detail"]


def test_two_workers_carry_a_call_out_once(hook: tuple[ApplicationHook, str]) -> None:
    pk = answer(call(hook, PUSH), 202)["id"]
    HookDelivery.objects.update(claimed_at=timezone.now())
    assert hook_carry(delivery_id=pk) == "waiting"  # another one has it
    assert hook_carry(delivery_id=pk, now=timezone.now() + timedelta(minutes=6)) == "ignored"  # that one has died


def test_what_was_not_carried_out_is_found_again_and_given_up_in_the_end(hook: tuple[ApplicationHook, str]) -> None:
    pk = answer(call(hook, PUSH), 202)["id"]
    now = timezone.now()
    assert hooks_due(now=now) == []  # its own job is on its way
    assert [str(one) for one in hooks_due(now=now + timedelta(minutes=1))] == [pk]
    assert hooks_due(now=now + timedelta(hours=2)) == []
    assert HookDelivery.objects.get().state == "failed"
    hooks_due(now=now + timedelta(days=31))
    assert not HookDelivery.objects.exists()


def test_the_page_shows_the_address_once(client_of: Any, deployer: User, application: Application) -> None:
    client, where = client_of(deployer), f"/applications/{application.pk}/hook/"
    assert "No webhook yet" in client.get(where).content.decode()
    client.post(f"{where}act/", {"act": "make"})
    first, second = client.get(where).content.decode(), client.get(where).content.decode()
    row = ApplicationHook.objects.get()
    assert f"/api/v1/hooks/{row.pk}/" in first
    assert f"/api/v1/hooks/{row.pk}/" not in second
    assert f"/api/v1/hooks/{row.pk}" in second
    client.post(f"{where}act/", {"act": "remove"})
    assert not ApplicationHook.objects.exists()


def test_the_page_of_the_application_leads_to_it(client_of: Any, deployer: User, application: Application) -> None:
    page = client_of(deployer).get(f"/applications/{application.pk}/").content.decode()
    assert f'href="/applications/{application.pk}/hook/"' in page
