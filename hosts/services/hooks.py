"""The webhook of an application: made, given a new secret and removed by who may deploy it."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from hosts import live
from hosts.models import Application, ApplicationHook
from hosts.services.webhooks import secret_make
from portal.people.access import Actor, Permission
from portal.people.secrets import seal
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict

PURPOSE = "application-hook"


def hook_make(*, application: Application, actor: Actor) -> tuple[ApplicationHook, str]:
    """It and its secret, which is told here and never again. Raises Conflict (hook-exists)."""
    _allow(actor, application, "hook.create")
    secret = secret_make()
    try:
        with transaction.atomic():
            sealed = seal(secret.encode(), purpose=PURPOSE)
            hook = ApplicationHook.objects.create(application=application, secret=sealed, created_by=actor.user)
            audit_record(actor=actor, action="hook.create", team=application.team, target=application)
            live.publish([f"application:{application.pk}"])
    except IntegrityError as error:
        message = _("%(name)s has a webhook already. Give it a new secret instead.") % {"name": application.name}
        raise Conflict(message, code="hook-exists") from error
    return hook, secret


def hook_secret_renew(*, hook: ApplicationHook, actor: Actor) -> str:
    """A new secret, told here and never again; the old address is unknown from now on."""
    application = hook.application
    _allow(actor, application, "hook.secret")
    secret = secret_make()
    with transaction.atomic():
        ApplicationHook.objects.filter(pk=hook.pk).update(secret=seal(secret.encode(), purpose=PURPOSE))
        audit_record(actor=actor, action="hook.secret", team=application.team, target=application)
    return secret


def hook_remove(*, hook: ApplicationHook, actor: Actor) -> None:
    """It and its log."""
    application = hook.application
    _allow(actor, application, "hook.remove")
    with transaction.atomic():
        hook.delete()
        audit_record(actor=actor, action="hook.remove", team=application.team, target=application)
        live.publish([f"application:{application.pk}"])


def _allow(actor: Actor, application: Application, action: str) -> None:
    permission_require(
        actor=actor, permission=Permission.DEPLOY, team=application.team, action=action, target=application
    )
