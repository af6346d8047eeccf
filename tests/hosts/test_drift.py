"""Drift: what runs against what was deployed, told service by service, and put right by a deployment of the same."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from hosts.drift import CHANGED, EXTRA, IMAGE, MISSING, STOPPED, drift_of
from hosts.models import Application, Container, Deployment, Host
from hosts.observed import ObservedContainer, ObservedHost
from hosts.planning import make as plan_of
from hosts.selectors.drift import application_drift
from hosts.services.events import changes_tell
from hosts.services.repairs import application_repair
from hosts.services.webhooks import webhook_create
from portal.people.access import portal_actor
from portal.people.models import Team, User
from portal.problems import Conflict
from tests.hosts.answers import Api, answer

from . import shapes
from .deploying import finish, make, start
from .resolving import resolve


def seen(*containers: ObservedContainer, **more: Any) -> ObservedHost:
    return shapes.host(containers=containers, images=(shapes.local(),), **more)


WISH = shapes.wanted(shapes.one())
PLAN = plan_of(WISH, [shapes.host()]).as_json()
GOOD = shapes.running(WISH)


@pytest.mark.parametrize(
    ("there", "kinds"),
    [
        ((GOOD,), []),
        ((), [MISSING]),
        ((replace(GOOD, state="exited"),), [STOPPED]),
        ((replace(GOOD, state="paused"),), [STOPPED]),
        ((replace(GOOD, state="restarting"),), []),
        ((replace(GOOD, config_hash="other"),), [CHANGED]),
        ((replace(GOOD, config_hash="other", image="nginx:2"),), [IMAGE]),
        ((GOOD, replace(GOOD, name="shop-web-2", number=2)), [EXTRA]),
        ((GOOD, replace(GOOD, name="shop-web-run-1", oneoff=True)), []),
        ((GOOD, shapes.holder()), []),
    ],
)
def test_what_differs_is_named(there: tuple[ObservedContainer, ...], kinds: list[str]) -> None:
    assert [one.kind for one in drift_of(PLAN, [seen(*there)])] == kinds


def test_a_host_that_is_away_is_not_judged() -> None:
    assert drift_of(PLAN, [seen(state="offline")]) == []
    assert drift_of(PLAN, [seen(engine_error="it does not answer")]) == []


def test_what_had_ended_well_by_then_is_no_drift() -> None:
    gone = replace(GOOD, state="exited")
    assert drift_of(PLAN, [seen(gone)], ended={("id-host-1", gone.name)}) == []


@pytest.fixture
def deployed(team: Team, linux_host: Host) -> Deployment:
    """A deployment that succeeded a while ago, and its container."""
    deployment = start(make(team))
    finish(deployment)
    Deployment.objects.filter(pk=deployment.pk).update(finished_at=timezone.now() - timedelta(minutes=5))
    [planned] = deployment.plan["hosts"][0]["containers"]
    Container.objects.create(
        host=linux_host,
        cid="c" * 64,
        name=planned["name"],
        image=planned["image"],
        image_id="sha256:i",
        state="running",
        project="shop",
        service="app",
        labels={
            "com.docker.compose.config-hash": planned["config_hash"],
            "com.docker.compose.container-number": "1",
        },
        observed_at=timezone.now(),
    )
    return deployment


def application(deployment: Deployment) -> Application:
    return Application.objects.select_related("team").get(pk=deployment.application_id)


def test_what_runs_as_deployed_has_no_drift_and_needs_no_repair(deployed: Deployment) -> None:
    found = application_drift(application=application(deployed))
    assert found is not None
    assert (found.items, found.away, found.revision) == ((), (), 1)
    with pytest.raises(Conflict, match="as it was deployed"):
        application_repair(application=application(deployed), actor=portal_actor(), resolve=resolve)


def test_a_container_that_was_stopped_by_hand_is_started_by_a_repair(deployed: Deployment, deployer: User) -> None:
    Container.objects.update(state="exited", exit_code=0, finished=timezone.now())
    found = application_drift(application=application(deployed))
    assert found is not None
    assert [(one.kind, one.service, one.remedy) for one in found.items] == [(STOPPED, "app", "It is started.")]
    repaired = application_repair(application=application(deployed), actor=portal_actor(), resolve=resolve)
    assert repaired.revision_id == deployed.revision_id
    assert repaired.plan["hosts"][0]["containers"][0]["starts"] is True
    assert application_drift(application=application(deployed)) is None, "not while it is being deployed"


def test_what_ended_well_before_the_deployment_did_is_left(deployed: Deployment) -> None:
    Container.objects.update(state="exited", exit_code=0, finished=timezone.now() - timedelta(minutes=9))
    found = application_drift(application=application(deployed))
    assert found is not None
    assert found.items == ()


def test_a_host_that_is_away_is_named(deployed: Deployment, linux_host: Host) -> None:
    Host.objects.filter(pk=linux_host.pk).update(link="")
    found = application_drift(application=application(deployed))
    assert found is not None
    assert (found.items, found.away) == ((), (linux_host.name,))


def test_the_api_tells_it_by_service_and_host(
    deployed: Deployment, linux_host: Host, viewer: User, api_of: Api
) -> None:
    Container.objects.all().delete()
    told = answer(api_of(viewer).get(f"applications/{deployed.application_id}/drift"))
    assert (told["compared"], told["drifted"], told["revision"]) == (True, True, 1)
    [item] = told["items"]
    assert (item["kind"], item["service"], item["host"], item["host_name"]) == (
        "missing",
        "app",
        str(linux_host.pk),
        linux_host.name,
    )


def test_the_page_shows_it_with_a_repair(deployed: Deployment, client_of: Any, deployer: User, viewer: User) -> None:
    Container.objects.all().delete()
    where = f"/applications/{deployed.application_id}/"
    assert "shop-app-1 is missing" in client_of(deployer).get(where).text
    assert "Repair" in client_of(deployer).get(where).text
    assert f"{where}repair/" not in client_of(viewer).get(where).text


def test_webhooks_are_told_of_drift_once(deployed: Deployment, team: Team, settings: Any) -> None:
    settings.WEBHOOK_PRIVATE = True
    hook, _secret = webhook_create(
        team=team, url="http://127.0.0.1:9/", events=["application.drift"], actor=portal_actor()
    )
    assert changes_tell() == 0
    Container.objects.all().delete()
    assert (changes_tell(), changes_tell()) == (1, 0)
    told = hook.deliveries.get().payload
    assert told["event"] == "application.drift"
    assert told["data"]["items"][0]["kind"] == "missing"
