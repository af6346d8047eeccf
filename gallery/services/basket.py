"""The basket of a person is filled and emptied here, and only here."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from gallery.images import image_config, reference_of, resolve_image
from gallery.models import BasketItem
from gallery.registry.types import ImageConfig
from gallery.selectors.registries import access_for_image
from gallery.selectors.templates import template_seen
from portal.people.access import Actor
from portal.people.models import User
from portal.people.services.audit import audit_record
from portal.problems import Conflict, Invalid, NotAllowed, NotFound, Problem

MOST_ITEMS = 30


@dataclass(frozen=True)
class ImageFacts:
    """What an image says of itself. note: why it says nothing."""

    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    note: str = ""


Look = Callable[[Actor, str], ImageFacts]


def image_looked_at(actor: Actor, reference: str) -> ImageFacts:
    """Ports and volumes of the image's configuration; a registry that is away or has none of it is told in `note`."""
    try:
        access = access_for_image(actor, reference)
        platforms = resolve_image(reference, access).platforms
        linux = [one for one in platforms if one.platform.os == "linux"]
        config: ImageConfig | None = image_config(reference, (linux or [*platforms])[0], access) if platforms else None
    except Problem as problem:
        return ImageFacts(note=problem.detail[:600])
    return ImageFacts(tuple(config.ports), tuple(config.volumes)) if config else ImageFacts()


def basket_add_image(*, reference: str, actor: Actor, look: Look = image_looked_at) -> BasketItem:
    """Put an image in. Raises ReferenceInvalid, Conflict when the basket is full."""
    user = owner_of(actor)
    text = reference.strip()
    parsed = reference_of(text)
    _room(user)
    facts = look(actor, text)
    return _added(
        actor,
        user,
        BasketItem(
            kind="image",
            reference=str(parsed)[:400],
            ports=list(facts.ports)[:20],
            volumes=list(facts.volumes)[:20],
            note=facts.note,
        ),
    )


def basket_add_template(*, slug: str, actor: Actor) -> BasketItem:
    """Put a template in. Raises TemplateNotFound, Conflict when the basket is full."""
    user = owner_of(actor)
    template = template_seen(actor, slug)
    if not template.compose:
        message = _("It has no compose text here. Open it in the editor, from its page in the gallery.")
        raise Invalid(message, fields={"template": [message]})
    _room(user)
    return _added(actor, user, BasketItem(kind="template", reference=template.slug))


def basket_remove(*, item_id: int, actor: Actor) -> None:
    """Take one out. Raises NotFound, also for what is in another's basket."""
    user = owner_of(actor)
    row = BasketItem.objects.filter(user=user, pk=item_id).first()
    if row is None:
        raise NotFound(_("It is not in your basket any more."), code="not-in-basket")
    with transaction.atomic():
        audit_record(actor=actor, action="basket.remove", detail={row.kind: row.reference})
        row.delete()


def basket_empty(*, actor: Actor) -> None:
    """Take everything out."""
    user = owner_of(actor)
    with transaction.atomic():
        count = BasketItem.objects.filter(user=user).delete()[0]
        if count:
            audit_record(actor=actor, action="basket.empty", detail={"items": count})


def owner_of(actor: Actor) -> User:
    """Whose basket it is. Raises NotAllowed: the portal itself has none."""
    if actor.user is None:
        raise NotAllowed(_("Only a person has a basket."))
    return actor.user


def _room(user: User) -> None:
    if BasketItem.objects.filter(user=user).count() >= MOST_ITEMS:
        raise Conflict(_("A basket holds at most %(most)d things. Take one out first.") % {"most": MOST_ITEMS})


def _added(actor: Actor, user: User, row: BasketItem) -> BasketItem:
    row.user = user
    with transaction.atomic():
        row.save()
        audit_record(actor=actor, action="basket.add", detail={row.kind: row.reference})
    return row
