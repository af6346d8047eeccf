"""Home: what needs attention, what changed last, and the guide until a container runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hosts.live import live_fragment
from hosts.selectors.attention import Attention, Change, FirstRun, attention_list, change_list, first_run
from hosts.selectors.hosts import HostCounts, host_counts
from portal.people.access import Actor, Permission
from portal.people.requests import actor_of

TOPICS = ["home", "hosts", "applications"]


@dataclass(frozen=True)
class Linked:
    """Something to look at and where; an empty `link` when it has no page any more."""

    thing: Attention | Change
    link: str


@dataclass(frozen=True)
class Step:
    """One step of the first-run guide. state: done, running (the one to do now) or waiting."""

    title: str
    text: str
    state: str
    link: str
    button: str


@dataclass(frozen=True)
class Home:
    """All that the page shows. guide: empty once a container has run."""

    attention: tuple[Linked, ...]
    changes: tuple[Linked, ...]
    guide: tuple[Step, ...]
    hosts: HostCounts
    teamless: bool

    @property
    def errors(self) -> int:
        return sum(1 for row in self.attention if isinstance(row.thing, Attention) and row.thing.level == "error")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    user = actor.user
    context = {"home": home_of(actor), "needs_password": user is not None and not user.has_usable_password()}
    return render(request, "front/home.html", context)


@live_fragment(lambda request, **kwargs: TOPICS)
@require_safe
def home_fragment(request: HttpRequest) -> HttpResponse:
    """The part of the page that changes by itself."""
    return render(request, "front/_home.html", {"home": home_of(actor_of(request))})


def home_of(actor: Actor) -> Home:
    """What this person sees at home."""
    return Home(
        attention=linked(attention_list(actor=actor)),
        changes=linked(change_list(actor=actor)),
        guide=guide_of(first_run(actor=actor), actor),
        hosts=host_counts(actor=actor),
        teamless=actor.team_ids() == [],
    )


def linked(things: Iterable[Attention | Change]) -> tuple[Linked, ...]:
    return tuple(Linked(thing, _link(thing.url_name, thing.url_kwargs)) for thing in things)


def guide_of(done: FirstRun, actor: Actor) -> tuple[Step, ...]:
    """The way to a first running container; nothing once it is gone, and nothing that the role does not permit."""
    if done.done or not may(actor, Permission.DEPLOY):
        return ()
    steps = [
        (
            done.has_host,
            _("Add a host"),
            _("Copy one command to a machine with a Docker Engine. The host shows up here by itself."),
            "/hosts/add/" if may(actor, Permission.MANAGE_HOSTS) else "/hosts/",
            _("Add a host") if may(actor, Permission.MANAGE_HOSTS) else _("See the hosts"),
        ),
        (
            done.has_application,
            _("Choose an image"),
            _("Search the gallery, or take the sample “hello”: it is built on your host and needs no network."),
            "/gallery/",
            _("Open the gallery"),
        ),
        (
            done.has_success,
            _("Watch it come up"),
            _("Deploy it. Every step is shown while it happens; in the end the container runs and its page opens."),
            "/applications/",
            _("See the applications"),
        ),
    ]
    first_open = next((index for index, step in enumerate(steps) if not step[0]), len(steps))
    return tuple(
        Step(title, text, "done" if finished else "running" if index == first_open else "waiting", link, button)
        for index, (finished, title, text, link, button) in enumerate(steps)
    )


def may(actor: Actor, permission: Permission) -> bool:
    """Whether the actor may do this in any team."""
    return actor.team_ids(permission) != []


def _link(name: str, kwargs: dict[str, Any]) -> str:
    try:
        return reverse(name, kwargs=kwargs) if name else ""
    except NoReverseMatch:
        return ""
