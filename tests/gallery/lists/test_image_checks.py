"""Once a week the images of templates are looked at: what is gone or fits no platform is marked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from gallery.lists.reading import list_read
from gallery.models import CheckedImage, ListedTemplate, TeamTemplate, TemplateList
from gallery.problems import RegistryUnavailable, SourceLimited, TagNotFound
from gallery.registry.reference import Reference, parse_reference
from gallery.registry.types import Platform
from gallery.selectors.templates import template_seen
from gallery.services.image_checks import Ask, images_check, platforms_of
from gallery.services.template_lists import words_of
from gallery.sources import ANONYMOUS, Access
from portal.people.access import actor_for_user
from portal.people.models import Team, User
from tests.standins.hub import HubStandIn

from .conftest import WEB, listing

pytestmark = pytest.mark.django_db
LINUX = (Platform("linux", "amd64"), Platform("linux", "arm64", "v8"))


class Registry:
    """What the registries say."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.platforms: dict[str, tuple[Platform, ...]] = {}
        self.problems: dict[str, Exception] = {}

    def digest(self, reference: Reference, _access: Access) -> str:
        self.asked.append(str(reference))
        if problem := self.problems.get(str(reference)):
            raise problem
        return "sha256:" + "a" * 64

    def runs_on(self, reference: Reference, _digest: str, _access: Access) -> tuple[Platform, ...]:
        return self.platforms.get(str(reference), LINUX)

    @property
    def ask(self) -> Ask:
        return Ask(self.digest, self.runs_on)


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def own(team: Team) -> TeamTemplate:
    compose = "services: {a: {image: 'x/a:1'}, b: {image: 'x/b:1'}}"
    return TeamTemplate.objects.create(
        team=team, slug="harbour--two", title="Two", compose=compose, images=["x/a:1", "x/b:1"]
    )


@pytest.fixture
def listed(team: Team) -> ListedTemplate:
    row = TemplateList.objects.create(team=team, key="acme", title="Acme", url="https://acme.example/t.json")
    entry = list_read(listing({**WEB, "platform": "windows"}))[0]
    return ListedTemplate.objects.create(list=row, slug="acme__web", position=0, entry=entry, words=words_of(entry))


def test_platforms_are_those_of_all_images(own: TeamTemplate, registry: Registry, viewer: User) -> None:
    registry.platforms["x/b:1"] = (Platform("linux", "arm64"), Platform("linux", "s390x"))
    assert template_seen(actor_for_user(viewer), own.slug).platforms == ()
    assert images_check(ask=registry.ask) == 2
    found = template_seen(actor_for_user(viewer), own.slug)
    assert found.platforms == (Platform("linux", "arm64"),)
    assert found.warning == ""


def test_gone_and_back(own: TeamTemplate, registry: Registry, viewer: User) -> None:
    registry.problems["x/a:1"] = TagNotFound("no such tag")
    images_check(ask=registry.ask)
    assert "x/a:1" in template_seen(actor_for_user(viewer), own.slug).warning
    registry.problems.clear()
    assert images_check(ask=registry.ask) == 0
    assert images_check(now=timezone.now() + timedelta(days=8), ask=registry.ask) == 2
    assert template_seen(actor_for_user(viewer), own.slug).warning == ""


def test_fits_no_platform(listed: ListedTemplate, registry: Registry, viewer: User) -> None:
    images_check(ask=registry.ask)
    warning = template_seen(actor_for_user(viewer), listed.slug).warning
    assert "windows" in warning
    assert "linux/amd64" in warning
    CheckedImage.objects.update(platforms=[])
    assert "has none" in template_seen(actor_for_user(viewer), listed.slug).warning


@pytest.mark.parametrize("problem", [RegistryUnavailable("away"), SourceLimited("wait", retry_after=7200)])
def test_a_registry_that_is_away_marks_nothing_and_is_left_alone(
    problem: Exception, own: TeamTemplate, registry: Registry, viewer: User
) -> None:
    registry.problems = {"x/a:1": problem, "x/b:1": problem}
    assert images_check(ask=registry.ask) == 1
    assert template_seen(actor_for_user(viewer), own.slug).warning == ""
    assert CheckedImage.objects.get(reference=registry.asked[0]).next_at > timezone.now() + timedelta(minutes=50)


def test_images_of_no_template_are_forgotten(own: TeamTemplate, registry: Registry) -> None:
    images_check(ask=registry.ask)
    own.delete()
    assert images_check(ask=registry.ask) == 0
    assert not CheckedImage.objects.exists()


def test_what_is_no_tag_is_not_asked_about(team: Team, registry: Registry) -> None:
    images = ["Not A Name", "pierhead/hello:1", "y" * 600]
    TeamTemplate.objects.create(team=team, slug="harbour--x", title="X", compose="x", images=images)
    assert images_check(ask=registry.ask) == 0


def test_platforms_at_docker_hub_come_from_the_web_api(hub: HubStandIn) -> None:
    """The default registry is Docker Hub's and cannot be reached here: a manifest is never asked for."""
    found = platforms_of(parse_reference("postgres:17"), "", ANONYMOUS)
    assert ("linux", "amd64") in {(one.os, one.architecture) for one in found}
    assert {one.os for one in found} == {"linux", "windows"}
