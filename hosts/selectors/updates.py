"""Which images that run have an update, as far as the actor may see them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from hosts.models import Application, Container, Host, ImageUpdate, UpdateAct
from hosts.models.updates import WORTH_SHOWING, UpdateState
from portal.people.access import Actor


@dataclass(frozen=True)
class Update:
    """A name under which images run, and what is new. where: (host, names of the containers)."""

    reference: str
    state: UpdateState
    digest: str
    newer: str
    detail: str
    since: datetime | None
    checked_at: datetime | None
    where: tuple[tuple[Host, tuple[str, ...]], ...]

    @property
    def newer_reference(self) -> str:
        """The image with the newer tag."""
        repository, _, _ = self.reference.rpartition(":") if _has_tag(self.reference) else (self.reference, "", "")
        return f"{repository}:{self.newer}" if self.newer else ""


def _has_tag(reference: str) -> bool:
    return ":" in reference.rpartition("/")[2]


def updates_visible(actor: Actor) -> "QuerySet[ImageUpdate]":
    """The verdicts of the actor's hosts."""
    rows = ImageUpdate.objects.select_related("host")
    teams = actor.team_ids()
    return rows if teams is None else rows.filter(host__team_id__in=teams)


def worth_showing(rows: "QuerySet[ImageUpdate]") -> "QuerySet[ImageUpdate]":
    """Those that somebody can act on: another image under the same tag, or a newer version."""
    return rows.filter(Q(state__in=WORTH_SHOWING) | (Q(state=UpdateState.CURRENT) & ~Q(newer="")))


def update_list(*, actor: Actor, every: bool = False, limit: int = 500) -> Sequence[Update]:
    """By name. every: also what is up to date, pinned, local or not known."""
    rows = updates_visible(actor)
    return grouped((rows if every else worth_showing(rows)).order_by("reference", "host__name")[:limit])


def update_count(actor: Actor) -> int:
    """How many names have another image under their tag."""
    return updates_visible(actor).filter(state__in=WORTH_SHOWING).values("reference").distinct().count()


def host_updates(host: Host) -> Sequence[Update]:
    """Of one host that the actor has been shown already."""
    return grouped(worth_showing(ImageUpdate.objects.select_related("host").filter(host=host)).order_by("reference"))


def application_updates(application: Application) -> Sequence[Update]:
    """Of the containers of one application that the actor has been shown already."""
    containers = Container.objects.filter(project=application.name, host__team=application.team_id)
    pairs = set(containers.values_list("host_id", "image_id"))
    rows = worth_showing(ImageUpdate.objects.select_related("host").filter(host_id__in={pair[0] for pair in pairs}))
    return grouped(row for row in rows.order_by("reference") if (row.host_id, row.image_id) in pairs)


def act_list(*, application: Application) -> "QuerySet[UpdateAct]":
    """What was done about updates of an application that the actor has been shown already, newest first."""
    rows = UpdateAct.objects.filter(application=application).select_related("deployment__revision")
    return rows.order_by("-at", "-id")


def grouped(rows: Iterable[ImageUpdate]) -> Sequence[Update]:
    """One entry per name and state, with where it runs."""
    found: dict[tuple[str, str, str], list[ImageUpdate]] = defaultdict(list)
    for row in rows:
        found[row.reference, row.state, row.newer].append(row)
    names = _names([row for group in found.values() for row in group])
    return [
        Update(
            reference,
            UpdateState(state),
            group[0].digest,
            newer,
            group[0].detail,
            group[0].since,
            group[0].checked_at,
            tuple((row.host, names[row.host_id, row.image_id, row.reference]) for row in group),
        )
        for (reference, state, newer), group in found.items()
    ]


def _names(rows: Sequence[ImageUpdate]) -> dict[tuple[UUID, str, str], tuple[str, ...]]:
    containers = Container.objects.filter(
        host_id__in={row.host_id for row in rows}, image_id__in={row.image_id for row in rows}
    ).order_by("name")
    found: dict[tuple[UUID, str, str], tuple[str, ...]] = defaultdict(tuple)
    for host_id, image_id, reference, name in containers.values_list("host_id", "image_id", "image", "name"):
        found[host_id, image_id, reference] += (name,)
    return found
