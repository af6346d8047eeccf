"""The page of a deployment: its timeline while it runs, and a true end with what to do next."""

import pytest
from django.test import Client
from django.utils import timezone

from hosts.models import Application, Command, Deployment, DeploymentStep, DeploymentTarget, Host

from .conftest import make_deployment


def test_steps_and_layers_are_shown_with_their_progress(running_deployment: Deployment, as_viewer: Client) -> None:
    text = as_viewer.get(f"/deployments/{running_deployment.pk}/").content.decode()
    assert "Pull pierhead/web:1" in text
    assert 'max="100" value="30"' in text
    assert "30\u00a0B / 100\u00a0B" in text
    assert "Start shop-app-1" in text
    assert "The command was accepted." in text


def test_it_lives(running_deployment: Deployment, as_viewer: Client) -> None:
    text = as_viewer.get(f"/deployments/{running_deployment.pk}/").content.decode()
    assert f'data-live="/deployments/{running_deployment.pk}/timeline/"' in text


def test_the_live_part_holds_no_form_token(running_deployment: Deployment, as_deployer: Client) -> None:
    text = as_deployer.get(f"/deployments/{running_deployment.pk}/timeline/").content.decode()
    assert "csrfmiddlewaretoken" not in text


def test_a_pull_of_unknown_size_shows_no_number(running_deployment: Deployment, as_viewer: Client) -> None:
    DeploymentStep.objects.filter(key="pull:app:4f4fb700ef54").update(total=0, current=0)
    text = as_viewer.get(f"/deployments/{running_deployment.pk}/").content.decode()
    assert '<progress class="progress tiny">' in text


def test_success_leads_to_the_published_port(shop: Application, full_host: Host, as_viewer: Client) -> None:
    Host.objects.update(address="127.0.0.1")
    deployment = make_deployment(shop, full_host, "succeeded")
    text = as_viewer.get(f"/deployments/{deployment.pk}/").content.decode()
    assert "It runs." in text
    assert 'href="http://127.0.0.1:18080/"' in text


@pytest.mark.parametrize("state", ["failed", "rolled_back"])
def test_failure_says_why_and_offers_the_next_step(
    state: str, shop: Application, full_host: Host, as_deployer: Client
) -> None:
    deployment = make_deployment(
        shop, full_host, state, error="The port 18080 is taken by nginx.", log_tail="first line\nbind: address in use"
    )
    text = as_deployer.get(f"/deployments/{deployment.pk}/").content.decode()
    assert "The port 18080 is taken by nginx." in text
    assert "bind: address in use" in text
    assert f'formaction="/applications/{shop.pk}/deploy/"' in text
    assert f'href="/deploy/?application={shop.pk}"' in text


def test_a_viewer_is_offered_nothing_to_press(shop: Application, full_host: Host, as_viewer: Client) -> None:
    deployment = make_deployment(shop, full_host, "failed", error="No.")
    text = as_viewer.get(f"/deployments/{deployment.pk}/").content.decode()
    assert f"/applications/{shop.pk}/deploy/" not in text
    assert "No." in text


def test_an_older_failure_offers_no_second_try(shop: Application, full_host: Host, as_deployer: Client) -> None:
    old = make_deployment(shop, full_host, "failed", error="No.")
    make_deployment(shop, full_host, "succeeded")
    text = as_deployer.get(f"/deployments/{old.pk}/").content.decode()
    assert f"/applications/{shop.pk}/deploy/" not in text


def test_a_host_that_is_away_says_what_it_waits_for(shop: Application, full_host: Host, as_viewer: Client) -> None:
    deployment = make_deployment(shop, full_host, "queued")
    give_command(deployment, full_host)
    Host.objects.update(link="")
    text = as_viewer.get(f"/deployments/{deployment.pk}/").content.decode()
    assert "Waiting" in text
    assert "linux-host" in text


def test_a_deployer_cancels(running_deployment: Deployment, as_deployer: Client) -> None:
    text = as_deployer.get(f"/deployments/{running_deployment.pk}/").content.decode()
    assert f'formaction="/deployments/{running_deployment.pk}/cancel/"' in text
    response = as_deployer.post(f"/deployments/{running_deployment.pk}/cancel/", follow=True)
    assert "asked to stop" in response.content.decode()


def test_what_has_ended_cannot_be_cancelled(shop: Application, full_host: Host, as_deployer: Client) -> None:
    deployment = make_deployment(shop, full_host, "succeeded")
    assert as_deployer.post(f"/deployments/{deployment.pk}/cancel/").status_code == 409


def test_a_viewer_may_not_cancel(running_deployment: Deployment, as_viewer: Client) -> None:
    assert as_viewer.post(f"/deployments/{running_deployment.pk}/cancel/").status_code == 403
    running_deployment.refresh_from_db()
    assert running_deployment.state == "running"


def test_cancel_answers_to_post_alone(running_deployment: Deployment, as_deployer: Client) -> None:
    assert as_deployer.get(f"/deployments/{running_deployment.pk}/cancel/").status_code == 405


def give_command(deployment: Deployment, host: Host) -> None:
    """The command of the deployment for `host`, not sent yet."""
    command = Command.objects.create(
        host=host, kind="deploy", summary="Deploy", body=b"", state="queued", expires_at=timezone.now()
    )
    deployment.deployment_targets.update(command=command)


def test_every_host_has_its_own_part(running_deployment: Deployment, windows_host: Host, as_viewer: Client) -> None:
    DeploymentTarget.objects.create(deployment=running_deployment, host=windows_host, state="queued")
    text = as_viewer.get(f"/deployments/{running_deployment.pk}/").content.decode()
    assert "linux-host" in text
    assert "windows-host" in text
    assert "The host has not reported a step yet." in text or "Waiting" in text
