"""Docker certificates: made with the context that carries them, shown once, revoked at any time."""

import io
import json
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from hosts.gateway.addresses import endpoint_url
from hosts.gateway.x509 import client_make
from hosts.models import DockerCertificate, Host
from hosts.services.authorities import authorities_believed, authority_signing
from portal.people.access import Actor, Permission
from portal.people.models import ApiToken, Role
from portal.people.services.audit import audit_record, permission_require
from portal.people.services.teams import role_parse
from portal.problems import Invalid, NotAllowed

MIN_TTL, MAX_TTL, USUAL_TTL = 60, 365 * 86_400, 30 * 86_400
OPEN_PER_USER = 200


@dataclass(frozen=True)
class Context:
    """A Docker context as `docker context import` reads it. archive: a tar with the client's private key in it."""

    name: str
    archive: bytes
    certificate: DockerCertificate


def docker_context_create(*, host: Host, actor: Actor, ttl_seconds: int = USUAL_TTL, role: str = "") -> Context:
    """A certificate for the actor on this host, in a context. role: less than the actor's own; "" = all of it.

    Raises Invalid, NotAllowed, NotFound.
    """
    permission_require(
        actor=actor, permission=Permission.READ, team=host.team, action="docker-context.create", target=host
    )
    if actor.user is None:
        raise NotAllowed("A Docker context belongs to a person. Use a token of a user.")
    own = actor.role_in(host.team_id) or Role.VIEWER
    wanted = role_parse(role) if role else own
    _check(ttl_seconds, wanted, own, actor)
    identity = uuid4()
    authority, pair = authority_signing()
    expires_at = timezone.now() + timedelta(seconds=ttl_seconds)
    label = f"{actor.user.username}@{host.name}"
    made = client_make(pair, name=label, identity=f"urn:uuid:{identity}", until=expires_at)
    with transaction.atomic():
        row = DockerCertificate.objects.create(
            id=identity,
            user=actor.user,
            host=host,
            role=wanted,
            token=ApiToken.objects.filter(pk=actor.token_id).first() if actor.token_id else None,
            authority=authority,
            serial=made.serial,
            fingerprint=made.fingerprint,
            expires_at=expires_at,
        )
        detail = {"role": wanted.value, "ttl_seconds": ttl_seconds, "certificate": str(identity)}
        audit_record(actor=actor, action="docker-context.create", team=host.team, target=host, detail=detail)
    name = context_name(host)
    files = {
        "ca.pem": "".join(authorities_believed()),
        "cert.pem": made.certificate,
        "key.pem": made.key,
    }
    return Context(name, context_archive(name, endpoint_url(), f"{host.name}, by Pierhead, as {label}", files), row)


def _check(ttl_seconds: int, wanted: Role, own: Role, actor: Actor) -> None:
    wrong: dict[str, list[str]] = {}
    if not MIN_TTL <= ttl_seconds <= MAX_TTL:
        wrong["ttl_seconds"] = [f"Give a time from {MIN_TTL} seconds to {MAX_TTL // 86_400} days."]
    if not own.includes(wanted):
        wrong["role"] = [f"Your role in this team is {own.label}; a certificate cannot have more."]
    usable = DockerCertificate.objects.filter(user=actor.user, revoked_at=None, expires_at__gt=timezone.now())
    if usable.count() >= OPEN_PER_USER:
        wrong["host"] = [f"You have {OPEN_PER_USER} certificates already. Revoke some first, on the account page."]
    if wrong:
        raise Invalid(next(iter(wrong.values()))[0], fields=wrong)


def docker_certificate_revoke(*, certificate: DockerCertificate, actor: Actor) -> None:
    """It opens nothing any more, and what is open with it is cut within two seconds. Its owner may, and team admins."""
    host = certificate.host
    if actor.user != certificate.user or actor.token_id is not None:
        permission_require(
            actor=actor,
            permission=Permission.MANAGE_HOSTS,
            team=host.team,
            action="docker-certificate.revoke",
            target=certificate,
        )
    with transaction.atomic():
        changed = DockerCertificate.objects.filter(pk=certificate.pk, revoked_at=None).update(revoked_at=timezone.now())
        if changed:
            detail = {"user": certificate.user.username, "host": host.name}
            audit_record(
                actor=actor, action="docker-certificate.revoke", team=host.team, target=certificate, detail=detail
            )
    certificate.refresh_from_db()


def context_name(host: Host) -> str:
    """A name that `docker context` accepts: letters, digits, "_", ".", "+" and "-", with a letter or digit first."""
    cleaned = re.sub(r"[^a-zA-Z0-9_.+-]+", "-", host.name).strip("-._+") or "host"
    return cleaned if len(cleaned) > 1 else f"host-{cleaned}"


def context_archive(name: str, url: str, description: str, files: Mapping[str, str]) -> bytes:
    """The tar that `docker context export` writes: meta.json and tls/docker/*. [docker/cli cli/context/store]"""
    meta = {
        "Name": name,
        "Metadata": {"Description": description},
        "Endpoints": {"docker": {"Host": url, "SkipTLSVerify": False}},
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        _add(tar, "meta.json", json.dumps(meta).encode())
        for folder in ("tls", "tls/docker"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o700
            tar.addfile(entry)
        for file, text in files.items():
            _add(tar, f"tls/docker/{file}", text.encode())
    return buffer.getvalue()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.size = 0o600, len(content)
    tar.addfile(entry, io.BytesIO(content))
