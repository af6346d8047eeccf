"""Secrets of an application: set, removed, put in at the last moment.

Everywhere but on the wire a secret is a stand-in, a short text with the id of the stored value: in projects, plans,
commands and their hashes. A new value has a new id, so what uses it is remade.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction

from engine_agent.protocol.bodies import CommandBody
from hosts import live
from hosts.models import Application, ApplicationSecret
from portal.people.access import Actor, Permission
from portal.people.secrets import SecretUnreadable, seal, unseal
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Invalid, NotFound

PURPOSE = "application-secret"
MAX_SECRETS = 200
MAX_VALUE = 256 * 1024
KEPT_VERSIONS = 5
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}\Z")
_STAND_IN = re.compile(r"⁅[A-Za-z_][A-Za-z0-9_.-]*·([0-9a-f]{32})⁆")


def stand_ins(application: Application) -> dict[str, str]:
    """name -> the text that stands for it, for parsing."""
    rows = ApplicationSecret.objects.filter(application_id=application.pk, current=True)
    return {name: f"⁅{name}·{pk.hex}⁆" for name, pk in rows.values_list("name", "pk")}


def fresh_stand_ins(names: Iterable[str]) -> dict[str, str]:
    """name -> the text that stands for a secret which was typed and is not stored yet, for a plan."""
    return {name: f"⁅{name}·{UUID(int=0).hex}⁆" for name in names}


def secret_set(*, application: Application, name: str, value: str, actor: Actor) -> None:
    """Seal a value under a name; the same value again changes nothing. Raises Invalid, Conflict."""
    team = application.team
    permission_require(
        actor=actor, permission=Permission.DEPLOY, team=team, action="application.secret.set", target=application
    )
    _clean(name, value)
    with transaction.atomic():
        Application.objects.select_for_update().get(pk=application.pk)
        secrets_write(application=application, secrets={name: value}, actor=actor)
        detail = {"secret": name}
        audit_record(actor=actor, action="application.secret.set", team=team, target=application, detail=detail)
        live.publish([f"application:{application.pk}"])


def secret_remove(*, application: Application, name: str, actor: Actor) -> None:
    """Forget a secret; what runs keeps what it was given. Raises NotFound."""
    team = application.team
    permission_require(
        actor=actor, permission=Permission.DEPLOY, team=team, action="application.secret.remove", target=application
    )
    with transaction.atomic():
        rows = ApplicationSecret.objects.filter(application=application, name=name, current=True)
        if not rows.update(current=False):
            raise NotFound(f"There is no secret {name[:100]}.", code="secret-not-found")
        detail = {"secret": name}
        audit_record(actor=actor, action="application.secret.remove", team=team, target=application, detail=detail)
        live.publish([f"application:{application.pk}"])


def secrets_write(*, application: Application, secrets: Mapping[str, str], actor: Actor) -> None:
    """Store them within the caller's transaction, which has checked the permission. Raises Invalid, Conflict."""
    known = {row.name: row for row in ApplicationSecret.objects.filter(application=application, current=True)}
    if len({*known, *secrets}) > MAX_SECRETS:
        raise Conflict(f"An application has at most {MAX_SECRETS} secrets.", code="too-many-secrets")
    for name, value in secrets.items():
        _clean(name, value)
        old = known.get(name)
        if old is not None and _same(old, value):
            continue
        ApplicationSecret.objects.filter(application=application, name=name, current=True).update(current=False)
        ApplicationSecret.objects.create(
            application=application, name=name, sealed=seal(value.encode(), purpose=PURPOSE), set_by=actor.user
        )
        old_rows = ApplicationSecret.objects.filter(application=application, name=name, current=False)
        keep = old_rows.order_by("-set_at").values_list("pk", flat=True)[:KEPT_VERSIONS]
        old_rows.exclude(pk__in=list(keep)).delete()


def _same(row: ApplicationSecret, value: str) -> bool:
    try:
        return unseal(bytes(row.sealed), purpose=PURPOSE) == value.encode()
    except SecretUnreadable:
        return False


def _clean(name: str, value: str) -> None:
    if not NAME.match(name):
        message = "A name starts with a letter and has letters, digits, dots, dashes and underscores."
        raise Invalid(message, fields={"name": [message]})
    if not value or len(value.encode()) > MAX_VALUE or "⁅" in value:
        message = f"A value has from 1 byte to {MAX_VALUE // 1024} KiB."
        raise Invalid(message, fields={"value": [message]})


def with_secrets(body: CommandBody, *, project: str, team: int) -> CommandBody:
    """The same command with its secrets in it, for the wire alone. Only those of that team's application count.

    Raises SecretUnreadable when the portal's key has changed.
    """
    plain = msgspec.to_builtins(body)
    wanted = set(_found(plain))
    if not wanted:
        return body
    rows = ApplicationSecret.objects.filter(
        pk__in=wanted, application__name=project, application__team_id=team
    ).values_list("pk", "sealed")
    values = {pk.hex: unseal(bytes(sealed), purpose=PURPOSE).decode() for pk, sealed in rows}
    return msgspec.convert(_filled(plain, values), type(body))


def _found(value: Any) -> Iterable[UUID]:
    if isinstance(value, str):
        if "⁅" in value:
            for hexadecimal in _STAND_IN.findall(value):
                yield UUID(hexadecimal)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _found(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _found(inner)


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _STAND_IN.sub(lambda match: values.get(match.group(1), match.group(0)), value) if "⁅" in value else value
    if isinstance(value, Mapping):
        return {key: _filled(inner, values) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_filled(inner, values) for inner in value]
    return value
