"""The portal's own authority for Docker certificates: made when it is first needed, renewed, retired."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from hosts.gateway.x509 import Pair, authority_make
from hosts.models import Authority, DockerCertificate
from portal.people.access import Actor
from portal.people.secrets import seal, unseal
from portal.people.services.audit import audit_record
from portal.problems import NotAllowed

PURPOSE = "docker-authority"
RENEW_BEFORE = timedelta(days=400)  # longer than any certificate it signs lives


def authority_signing() -> tuple[Authority, Pair]:
    """The one that signs now, with its key. Raises SecretUnreadable when the portal's secret key has changed."""
    found = Authority.objects.filter(retired_at=None).order_by("-number").first()
    if found is None or found.not_after - timezone.now() < RENEW_BEFORE:
        found = _next(found.number + 1 if found is not None else 1)
    return found, authority_pair(found)


def authority_serving() -> Pair:
    """The one that signs the endpoint's own certificate: the oldest that is still believed, since the contexts that
    people downloaded name the authorities of their day."""
    authority_signing()
    now = timezone.now()
    for authority in Authority.objects.filter(retired_at=None).order_by("number"):
        if authority.not_after > now:
            return authority_pair(authority)
    return authority_signing()[1]


def authorities_believed() -> list[str]:
    """The certificates of every authority that is not retired, PEM, oldest first."""
    return list(Authority.objects.filter(retired_at=None).order_by("number").values_list("certificate", flat=True))


def authority_rotate(*, actor: Actor) -> Authority:
    """From now on a new authority signs; older ones are believed until nothing they signed can be used any more.

    Administrators of the portal only. Raises NotAllowed.
    """
    if not actor.administers_portal:
        raise NotAllowed("Only an administrator of the portal renews its authority.")
    with transaction.atomic():
        last = Authority.objects.order_by("-number").first()
        made = _next(last.number + 1 if last is not None else 1)
        audit_record(actor=actor, action="authority.rotate", detail={"number": made.number})
    authorities_retire()
    return made


def authorities_retire() -> int:
    """Believe no longer what has signed nothing that can still be used, but for the newest. Returns how many."""
    now = timezone.now()
    newest = Authority.objects.filter(retired_at=None).order_by("-number").first()
    if newest is None:
        return 0
    used = DockerCertificate.objects.filter(revoked_at=None, expires_at__gt=now).values("authority")
    old = Authority.objects.filter(retired_at=None, number__lt=newest.number).exclude(pk__in=used)
    return old.update(retired_at=now)


def authority_pair(authority: Authority) -> Pair:
    """With its key, opened."""
    key = unseal(bytes(authority.sealed_key), purpose=PURPOSE).decode()
    return Pair(authority.certificate, key, "", "", authority.not_after)


def _next(number: int) -> Authority:
    """Make authority `number`; of several who try at once one makes it and all get it."""
    made = authority_make(f"Pierhead Docker authority {number}")
    try:
        with transaction.atomic():
            return Authority.objects.create(
                number=number,
                certificate=made.certificate,
                sealed_key=seal(made.key.encode(), purpose=PURPOSE),
                not_after=made.not_after,
            )
    except IntegrityError:
        return Authority.objects.get(number=number)
