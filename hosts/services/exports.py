"""Exports: hosts or a solution as an ARM template with parameters, and as scripts for machines outside Azure."""

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext as _

from hosts.agent_package.authority import commands_for
from hosts.azure.export_text import readme
from hosts.azure.exports import POWERSHELL_TOKEN, SHELL_TOKEN, Kind, Scripts, exported_files
from hosts.azure.network import ANYWHERE
from hosts.azure.wishes import MAX_COUNT, System
from hosts.models import Enrolment
from hosts.selectors.exports import Shape
from hosts.services.enrolments import enrolment_create
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Invalid

MOST_KINDS = 20
_NAME = re.compile(r"[a-z][a-z0-9-]{0,7}[a-z0-9]\Z")
_REGION = re.compile(r"[A-Za-z0-9_-]{1,60}\Z")
_DATED = (1980, 1, 1, 0, 0, 0)  # zip files need a date, and two of the same content should be equal


class Tokens(StrEnum):
    """none: tokens are made another time; apart: made, and told beside the files; inside: written into them too."""

    NONE = "none"
    APART = "apart"
    INSIDE = "inside"


@dataclass(frozen=True)
class Token:
    """kind: of the machines that may spend it. text: the secret itself, told this once."""

    kind: Kind
    text: str = field(repr=False)
    enrolment: Enrolment

    @property
    def expires_at(self) -> datetime:
        return self.enrolment.expires_at


@dataclass(frozen=True)
class Export:
    """files: name -> text. tokens: that were made, one for each kind of machines."""

    name: str
    shape: Shape
    files: Mapping[str, str] = field(repr=False)
    tokens: tuple[Token, ...] = ()

    def zipped(self) -> bytes:
        """All files as a zip archive."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in self.files.items():
                entry = zipfile.ZipInfo(f"{self.name}/{name}", _DATED)
                entry.external_attr = (0o755 if name.endswith(".sh") else 0o644) << 16
                archive.writestr(entry, text, zipfile.ZIP_DEFLATED)
        return packed.getvalue()


def export_make(
    *,
    team: Team,
    shape: Shape,
    name: str,
    source: models.Model,
    actor: Actor,
    tokens: Tokens = Tokens.NONE,
    ttl_seconds: int = 86_400,
    reach: str = ANYWHERE,
    more: Mapping[str, str] | None = None,
) -> Export:
    """The files of `shape`, and the tokens that its machines enrol with, each for as many machines as its kind has.

    source: what is exported, for the audit. more: further files. Raises Invalid, NotAllowed.
    """
    permission_require(actor=actor, permission=Permission.MANAGE_HOSTS, team=team, action="export.make", target=source)
    _check(name, shape)
    with transaction.atomic():
        made = _tokens(team, shape, ttl_seconds, actor) if tokens is not Tokens.NONE else ()
        inside = {one.kind.wish.role: one.text for one in made} if tokens is Tokens.INSIDE else {}
        files = exported_files(name, shape.kinds, _scripts(), reach=reach, tokens=inside)
        application = "compose.yaml" in (more or {})
        text = readme(name, shape.kinds, settings.PUBLIC_URL, inside=bool(inside), application=application)
        files |= {"README.md": text, **(more or {})}
        detail = {"machines": sum(kind.wish.count for kind in shape.kinds), "tokens": tokens.value}
        audit_record(actor=actor, action="export.make", team=team, target=source, detail=detail)
    return Export(name, shape, files, made)


def _tokens(team: Team, shape: Shape, ttl_seconds: int, actor: Actor) -> tuple[Token, ...]:
    made = []
    for kind in shape.kinds:
        enrolment, text = enrolment_create(
            team=team, actor=actor, labels=kind.labels, ttl_seconds=ttl_seconds, uses=kind.wish.count
        )
        made.append(Token(kind, text, enrolment))
    return tuple(made)


def _scripts() -> Scripts:
    linux, windows = commands_for(SHELL_TOKEN).linux, commands_for(POWERSHELL_TOKEN).windows
    return Scripts(settings.PUBLIC_URL, linux, windows)


def _check(name: str, shape: Shape) -> None:
    wrong: dict[str, list[str]] = {}
    if not _NAME.match(name):
        wrong["name"] = [_("Two to nine small letters, digits and hyphens, starting with a letter.")]
    if not all(_REGION.match(kind.wish.region) for kind in shape.kinds):
        wrong["region"] = [_("Give a region, such as westeurope.")]
    for kind in shape.kinds:
        longest = 14 - len(str(kind.wish.count)) - len(kind.suffix)  # Windows computer names have 15 characters
        if kind.wish.system is System.WINDOWS and len(name) > longest:
            wrong["name"] = [_("With Windows machines the name has at most %(most)d characters.") % {"most": longest}]
    if len(shape.kinds) > MOST_KINDS:
        text = _("These hosts are of %(count)d kinds; a template has at most %(most)d. Export fewer at once.")
        wrong["hosts"] = [text % {"count": len(shape.kinds), "most": MOST_KINDS}]
    elif not 1 <= sum(kind.wish.count for kind in shape.kinds) <= MAX_COUNT:
        wrong["hosts"] = [_("From 1 to %(most)d hosts can be exported at once.") % {"most": MAX_COUNT}]
    if wrong:
        raise Invalid(next(iter(wrong.values()))[0], code="export-invalid", fields=wrong)
