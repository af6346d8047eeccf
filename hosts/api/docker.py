"""/docker-contexts and /docker-certificates: the way in for Docker clients."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from hosts.api.schemas import Strict
from hosts.models import DockerCertificate
from hosts.selectors.certificates import docker_certificate_get, docker_certificate_list
from hosts.selectors.hosts import host_get
from hosts.services.certificates import USUAL_TTL, docker_certificate_revoke, docker_context_create
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.requests import actor_of

router = Router()


class ContextIn(Strict):
    """host: id; ttl_seconds: 60 to 365 days; role: at most one's own, "" for all of it."""

    host: UUID
    ttl_seconds: int = USUAL_TTL
    role: str = Field("", max_length=16)


class CertificateOut(Schema):
    """A client certificate; its key is with its owner alone."""

    id: UUID
    user: str
    host: UUID
    host_name: str
    role: str
    fingerprint: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class CertificateList(Schema):
    items: list[CertificateOut]
    next: str | None


def certificate_out(row: DockerCertificate) -> CertificateOut:
    """As the API shows it."""
    return CertificateOut(
        id=row.pk,
        user=row.user.username,
        host=row.host_id,
        host_name=row.host.name,
        role=row.role,
        fingerprint=row.fingerprint,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


def context_response(name: str, archive: bytes) -> HttpResponse:
    """The archive as a download that nobody keeps on the way: it holds a private key."""
    response = HttpResponse(archive, content_type="application/x-tar")
    response["Content-Disposition"] = f'attachment; filename="{name}.dockercontext"'
    response["Cache-Control"] = "no-store"
    return response


@router.post("/docker-contexts", summary="A .dockercontext archive for `docker context import`")
def context_new(request: HttpRequest, body: ContextIn) -> HttpResponse:
    actor = actor_of(request)
    host = host_get(actor=actor, host_id=body.host)
    made = docker_context_create(host=host, actor=actor, ttl_seconds=body.ttl_seconds, role=body.role)
    response = context_response(made.name, made.archive)
    response["X-Pierhead-Certificate"] = str(made.certificate.pk)
    return response


@router.get("/docker-certificates", response=CertificateList, summary="Client certificates, newest first")
def certificates(
    request: HttpRequest, host: UUID | None = None, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> CertificateList:
    actor = actor_of(request)
    one = host_get(actor=actor, host_id=host) if host is not None else None
    rows = docker_certificate_list(actor=actor, host=one)
    page = page_of(rows, order=["-created_at", "-id"], cursor=cursor, limit=limit)
    return CertificateList(items=[certificate_out(row) for row in page.items], next=page.next)


@router.delete("/docker-certificates/{uuid:certificate_id}", response={204: None}, summary="Revoke a certificate")
def certificate_delete(request: HttpRequest, certificate_id: UUID) -> Status[None]:
    actor = actor_of(request)
    docker_certificate_revoke(
        certificate=docker_certificate_get(actor=actor, certificate_id=certificate_id), actor=actor
    )
    return Status(204, None)
