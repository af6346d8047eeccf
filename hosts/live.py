"""Telling open pages that something changed. The database is written first; this only wakes people up.

A topic is a short word for what a page shows: "hosts" (of a team), "host:ID", "deployment:ID", "application:ID",
"applications", "queue", "home". `portal.live` maps them to channel-layer groups and re-renders the fragments that show
them.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from channels.layers import get_channel_layer
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from hosts.wakes import send_soon

GROUP_PREFIX = "live."
EVENT_TYPE = "live.changed"


def group_of(topic: str) -> str:
    """The channel-layer group of a topic; the layer's names allow no colon."""
    return GROUP_PREFIX + topic.replace(":", ".")


def publish(topics: Iterable[str]) -> None:
    """After the present transaction commits, wake every page that shows one of `topics`. For synchronous code."""
    wanted = tuple(dict.fromkeys(topics))
    if wanted:
        transaction.on_commit(lambda: send_soon(lambda: publish_now(wanted)))


async def publish_now(topics: Iterable[str]) -> None:
    """Wake every page that shows one of `topics`, at once. For consumers, after their database work has committed."""
    layer = get_channel_layer()
    if layer is None:
        return
    for topic in topics:
        await layer.group_send(group_of(topic), {"type": EVENT_TYPE, "topic": topic})


class Topics(Protocol):
    """From the request and the address's own arguments to the topics that a fragment shows."""

    def __call__(self, request: HttpRequest, **kwargs: Any) -> Iterable[str]: ...


V = TypeVar("V", bound=Callable[..., HttpResponseBase])


def live_fragment(topics: Topics) -> Callable[[V], V]:
    """Mark a view as a part of a page that is rendered again when one of its topics changes.

    The view answers GET with a partial and checks permission like every view. Put this decorator outermost: the live
    consumer reads `live_topics` of what the resolver finds, and refuses views without it.
    """

    def mark(view: V) -> V:
        view.live_topics = topics  # type: ignore[attr-defined]
        return view

    return mark
