"""Applications: the list, the page, revisions, and what a deployer can do."""

import pytest
from django.test import Client

from hosts.models import Application, Container, Deployment, Host, Revision
from portal.people.models import User

from .conftest import COMPOSE, make_container, make_deployment


@pytest.fixture
def deployed(shop: Application, full_host: Host) -> Application:
    """`shop`, deployed by a deployment that succeeded."""
    full_host.address = "127.0.0.1"
    full_host.save()
    make_deployment(shop, full_host, "succeeded")
    return shop


def test_the_list_says_what_is_true_and_links_the_port(deployed: Application, as_viewer: Client) -> None:
    text = as_viewer.get("/applications/").content.decode()
    assert "1 of 1 service running" in text
    assert 'href="http://127.0.0.1:18080/"' in text
    assert "Succeeded" in text


def test_the_list_is_filtered_in_the_address(deployed: Application, as_viewer: Client) -> None:
    assert ">shop</a>" in as_viewer.get("/applications/?q=sho").content.decode()
    text = as_viewer.get("/applications/?q=zzz").content.decode()
    assert "No application matches" in text


def test_an_empty_list_leads_to_the_gallery(as_deployer: Client, as_viewer: Client) -> None:
    assert 'href="/gallery/"' in as_deployer.get("/applications/").content.decode()
    assert "A deployer of your team" in as_viewer.get("/applications/").content.decode()


def test_the_page_has_services_with_their_containers(deployed: Application, web: Container, as_viewer: Client) -> None:
    text = as_viewer.get(f"/applications/{deployed.pk}/").content.decode()
    assert "pierhead/web:1" in text
    assert f'href="/hosts/{web.host_id}/containers/{web.cid}/"' in text
    assert "Open http://127.0.0.1:18080/" in text
    assert "linux-host" in text


def test_an_unhealthy_service_is_named_so(deployed: Application, web: Container, as_viewer: Client) -> None:
    Container.objects.filter(pk=web.pk).update(health="unhealthy")
    text = as_viewer.get(f"/applications/{deployed.pk}/").content.decode()
    assert "Unhealthy" in text
    assert "Degraded" in text


def test_what_was_never_deployed_says_so(shop: Application, as_deployer: Client) -> None:
    Container.objects.all().delete()
    text = as_deployer.get(f"/applications/{shop.pk}/").content.decode()
    assert "Nothing of it runs yet." in text
    assert "Not deployed" in text


def test_a_viewer_sees_no_action(deployed: Application, as_viewer: Client) -> None:
    text = as_viewer.get(f"/applications/{deployed.pk}/").content.decode()
    for act in ("deploy/", "rollback/", "remove/"):
        assert f"/applications/{deployed.pk}/{act}" not in text
    assert "/deploy/?application" not in text


def test_a_deployer_can_deploy_again(deployed: Application, as_deployer: Client) -> None:
    assert "Deploy again" in as_deployer.get(f"/applications/{deployed.pk}/").content.decode()
    response = as_deployer.post(f"/applications/{deployed.pk}/deploy/", {"revision": "1"})
    newest = Deployment.objects.order_by("-created_at").first()
    assert newest is not None
    assert response["Location"] == f"/deployments/{newest.pk}/"


def test_a_deployer_can_roll_back(deployed: Application, full_host: Host, as_deployer: Client) -> None:
    Revision.objects.create(application=deployed, number=2, compose=COMPOSE, targets={"any": True})
    make_deployment(deployed, full_host, "succeeded")
    assert "Roll back to it" in as_deployer.get(f"/applications/{deployed.pk}/").content.decode()
    response = as_deployer.post(f"/applications/{deployed.pk}/rollback/", {"revision": "1"})
    assert response.status_code == 302
    newest = Deployment.objects.order_by("-created_at").first()
    assert newest is not None
    assert newest.revision.number == 1


def test_a_revision_that_is_not_there_is_not_found(deployed: Application, as_deployer: Client) -> None:
    assert as_deployer.post(f"/applications/{deployed.pk}/deploy/", {"revision": "99"}).status_code == 404
    assert as_deployer.get(f"/applications/{deployed.pk}/revisions/99/").status_code == 404


def test_a_second_deployment_meanwhile_is_refused(
    deployed: Application, running_deployment: Deployment, as_deployer: Client
) -> None:
    response = as_deployer.post(f"/applications/{deployed.pk}/deploy/", {"revision": "1"})
    assert response.status_code == 409


def test_a_revision_shows_its_text_and_hides_values_from_viewers(
    shop: Application, as_viewer: Client, as_deployer: Client
) -> None:
    Revision.objects.update(values={"TOKEN": "s3cret"})
    path = f"/applications/{shop.pk}/revisions/1/"
    assert "image: pierhead/web:1" in as_viewer.get(path).content.decode()
    assert "s3cret" not in as_viewer.get(path).content.decode()
    assert "s3cret" in as_deployer.get(path).content.decode()


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        ({"any": True}, "any host that fits"),
        ({"labels": {"zone": "eu"}}, "a host with zone=eu"),
        ({"hosts": ["00000000-0000-0000-0000-000000000000"]}, "hosts that are gone"),
    ],
)
def test_a_revision_says_where_it_runs(
    targets: dict[str, object], words: str, shop: Application, as_viewer: Client
) -> None:
    Revision.objects.update(targets=targets)
    assert words in as_viewer.get(f"/applications/{shop.pk}/revisions/1/").content.decode()


def test_the_question_before_removal_names_the_volumes(deployed: Application, as_deployer: Client) -> None:
    text = as_deployer.get(f"/applications/{deployed.pk}/").content.decode()
    assert "shop_data" in text
    assert 'name="volumes" value="1"' in text


@pytest.mark.parametrize("volumes", [True, False])
def test_removal_asks_every_host(volumes: bool, deployed: Application, as_deployer: Client) -> None:
    body = {"volumes": "1"} if volumes else {}
    response = as_deployer.post(f"/applications/{deployed.pk}/remove/", body, follow=True)
    assert "is being removed" in response.content.decode()
    deployed.refresh_from_db()
    assert deployed.removing_at is not None


def test_an_application_without_containers_goes_at_once(shop: Application, as_deployer: Client) -> None:
    Container.objects.all().delete()
    response = as_deployer.post(f"/applications/{shop.pk}/remove/", follow=True)
    assert response.redirect_chain[-1][0] == "/applications/"
    assert "shop is removed." in response.content.decode()


def test_a_removed_application_leaves_a_sentence_in_an_open_page(shop: Application, as_viewer: Client) -> None:
    path = f"/applications/{shop.pk}/content/"
    shop.delete()
    assert "The application is gone" in as_viewer.get(path).content.decode()
    assert "Removed" in as_viewer.get(f"{path}?part=title").content.decode()


@pytest.mark.parametrize("act", ["deploy", "rollback", "remove"])
def test_a_viewer_may_not(act: str, deployed: Application, as_viewer: Client, viewer: User) -> None:
    assert as_viewer.post(f"/applications/{deployed.pk}/{act}/").status_code == 403
    assert Application.objects.filter(pk=deployed.pk, removing_at=None).exists()


@pytest.mark.parametrize("act", ["deploy", "rollback", "remove"])
def test_acts_answer_to_post_alone(act: str, deployed: Application, as_deployer: Client) -> None:
    assert as_deployer.get(f"/applications/{deployed.pk}/{act}/").status_code == 405


def test_the_list_asks_the_database_a_fixed_number_of_times(
    shop: Application, linux_host: Host, as_viewer: Client, django_assert_max_num_queries: object
) -> None:
    for number in range(12):
        one = Application.objects.create(team=shop.team, name=f"app-{number}")
        Revision.objects.create(application=one, number=1, compose=COMPOSE, targets={"any": True})
        make_container(linux_host, f"app-{number}-app-1", project=f"app-{number}", service="app")
    with django_assert_max_num_queries(18):  # type: ignore[operator]
        as_viewer.get("/applications/")
