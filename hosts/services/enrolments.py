"""Enrolments: one-time tokens, and the act that makes a machine a host."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from engine_agent.protocol import enrolment_bytes, verify
from engine_agent.protocol.facts import HostFacts
from engine_agent.protocol.identity import KEY_BYTES
from hosts import live
from hosts.labels import labels_clean, name_clean
from hosts.mirror_rows import host_fields, text
from hosts.models import Enrolment, Host, HostAdmission
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.services.audit import DENIED, audit_record, permission_require
from portal.problems import Conflict, Invalid, Problem, Refused

TOKEN_PREFIX = "phe_"  # noqa: S105 - how a token starts, so that people and scanners recognise one
MIN_TTL, MAX_TTL = 60, 30 * 86_400
MAX_USES = 1000
RETRY_WINDOW = timedelta(minutes=10)  # an agent that did not get our answer may ask again for this long


def token_digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def enrolment_create(
    *, team: Team, actor: Actor, labels: Mapping[str, str] | None = None, ttl_seconds: int = 3600, uses: int = 1
) -> tuple[Enrolment, str]:
    """A new enrolment and its token, which is shown once. Hosts that spend it get `labels`.

    ttl_seconds: 60 to 30 days; uses: 1 to 1000. Raises Invalid, NotAllowed.
    """
    permission_require(actor=actor, permission=Permission.MANAGE_HOSTS, team=team, action="enrolment.create")
    wrong: dict[str, list[str]] = {}
    if not MIN_TTL <= ttl_seconds <= MAX_TTL:
        wrong["ttl_seconds"] = [f"Give a time from {MIN_TTL} seconds to {MAX_TTL // 86_400} days."]
    if not 1 <= uses <= MAX_USES:
        wrong["uses"] = [f"Give a number of hosts from 1 to {MAX_USES}."]
    if wrong:
        raise Invalid(next(iter(wrong.values()))[0], fields=wrong)
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        enrolment = Enrolment.objects.create(
            team=team,
            labels=labels_clean(labels or {}),
            digest=token_digest(token),
            uses=uses,
            expires_at=timezone.now() + timedelta(seconds=ttl_seconds),
            created_by=actor.user,
        )
        detail = {"uses": uses, "ttl_seconds": ttl_seconds}
        audit_record(actor=actor, action="enrolment.create", team=team, target=enrolment, detail=detail)
        live.publish(["hosts"])
    return enrolment, token


def enrolment_revoke(*, enrolment: Enrolment, actor: Actor) -> None:
    """The token can no longer be spent; hosts that came by it stay."""
    team = enrolment.team
    permission_require(
        actor=actor, permission=Permission.MANAGE_HOSTS, team=team, action="enrolment.revoke", target=enrolment
    )
    with transaction.atomic():
        if Enrolment.objects.filter(pk=enrolment.pk, revoked_at=None).update(revoked_at=timezone.now()):
            audit_record(actor=actor, action="enrolment.revoke", team=team, target=enrolment)
            live.publish(["hosts"])
    enrolment.refresh_from_db()


def enrolment_spend(
    *, token: str, public_key: bytes, signature: bytes, name: str, facts: HostFacts, address: str | None
) -> Host:
    """Make the machine that holds `public_key` a host of the enrolment's team.

    The use is counted by one conditional update, so a token cannot be spent twice at once. The same machine asking
    again shortly after (our answer was lost) gets the same host.
    Raises Refused (token-unknown, token-expired, token-used, token-revoked, bad-signature), Conflict (duplicate-key,
    duplicate-engine), Invalid.
    """
    enrolment = Enrolment.objects.select_related("team").filter(digest=token_digest(token)).first()
    who = Actor(user=None, label=text(f"Agent {name}", 160), address=address)
    try:
        if enrolment is None:
            raise Refused(
                "The portal does not know this enrolment token. Copy the whole command from the page “Add a host”.",
                code="token-unknown",
            )
        if len(public_key) != KEY_BYTES or not verify(public_key, enrolment_bytes(token, public_key), signature):
            raise Refused(
                "The signature does not belong to the key. Run `engine-agent enrol` again on the host.",
                code="bad-signature",
            )
        return _known(enrolment, public_key) or _spend(enrolment, public_key, name_clean(name), facts, who)
    except Problem as problem:
        audit_record(
            actor=who,
            action="host.enrol",
            team=enrolment.team if enrolment else None,
            target=enrolment,
            detail={"code": problem.code, "reason": problem.detail, "name": text(name, 120)},
            result=DENIED,
        )
        raise


def _known(enrolment: Enrolment, public_key: bytes) -> Host | None:
    """The host that this very machine became by this enrolment a moment ago."""
    return Host.objects.filter(
        enrolment=enrolment,
        public_key=public_key.hex(),
        revoked_at=None,
        created_at__gt=timezone.now() - RETRY_WINDOW,
    ).first()


def _spend(enrolment: Enrolment, public_key: bytes, name: str, facts: HostFacts, who: Actor) -> Host:
    team = enrolment.team
    with transaction.atomic():
        counted = Enrolment.objects.filter(
            pk=enrolment.pk, revoked_at=None, used__lt=F("uses"), expires_at__gt=timezone.now()
        ).update(used=F("used") + 1)
        if not counted:
            raise _why_closed(enrolment)
        _refuse_duplicates(public_key, facts.engine_id, team)
        host = Host.objects.create(
            team=team,
            name=_free_name(team, name),
            public_key=public_key.hex(),
            engine_id=text(facts.engine_id, 128),
            labels=enrolment.labels,
            enrolment=enrolment,
            waiting_since=timezone.now() if _needs_approval(team) else None,
            **host_fields(facts),
        )
        detail = {"enrolment": str(enrolment.pk), "waiting": host.waiting_since is not None}
        audit_record(actor=who, action="host.enrol", team=team, target=host, detail=detail)
        live.publish(["hosts", "home"])
    return host


def _needs_approval(team: Team) -> bool:
    return HostAdmission.objects.filter(team=team, approval=True).exists()


def _why_closed(enrolment: Enrolment) -> Refused:
    enrolment.refresh_from_db()
    make_new = "Make a new one on the page “Add a host”."
    if enrolment.revoked_at is not None:
        return Refused(f"This enrolment token was revoked. {make_new}", code="token-revoked")
    if enrolment.used >= enrolment.uses:
        return Refused(f"This enrolment token has been used already. {make_new}", code="token-used")
    return Refused(f"This enrolment token has expired. {make_new}", code="token-expired")


def _refuse_duplicates(public_key: bytes, engine_id: str, team: Team) -> None:
    """Two machines must never be one host: neither by key nor by engine."""
    key = public_key.hex()
    known = Host.objects.filter(Q(public_key=key) | Q(next_public_key=key)).first()
    if known is not None:
        raise Conflict(
            f"This key already belongs to {_called(known, team)}. If this machine was cloned from it, delete the "
            "agent's state directory here and enrol again, which makes a key of its own.",
            code="duplicate-key",
            title="Another host has this key",
        )
    if not engine_id:
        return
    known = Host.objects.filter(engine_id=engine_id, revoked_at=None).first()
    if known is not None:
        raise Conflict(
            f"This Docker Engine (id {engine_id}) is enrolled already, as {_called(known, team)}. If it is the same "
            "machine, remove that host first. If it was cloned, give its engine an id of its own: stop it, delete "
            "/etc/docker/key.json and the file engine-id in its data root, start it, and enrol again.",
            code="duplicate-engine",
            title="Another host has this engine",
        )


def _called(host: Host, team: Team) -> str:
    return f"the host {host.name}" if host.team_id == team.pk else "a host of another team"


def _free_name(team: Team, name: str) -> str:
    """`name`, or the first of name-2, name-3 ... that the team has not."""
    taken = set(Host.objects.filter(team=team, name__startswith=name[:110]).values_list("name", flat=True))
    if name not in taken:
        return name
    number = 2
    while f"{name[:110]}-{number}" in taken:
        number += 1
    return f"{name[:110]}-{number}"
