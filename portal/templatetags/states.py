"""How each state looks: its tone, its icon and its word. One table per kind of thing, open to be read.

A state that is not in its table is shown as "Unknown", never hidden and never guessed.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Tone(StrEnum):
    """The colour of a state; css has one .badge-TONE for each but idle."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    INFO = "info"
    IDLE = "idle"


@dataclass(frozen=True)
class Look:
    """One state on a page. moving: the icon turns while the state lasts."""

    tone: Tone
    icon: str
    word: str | Promise
    moving: bool = False


UNKNOWN = Look(Tone.IDLE, "circle-question-mark", _("Unknown"))

_WORKING = "loader-circle"
_TASK_STARTS = ("new", "allocated", "pending", "assigned", "accepted", "preparing", "ready", "starting")

LOOKS: dict[str, dict[str, Look]] = {
    "drift": {
        "missing": Look(Tone.BAD, "circle-x", _("Missing")),
        "stopped": Look(Tone.WARN, "square", _("Stopped")),
        "changed": Look(Tone.WARN, "pencil", _("Changed")),
        "image": Look(Tone.WARN, "layers", _("Other image")),
        "extra": Look(Tone.INFO, "plus", _("Extra")),
    },
    "delivery": {
        "waiting": Look(Tone.INFO, "clock", _("Waiting")),
        "delivered": Look(Tone.OK, "circle-check", _("Delivered")),
        "done": Look(Tone.OK, "circle-check", _("Done")),
        "ignored": Look(Tone.IDLE, "circle-minus", _("Nothing to do")),
        "failed": Look(Tone.BAD, "circle-x", _("Failed")),
    },
    "update": {
        "waiting": Look(Tone.INFO, "calendar-clock", _("Waiting")),
        "notify": Look(Tone.INFO, "info", _("Available")),
        "deployed": Look(Tone.OK, "circle-check", _("Deployed")),
        "failed": Look(Tone.BAD, "circle-x", _("Failed")),
        "refused": Look(Tone.BAD, "circle-x", _("Refused")),
        "skipped": Look(Tone.IDLE, "skip-forward", _("Skipped")),
    },
    "volume-run": {
        "waiting": Look(Tone.INFO, "clock", _("Waiting")),
        "running": Look(Tone.INFO, _WORKING, _("Running"), moving=True),
        "succeeded": Look(Tone.OK, "circle-check", _("Succeeded")),
        "failed": Look(Tone.BAD, "circle-x", _("Failed")),
        "cancelled": Look(Tone.IDLE, "circle-minus", _("Cancelled")),
    },
    "host": {
        "online": Look(Tone.OK, "circle-check", _("Online")),
        "stale": Look(Tone.WARN, "clock-alert", _("Stale")),
        "offline": Look(Tone.BAD, "unplug", _("Offline")),
        "revoked": Look(Tone.IDLE, "ban", _("Revoked")),
        "waiting": Look(Tone.WARN, "hourglass", _("Waiting for approval")),
    },
    "container": {
        "created": Look(Tone.IDLE, "circle-dashed", _("Created")),
        "running": Look(Tone.OK, "circle-play", _("Running")),
        "paused": Look(Tone.WARN, "circle-pause", _("Paused")),
        "restarting": Look(Tone.WARN, "refresh-cw", _("Restarting"), moving=True),
        "removing": Look(Tone.INFO, "trash-2", _("Removing")),
        "exited": Look(Tone.IDLE, "circle-stop", _("Exited")),
        "dead": Look(Tone.BAD, "circle-x", _("Dead")),
        "missing": Look(Tone.BAD, "circle-alert", _("Missing")),
    },
    "health": {
        "": Look(Tone.IDLE, "heart", _("No healthcheck")),
        "none": Look(Tone.IDLE, "heart", _("No healthcheck")),
        "starting": Look(Tone.INFO, _WORKING, _("Starting"), moving=True),
        "healthy": Look(Tone.OK, "heart-pulse", _("Healthy")),
        "unhealthy": Look(Tone.BAD, "heart-crack", _("Unhealthy")),
    },
    "deployment": {
        "queued": Look(Tone.IDLE, "clock", _("Queued")),
        "running": Look(Tone.INFO, _WORKING, _("Running"), moving=True),
        "succeeded": Look(Tone.OK, "circle-check", _("Succeeded")),
        "failed": Look(Tone.BAD, "circle-x", _("Failed")),
        "rolled_back": Look(Tone.WARN, "undo-2", _("Rolled back")),
        "cancelled": Look(Tone.IDLE, "ban", _("Cancelled")),
    },
    "command": {
        "queued": Look(Tone.IDLE, "clock", _("Queued")),
        "sent": Look(Tone.INFO, "send", _("Sent")),
        "accepted": Look(Tone.INFO, "check", _("Accepted")),
        "running": Look(Tone.INFO, _WORKING, _("Running"), moving=True),
        "succeeded": Look(Tone.OK, "circle-check", _("Succeeded")),
        "failed": Look(Tone.BAD, "circle-x", _("Failed")),
        "expired": Look(Tone.WARN, "timer-off", _("Expired")),
        "cancelled": Look(Tone.IDLE, "ban", _("Cancelled")),
    },
    "step": {
        "waiting": Look(Tone.IDLE, "circle-dashed", _("Waiting")),
        "running": Look(Tone.INFO, _WORKING, _("Running"), moving=True),
        "done": Look(Tone.OK, "circle-check", _("Done")),
        "failed": Look(Tone.BAD, "circle-x", _("Failed")),
        "skipped": Look(Tone.IDLE, "circle-minus", _("Skipped")),
    },
    "application": {
        "running": Look(Tone.OK, "circle-check", _("Running")),
        "healthy": Look(Tone.OK, "heart-pulse", _("Healthy")),
        "done": Look(Tone.OK, "circle-check", _("Done")),
        "degraded": Look(Tone.WARN, "triangle-alert", _("Degraded")),
        "deploying": Look(Tone.INFO, _WORKING, _("Deploying"), moving=True),
        "failed": Look(Tone.BAD, "circle-x", _("Failed")),
        "stopped": Look(Tone.IDLE, "circle-stop", _("Stopped")),
        "removing": Look(Tone.INFO, "trash-2", _("Removing")),
        "never": Look(Tone.IDLE, "circle-dashed", _("Not deployed")),
        "never-deployed": Look(Tone.IDLE, "circle-dashed", _("Not deployed")),
        "starting": Look(Tone.INFO, _WORKING, _("Starting"), moving=True),
        "unhealthy": Look(Tone.BAD, "heart-crack", _("Unhealthy")),
        "partial": Look(Tone.WARN, "triangle-alert", _("Partly running")),
        "missing": Look(Tone.BAD, "circle-alert", _("Missing")),
    },
    "member": {
        "waiting": Look(Tone.IDLE, "hourglass", _("Waiting")),
        "joining": Look(Tone.INFO, _WORKING, _("Joining"), moving=True),
        "active": Look(Tone.OK, "circle-check", _("Active")),
        "leaving": Look(Tone.INFO, _WORKING, _("Leaving"), moving=True),
        "failed": Look(Tone.BAD, "circle-x", _("Failed")),
    },
    "node": {
        "ready": Look(Tone.OK, "circle-check", _("Ready")),
        "down": Look(Tone.BAD, "unplug", _("Down")),
        "disconnected": Look(Tone.BAD, "unplug", _("Disconnected")),
    },
    "availability": {
        "active": Look(Tone.OK, "circle-check", _("Takes tasks")),
        "pause": Look(Tone.WARN, "circle-pause", _("Takes no new tasks")),
        "drain": Look(Tone.WARN, "circle-minus", _("Drained")),
    },
    "task": {
        **{word: Look(Tone.INFO, _WORKING, _("Starting"), moving=True) for word in _TASK_STARTS},
        "running": Look(Tone.OK, "circle-play", _("Running")),
        "complete": Look(Tone.OK, "circle-check", _("Complete")),
        "shutdown": Look(Tone.IDLE, "circle-stop", _("Shut down")),
        "failed": Look(Tone.BAD, "circle-x", _("Failed")),
        "rejected": Look(Tone.BAD, "circle-x", _("Rejected")),
        "orphaned": Look(Tone.WARN, "unplug", _("Out of reach")),
        "remove": Look(Tone.INFO, "trash-2", _("Removing")),
    },
    "audit": {
        "done": Look(Tone.OK, "circle-check", _("Done")),
        "denied": Look(Tone.WARN, "ban", _("Denied")),
        "failed": Look(Tone.BAD, "circle-x", _("Failed")),
    },
    "token": {
        "open": Look(Tone.OK, "circle-check", _("Valid")),
        "used": Look(Tone.IDLE, "check", _("Used")),
        "expired": Look(Tone.IDLE, "timer-off", _("Expired")),
        "revoked": Look(Tone.IDLE, "ban", _("Revoked")),
    },
    "fit": {
        "yes": Look(Tone.OK, "circle-check", _("Fits")),
        "no": Look(Tone.IDLE, "circle-minus", _("Does not fit")),
    },
}

ALIASES = {"enrolment": "token", "service": "application"}


def look_of(state: object, kind: str) -> Look:
    """The look of `state` among things of `kind`; UNKNOWN when it is not in the table. KeyError for an unknown kind."""
    table = LOOKS[ALIASES.get(kind, kind)]
    key = getattr(state, "value", state)
    return table.get("" if key is None and "" in table else str(key), UNKNOWN)
