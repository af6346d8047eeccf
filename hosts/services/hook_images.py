"""What follows when a registry says that an image was pushed: its tags are asked about at once, by HEAD."""

from django.utils import timezone
from django.utils.translation import gettext as _

from gallery.registry.errors import NotAReference
from gallery.registry.reference import parse_reference
from hosts.hook_calls import ANY, IMAGES, Wish
from hosts.models import Application, HookDelivery
from hosts.models.hooks import HookState
from hosts.selectors.application_images import application_references
from hosts.selectors.image_changes import application_changes
from hosts.services.hook_deliveries import Carried, carries
from hosts.services.image_updates import updates_apply
from hosts.services.updates import references_check


@carries(IMAGES)
def images_pushed(application: Application, wish: Wish, delivery: HookDelivery) -> Carried | None:
    """Ask the registries what those tags name now. What the call says of it is not read."""
    used = application_references(application=application)
    wanted = [one for one in used if wish.kind == ANY or any(_named(one, *name) for name in wish.images)]
    if not wanted:
        if wish.kind == ANY:
            return None
        named = ", ".join(f"{repository}:{tag}".rstrip(":") for repository, tag in wish.images[:5])
        return Carried(
            HookState.IGNORED, _("%(name)s does not use %(images)s.") % {"name": application.name, "images": named}
        )
    problems = references_check(references=wanted, team=application.team_id, now=timezone.now())
    text = _("Asked the registry about %(images)s.") % {"images": ", ".join(wanted[:5])}
    if problems:
        return Carried(HookState.FAILED, f"{text} {' '.join(problems[:3])}")
    now = timezone.now()
    if updates_apply(now=now, application=application):
        return Carried(HookState.DONE, f"{text} {_('What is new is being deployed.')}")
    changes = application_changes(application=application, now=now)
    found = [f"{change.reference}: {change.detail or _('there is an update.')}" for change in changes]
    return Carried(HookState.DONE, " ".join([text, *found]) if found else f"{text} {_('Nothing is new.')}")


def _named(reference: str, repository: str, tag: str) -> bool:
    """Whether it is that tag of that repository; registries do not always know their own public name, so the host is
    not compared."""
    try:
        found = parse_reference(reference)
    except NotAReference:
        return False
    return found.repository == repository and tag in {"", found.tag}
