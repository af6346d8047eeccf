"""Users: made by an admin, with a password of their own or none."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from portal.problems import Conflict, Invalid, NotAllowed

from ..access import Actor, Permission
from ..attempts import Attempts
from ..models import Team, User
from .audit import FAILED, audit_denied, audit_record


def user_create(
    *, username: str, actor: Actor, name: str = "", email: str = "", superuser: bool = False, team: Team | None = None
) -> User:
    """Make a user without a password; they come in by a sign-in link, or as the owner of a token.

    An administrator of the portal may, and an admin of `team` for the sake of that team.
    Raises Invalid (field errors), Conflict when the name is taken, NotAllowed.
    """
    permitted = actor.administers_portal or (
        team is not None and not superuser and actor.can(Permission.MANAGE_TEAM, team)
    )
    if not permitted:
        problem = NotAllowed(_("Only an admin makes users. Ask an admin of your team."))
        audit_denied(actor=actor, action="user.create", team=team, problem=problem)
        raise problem
    user = User(username=username.strip(), first_name=name.strip(), email=email.strip(), is_superuser=superuser)
    user.set_unusable_password()
    detail = {"administrator": True} if superuser else None
    if User.objects.filter(username__iexact=user.username).exists():
        raise _taken()
    try:
        user.full_clean()
    except ValidationError as error:
        fields = {{"first_name": "name"}.get(field, field): texts for field, texts in error.message_dict.items()}
        raise Invalid(_("The user cannot be made like this."), fields=fields) from None
    try:
        with transaction.atomic():
            user.save()
            audit_record(actor=actor, action="user.create", team=team, target=user, detail=detail)
    except IntegrityError:
        raise _taken() from None
    return user


def password_set(
    *, user: User, password: str, actor: Actor, current: str | None = None, attempts: Attempts | None = None
) -> None:
    """Give `user` a password; every other session of theirs ends. Only they themselves may, on the pages.

    current: the present password, needed when there is one; it cannot be guessed more often than at sign-in.
    Raises Invalid with field errors, NotAllowed, TooMany.
    """
    _require_self(user, actor, "user.password-set")
    if user.has_usable_password():
        _require_present(user, current or "", actor, attempts or Attempts())
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(_("Choose another password."), fields={"password": error.messages}) from None
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        audit_record(actor=actor, action="user.password-set", target=user)


def sessions_end(*, user: User, actor: Actor) -> None:
    """Sign `user` out everywhere: every session that was opened before now is void."""
    _require_self(user, actor, "user.sessions-end")
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(sign_in_epoch=F("sign_in_epoch") + 1)
        user.refresh_from_db(fields=["sign_in_epoch"])
        audit_record(actor=actor, action="user.sessions-end", target=user)


def _require_present(user: User, password: str, actor: Actor, attempts: Attempts) -> None:
    attempts.check(username=user.username, address=actor.address)
    if user.check_password(password):
        return
    attempts.failed(username=user.username, address=actor.address)
    audit_record(actor=actor, action="user.password-set", target=user, result=FAILED)
    message = _("This is not your present password.")
    raise Invalid(message, fields={"current": [message]})


def _require_self(user: User, actor: Actor, action: str) -> None:
    """Tokens are for scripts: they never change how a person signs in."""
    if (actor.user is None and actor.everywhere) or (actor.user == user and actor.token_id is None):
        return
    problem = NotAllowed(_("Only the person themselves can change how they sign in."))
    audit_denied(actor=actor, action=action, target=user, problem=problem)
    raise problem


def _taken() -> Conflict:
    message = _("There is already a user with this name. Choose another one, or add that user to the team.")
    return Conflict(message, code="user-exists", fields={"username": [message]})
