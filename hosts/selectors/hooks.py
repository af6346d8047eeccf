"""Reading the webhook of an application and the log of its calls."""

from django.db.models import QuerySet

from hosts.models import Application, ApplicationHook, HookDelivery
from portal.problems import NotFound


def hook_of(*, application: Application) -> ApplicationHook | None:
    """Of an application that the actor has been shown already."""
    rows = ApplicationHook.objects.select_related("application__team", "created_by")
    return rows.filter(application=application).first()


def hook_get(*, application: Application) -> ApplicationHook:
    """The same. Raises NotFound."""
    found = hook_of(application=application)
    if found is None:
        raise NotFound(f"{application.name} has no webhook. Make one first.", code="hook-not-found")
    return found


def hook_delivery_list(*, hook: ApplicationHook) -> "QuerySet[HookDelivery]":
    """Newest first."""
    return HookDelivery.objects.filter(hook=hook).order_by("-at", "-id")


def hook_path(hook: ApplicationHook, secret: str = "") -> str:
    """Where it is called at this portal; with the secret for callers that can neither sign nor send a header."""
    path = f"/api/v1/hooks/{hook.pk}"
    return f"{path}/{secret}" if secret else path
