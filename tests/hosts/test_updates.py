"""Updates of what runs: judged host by host, shown where somebody looks, and gone as soon as they are carried out."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from gallery.images import ResolvedImage
from gallery.models import WatchedTag
from gallery.problems import SourceLimited
from gallery.registry.reference import Reference
from gallery.registry.types import Platform, PlatformManifest
from gallery.sources import Access
from gallery.updates import Ask
from hosts.models import Application, Container, Host, Image, ImageUpdate
from hosts.models.updates import UpdateState
from hosts.selectors.attention import attention_list
from hosts.selectors.updates import application_updates, host_updates, update_list
from hosts.services.updates import updates_again, updates_check, updates_judge
from portal.people.access import Actor
from portal.people.models import Team, User
from portal.problems import NotAllowed, Problem

pytestmark = pytest.mark.django_db
ActorOf = Callable[[User], Actor]
ClientOf = Callable[[User | None], Client]
OLD, NEW, AMD64 = ("sha256:" + letter * 64 for letter in "abc")


class Registry:
    """Says what it was told to say."""

    def __init__(self) -> None:
        self.digest: str | Problem = NEW
        self.heads = 0
        self.looks = 0

    def head(self, reference: Reference, access: Access) -> str:
        self.heads += 1
        if isinstance(self.digest, Problem):
            raise self.digest
        return self.digest

    def resolve(self, reference: str, access: Access) -> ResolvedImage:
        self.looks += 1
        return ResolvedImage(reference, NEW, (PlatformManifest(Platform("linux", "amd64"), AMD64),))

    @property
    def ask(self) -> Ask:
        return Ask(self.head, lambda reference, access: ("1", "2", "2-rc1"), self.resolve)


@pytest.fixture
def registry() -> Registry:
    return Registry()


def image(host: Host, letter: str, tags: list[str], digests: list[str]) -> Image:
    return Image.objects.create(
        host=host, image_id="sha256:" + letter * 64, tags=tags, digests=digests, observed_at=timezone.now()
    )


def run(host: Host, made_from: Image, reference: str, name: str = "web", **more: str) -> Container:
    return Container.objects.create(
        host=host,
        cid=name.ljust(64, "0"),
        name=name,
        image=reference,
        image_id=made_from.image_id,
        state="running",
        observed_at=timezone.now(),
        **more,
    )


@pytest.fixture
def web(linux_host: Host) -> Container:
    """Runs an image that its tag names no more."""
    old = image(linux_host, "1", ["r.test/web:1"], [f"r.test/web@{OLD}"])
    return run(linux_host, old, "r.test/web:1", project="shop", service="web")


def states() -> list[str]:
    return list(ImageUpdate.objects.order_by("reference").values_list("state", flat=True))


def test_an_update_is_found_and_shown(web: Container, registry: Registry, viewer: User, actor_of_user: ActorOf) -> None:
    assert updates_check(ask=registry.ask) == 1
    actor = actor_of_user(viewer)
    found = update_list(actor=actor)
    assert [(one.reference, one.state, one.newer) for one in found] == [("r.test/web:1", UpdateState.UPDATE, "2")]
    assert found[0].newer_reference == "r.test/web:2"
    assert found[0].where == ((web.host, ("web",)),)
    assert any(row.kind == "updates" for row in attention_list(actor=actor))
    assert len(host_updates(web.host)) == 1
    application = Application(name="shop", team=web.host.team)
    assert len(application_updates(application)) == 1
    assert application_updates(Application(name="other", team=web.host.team)) == []


def test_strangers_see_nothing_of_it(
    web: Container, registry: Registry, stranger: User, actor_of_user: ActorOf
) -> None:
    updates_check(ask=registry.ask)
    assert update_list(actor=actor_of_user(stranger), every=True) == []
    assert not any(row.kind == "updates" for row in attention_list(actor=actor_of_user(stranger)))


def test_it_is_gone_when_it_was_carried_out(web: Container, registry: Registry) -> None:
    updates_check(ask=registry.ask)
    new = image(web.host, "2", ["r.test/web:1"], [f"r.test/web@{NEW}"])
    updates_judge(ask=registry.ask)
    assert states() == [UpdateState.UPDATE] or states() == [UpdateState.PULLED]
    Container.objects.filter(pk=web.pk).update(image_id=new.image_id)
    updates_judge(ask=registry.ask)
    assert states() == [UpdateState.CURRENT]
    Container.objects.all().delete()
    updates_judge(ask=registry.ask)
    assert states() == []


def test_pulled_and_not_yet_run(web: Container, registry: Registry) -> None:
    Image.objects.update(tags=[])
    image(web.host, "2", ["r.test/web:1"], [f"r.test/web@{NEW}"])
    updates_check(ask=registry.ask)
    assert states() == [UpdateState.PULLED]


@pytest.mark.parametrize(
    ("digests", "state"),
    [
        ([f"r.test/web@{OLD}", f"r.test/web@{NEW}"], UpdateState.CURRENT),
        ([f"other.test/web@{NEW}"], UpdateState.CURRENT),
        ([f"r.test/web@{AMD64}"], UpdateState.CURRENT),
        ([f"other.test/web@{OLD}"], UpdateState.UNKNOWN),
        ([], UpdateState.LOCAL),
    ],
)
def test_no_false_alarm(web: Container, registry: Registry, digests: list[str], state: UpdateState) -> None:
    Image.objects.update(digests=digests)
    updates_check(ask=registry.ask)
    assert states() == [state]


def test_the_index_is_looked_into_only_before_an_alarm(web: Container, registry: Registry) -> None:
    Image.objects.update(digests=[f"r.test/web@{NEW}"])
    updates_check(ask=registry.ask)
    assert (registry.heads, registry.looks) == (1, 0)
    Image.objects.update(digests=[f"r.test/web@{OLD}"])
    updates_judge(ask=registry.ask)
    updates_judge(ask=registry.ask)
    assert (registry.heads, registry.looks) == (1, 1)


def test_a_limit_neither_raises_nor_clears_an_alarm(web: Container, registry: Registry) -> None:
    updates_check(ask=registry.ask)
    assert states() == [UpdateState.UPDATE]
    registry.digest = SourceLimited("Wait until tomorrow.")
    updates_check(now=timezone.now() + timedelta(hours=8), ask=registry.ask)
    assert states() == [UpdateState.UPDATE]
    assert ImageUpdate.objects.get().detail == "Wait until tomorrow."


def test_pinned_by_digest_is_no_update(linux_host: Host, registry: Registry) -> None:
    old = image(linux_host, "1", [], [f"r.test/web@{OLD}"])
    run(linux_host, old, f"r.test/web@{OLD}")
    updates_check(ask=registry.ask)
    assert states() == [UpdateState.PINNED]
    assert registry.heads == 0


def test_many_hosts_with_the_same_tag_ask_once(web: Container, windows_host: Host, registry: Registry) -> None:
    other = image(windows_host, "1", ["r.test/web:1"], [f"r.test/web@{NEW}"])
    run(windows_host, other, "r.test/web:1")
    updates_check(ask=registry.ask)
    assert registry.heads == 1
    assert sorted(states()) == [UpdateState.CURRENT, UpdateState.UPDATE]


def test_asking_again_is_for_deployers(
    web: Container, registry: Registry, deployer: User, viewer: User, actor_of_user: ActorOf
) -> None:
    updates_check(ask=registry.ask)
    with pytest.raises(NotAllowed):
        updates_again(actor=actor_of_user(viewer))
    assert updates_again(actor=actor_of_user(deployer)) == 1
    assert WatchedTag.objects.get().next_at <= timezone.now()


def test_the_pages(web: Container, registry: Registry, viewer: User, team: Team, client_of: ClientOf) -> None:
    client = client_of(viewer)
    assert "Nothing newer is known" in client.get("/updates/").content.decode()
    updates_check(ask=registry.ask)
    text = client.get("/updates/").content.decode()
    assert "r.test/web:1" in text
    assert "Update available" in text
    assert "Ask again soon" not in text
    assert "1 image that runs has an update" in client.get("/").content.decode()
    assert "Update available" in client.get(f"/hosts/{web.host_id}/").content.decode()
    assert "Everything that runs" in client.get("/updates/?every=1").content.decode()
    application = Application.objects.create(name="shop", team=team)
    assert "Update available" in client.get(f"/applications/{application.pk}/").content.decode()
