"""The basket: what is put in, whose it is, and the application that it makes."""

from typing import Any

import pytest

from gallery.catalogue.loader import sample_values
from gallery.compose.parse import parse_project
from gallery.models import BasketItem
from gallery.problems import ReferenceInvalid, TemplateNotFound
from gallery.selectors.basket import basket_count, basket_of
from gallery.services.basket import (
    MOST_ITEMS,
    ImageFacts,
    basket_add_image,
    basket_add_template,
    basket_empty,
    basket_remove,
)
from portal.people.access import Actor, actor_for_user, portal_actor
from portal.people.models import AuditEntry, User
from portal.problems import Conflict, NotAllowed, NotFound

pytestmark = pytest.mark.django_db


def facts(**given: Any) -> Any:
    """What looks at images in the registry's place."""
    return lambda _actor, _reference: ImageFacts(**given)


@pytest.fixture
def actor(viewer: User) -> Actor:
    return actor_for_user(viewer)


def test_images_and_templates_make_one_application(actor: Actor) -> None:
    basket_add_image(
        reference="nginx:1.27", actor=actor, look=facts(ports=("80/tcp", "9113/tcp"), volumes=("/var/cache",))
    )
    basket_add_template(slug="gitea", actor=actor)
    basket_add_template(slug="wordpress", actor=actor)
    found = basket_of(actor)
    assert [one.reference for one in found.items] == ["nginx:1.27", "gitea", "wordpress"]
    assert found.name == "nginx"
    names = [one.name for one in found.parameters]
    assert len(names) == len(set(names))
    assert {"DB_PASSWORD", "WORDPRESS_DB_PASSWORD"} <= set(names)
    assert set(found.secret_names).isdisjoint(found.plain_values)
    project = parse_project(found.compose, sample_values(found.parameters), "all")
    ports = [(port.published, port.target) for service in project.services for port in service.ports]
    assert ("8080", 80) in ports
    assert len({published for published, _target in ports}) == len(ports)
    assert any("9113" in note for note in found.notes)
    assert project.services[0].mounts[0].source == "nginx-data"
    assert AuditEntry.objects.filter(action="basket.add").count() == 3


def test_what_a_registry_does_not_tell_is_said(actor: Actor) -> None:
    row = basket_add_image(reference=" ghcr.io/acme/web ", actor=actor, look=facts(note="ghcr.io does not answer."))
    assert row.reference == "ghcr.io/acme/web:latest"
    assert basket_of(actor).notes == ("ghcr.io/acme/web:latest: ghcr.io does not answer.",)


@pytest.mark.parametrize("reference", ["", "Not A Name", "x" * 500, "nginx:", "../etc"])
def test_what_is_no_reference_is_refused(reference: str, actor: Actor) -> None:
    with pytest.raises(ReferenceInvalid):
        basket_add_image(reference=reference, actor=actor, look=facts())
    assert basket_count(actor) == 0


def test_unknown_templates_are_refused_and_gone_ones_left_out(actor: Actor, viewer: User) -> None:
    with pytest.raises(TemplateNotFound):
        basket_add_template(slug="nonsense", actor=actor)
    BasketItem.objects.create(user=viewer, kind="template", reference="gone")
    basket_add_template(slug="hello", actor=actor)
    found = basket_of(actor)
    assert "gone" in found.notes[0]
    assert "pierhead/hello:1" in found.compose


def test_everybody_has_their_own(actor: Actor, stranger: User) -> None:
    row = basket_add_template(slug="hello", actor=actor)
    other = actor_for_user(stranger)
    assert basket_of(other).items == ()
    with pytest.raises(NotFound):
        basket_remove(item_id=row.pk, actor=other)
    basket_remove(item_id=row.pk, actor=actor)
    basket_add_template(slug="hello", actor=actor)
    basket_empty(actor=other)
    assert basket_count(actor) == 1
    basket_empty(actor=actor)
    assert basket_of(actor).compose == ""


def test_it_is_full_at_some_time(actor: Actor, viewer: User) -> None:
    for _ in range(MOST_ITEMS):
        BasketItem.objects.create(user=viewer, kind="template", reference="hello")
    with pytest.raises(Conflict):
        basket_add_template(slug="hello", actor=actor)


def test_the_portal_has_none() -> None:
    assert basket_count(portal_actor()) == 0
    with pytest.raises(NotAllowed):
        basket_add_template(slug="hello", actor=portal_actor())
