"""Which update policy each service has, and when its updates may be carried out."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from hosts.models import Application, Revision, UpdatePolicy, UpdateWindow
from hosts.models.update_policies import UpdateMode
from hosts.selectors.application_images import service_images
from hosts.services.plans import revision_project
from hosts.update_windows import Window
from portal.people.models import Team, User
from portal.problems import Problem

LABEL = "pierhead.update"
ORDER = list(UpdateMode)  # from careful to eager


@dataclass(frozen=True)
class ServicePolicy:
    """origin: "set" (on the page or by the API), "label" (in the compose text) or "usual" (nobody said anything).

    maker: with whose rights updates are carried out. note: what is wrong with the label, a sentence.
    """

    service: str
    image: str
    mode: UpdateMode
    origin: str = "usual"
    maker: User | None = None
    set_at: datetime | None = None
    note: str = ""

    @property
    def pinned(self) -> bool:
        """Whether the compose text names a digest, which nothing replaces."""
        return "@" in self.image


def service_policies(*, application: Application, revision: Revision) -> list[ServicePolicy]:
    """By service. What was set counts more than the label in the compose text."""
    rows = UpdatePolicy.objects.filter(application=application).select_related("set_by")
    given = {row.service: row for row in rows}
    labels = _labels(revision)
    found = []
    for service, image in sorted(service_images(revision=revision).items()):
        row, label = given.get(service), labels.get(service)
        if row is not None:
            found.append(ServicePolicy(service, image, UpdateMode(row.mode), "set", row.set_by, row.set_at))
        elif label in UpdateMode.values:
            maker, at = revision.created_by, revision.created_at
            found.append(ServicePolicy(service, image, UpdateMode(label), "label", maker, at))
        else:
            words = ", ".join(UpdateMode.values)
            note = f"The label {LABEL} says {label[:40]}; it can be {words}." if label is not None else ""
            found.append(ServicePolicy(service, image, UpdateMode.NOTIFY, note=note))
    return found


def _labels(revision: Revision) -> dict[str, str]:
    try:
        services = revision_project(revision).services
    except Problem:
        return {}
    return {one.name: one.labels[LABEL] for one in services if LABEL in one.labels}


def applications_kept_current() -> "QuerySet[Application]":
    """Those of which some service may have a policy that acts by itself."""
    acting = Q(update_policies__mode__in=[UpdateMode.WINDOW, UpdateMode.AT_ONCE])
    rows = Application.objects.filter(acting | Q(revisions__compose__contains=LABEL), removing_at=None)
    return rows.select_related("team").distinct().order_by("created_at", "id")


def windows_of(*, application: Application) -> tuple[Window, ...]:
    """Those that count: the application's own, else its team's."""
    own = windows_own(application=application)
    return own or windows_of_team(team=application.team)


def windows_own(*, application: Application) -> tuple[Window, ...]:
    return _windows(UpdateWindow.objects.filter(application=application))


def windows_of_team(*, team: Team) -> tuple[Window, ...]:
    return _windows(UpdateWindow.objects.filter(team=team, application=None))


def _windows(rows: "QuerySet[UpdateWindow]") -> tuple[Window, ...]:
    return tuple(Window(tuple(row.weekdays), row.opens, row.closes, row.zone) for row in rows)
