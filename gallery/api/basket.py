"""/gallery/basket: what I have put aside, and the one application that it makes."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from gallery.models import BasketItem
from gallery.selectors.basket import basket_of
from gallery.services.basket import basket_add_image, basket_add_template, basket_empty, basket_remove
from portal.people.requests import actor_of
from portal.problems import Invalid

from .schemas import ParameterOut, parameters_out

router = Router()


class BasketIn(Schema):
    """Either of the two. image: a reference; template: a slug."""

    image: Annotated[str, Field(max_length=400)] = ""
    template: Annotated[str, Field(max_length=80)] = ""


class BasketItemOut(Schema):
    """kind: image or template. note: why nothing is known of the image, "" otherwise."""

    id: int
    kind: str
    reference: str
    note: str
    added_at: datetime


class BasketOut(Schema):
    """compose: one text of all, with ${NAME} for each parameter; "" when nothing is in it or `problem` says why not.

    notes: what was changed so that all fit together (names, host ports), and what is not known.
    """

    items: list[BasketItemOut]
    name: str
    compose: str
    parameters: list[ParameterOut]
    notes: list[str]
    problem: str


@router.get("/gallery/basket", response=BasketOut, summary="My basket, as one application")
def basket(request: HttpRequest) -> BasketOut:
    found = basket_of(actor_of(request))
    return BasketOut(
        items=[_item(row) for row in found.items],
        name=found.name,
        compose=found.compose,
        parameters=parameters_out(found.parameters),
        notes=list(found.notes),
        problem=found.problem,
    )


@router.post("/gallery/basket", response={201: BasketItemOut}, summary="Put an image or a template in")
def basket_add(request: HttpRequest, body: BasketIn) -> Status[BasketItemOut]:
    actor = actor_of(request)
    if bool(body.image) == bool(body.template):
        message = "Send either an image or a template."
        raise Invalid(message, fields={"image": [message]})
    if body.template:
        return Status(201, _item(basket_add_template(slug=body.template, actor=actor)))
    return Status(201, _item(basket_add_image(reference=body.image, actor=actor)))


@router.delete("/gallery/basket", response={204: None}, summary="Take everything out")
def basket_clear(request: HttpRequest) -> Status[None]:
    basket_empty(actor=actor_of(request))
    return Status(204, None)


@router.delete("/gallery/basket/{item_id}", response={204: None}, summary="Take one thing out")
def basket_take_out(request: HttpRequest, item_id: int) -> Status[None]:
    basket_remove(item_id=item_id, actor=actor_of(request))
    return Status(204, None)


def _item(row: BasketItem) -> BasketItemOut:
    return BasketItemOut(id=row.pk, kind=row.kind, reference=row.reference, note=row.note, added_at=row.added_at)
