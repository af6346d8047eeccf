"""Scaling a service: a revision of another scale, with the same images, deployed at once."""

from typing import Any

import pytest

from gallery.images import ResolvedImage
from hosts.models import Application, Host, Revision
from hosts.plan_types import PlanRefused
from hosts.services.applications import application_revise
from hosts.services.deployments import application_rollback
from hosts.services.plans import plan_make
from hosts.services.scaling import service_scale
from portal.people.access import actor_for_user, portal_actor
from portal.people.models import User
from portal.problems import Conflict, Invalid, NotAllowed, NotFound
from tests.hosts.deploying import finish, make, start
from tests.hosts.resolving import resolve
from tests.hosts.shapes import OTHER, manifests

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(linux_host: Host) -> Application:
    """Deployed with one replica of web."""
    revision = make(linux_host.team, {"image": "nginx:1"})
    finish(start(revision))
    return revision.application


def scale(application: Application, replicas: int, service: str = "shop", **more: Any) -> Any:
    wishes: dict[str, Any] = {"actor": portal_actor(), "resolve": resolve} | more
    return service_scale(application=application, service=service, replicas=replicas, **wishes)


def names(revision: Revision, ask: Any = resolve) -> list[str]:
    """What the plan of a revision wants to run."""
    plan = plan_make(revision=revision, actor=portal_actor(), resolve=ask)
    return [one.name for host in plan.hosts for one in host.containers if one.action != "remove"]


def service_of(application: Application) -> str:
    found = plan_make(revision=application.revisions.latest("number"), actor=portal_actor(), resolve=resolve)
    return found.hosts[0].containers[0].service


def test_up_and_down(shop: Application) -> None:
    web = service_of(shop)
    deployment = scale(shop, 3, web)
    assert deployment.revision.scale == {web: 3}
    assert names(deployment.revision) == [f"shop-{web}-{number}" for number in (1, 2, 3)]
    finish(deployment)
    assert names(scale(shop, 0, web).revision) == []


def test_the_commit_that_a_text_came_from_stays_known(shop: Application) -> None:
    origin = {"git": {"commit": "a" * 40, "author": "Ann", "subject": "More replicas"}}
    Revision.objects.update(origin=origin)
    assert scale(shop, 2, service_of(shop)).revision.origin == origin


def test_a_change_of_values_keeps_the_scale_and_a_new_text_does_not(shop: Application) -> None:
    web = service_of(shop)
    finish(scale(shop, 2, web))
    kept = application_revise(application=shop, values={"A": "1"}, actor=portal_actor())
    assert kept.scale == {web: 2}
    assert application_revise(application=shop, service={"image": "nginx:1"}, actor=portal_actor()).scale == {}


def test_the_deployed_revision_is_scaled_and_not_a_later_draft(shop: Application) -> None:
    draft = application_revise(application=shop, service={"image": "iis:1"}, actor=portal_actor())
    deployment = scale(shop, 2, service_of_revision(shop.revisions.get(number=1)))
    assert deployment.revision.number == draft.number + 1
    assert "nginx:1" in deployment.revision.compose


def service_of_revision(revision: Revision) -> str:
    plan = plan_make(revision=revision, actor=portal_actor(), resolve=resolve)
    return plan.hosts[0].containers[0].service


@pytest.mark.parametrize(("replicas", "word"), [(-1, "0 to 200"), (201, "0 to 200")])
def test_numbers_have_limits(shop: Application, replicas: int, word: str) -> None:
    with pytest.raises(Invalid, match=word):
        scale(shop, replicas, service_of(shop))


def test_what_cannot_be_scaled_is_refused_and_leaves_no_revision(linux_host: Host, viewer: User) -> None:
    revision = make(linux_host.team, {"image": "nginx:1", "ports": ["8080:80"]})
    finish(start(revision))
    shop, web = revision.application, service_of_revision(revision)
    with pytest.raises(PlanRefused, match="more than once"):
        scale(shop, 2, web)
    with pytest.raises(NotFound):
        scale(shop, 2, "nothing")
    with pytest.raises(NotAllowed):
        scale(shop, 2, web, actor=actor_for_user(viewer))
    assert shop.revisions.count() == 1
    start(revision)
    with pytest.raises(Conflict):
        scale(shop, 1, web)


# -- pins


def moved(reference: str, *access: Any) -> ResolvedImage:
    """A registry in which nginx:1 is another image by now."""
    if reference == "nginx:1":
        return ResolvedImage(reference, OTHER, manifests("linux/amd64"))
    if reference.startswith("nginx:1@"):
        return ResolvedImage("nginx", reference.partition("@")[2], manifests("linux/amd64"))
    return resolve(reference)


def test_a_revision_keeps_its_images_although_the_tag_moves(shop: Application) -> None:
    revision = shop.revisions.get()
    [pin] = revision.pins.values()
    plan = plan_make(revision=revision, actor=portal_actor(), resolve=moved)
    assert plan.hosts[0].images[0].digest == pin
    newer = application_revise(application=shop, actor=portal_actor())
    plan = plan_make(revision=newer, actor=portal_actor(), resolve=moved)
    assert plan.hosts[0].images[0].digest == OTHER


def test_a_rollback_uses_the_same_digests(shop: Application) -> None:
    pins = shop.revisions.get().pins
    newer = application_revise(application=shop, actor=portal_actor())
    finish(start_with(newer))
    newer.refresh_from_db()
    assert list(newer.pins.values()) == [OTHER]
    back = application_rollback(application=shop, actor=portal_actor(), resolve=moved)
    assert back.plan["hosts"][0]["images"][0]["digest"] == next(iter(pins.values()))


def start_with(revision: Revision) -> Any:
    from hosts.services.deployments import deployment_start

    return deployment_start(revision=revision, actor=portal_actor(), resolve=moved)


def test_a_scaled_revision_has_the_pins_of_the_one_before(shop: Application) -> None:
    assert scale(shop, 2, service_of(shop)).revision.pins == shop.revisions.get(number=1).pins != {}
