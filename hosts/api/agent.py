"""/agent: what agents ask over HTTP, with their own proof instead of a token of a person."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import msgspec
from django.db.models import Q
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router, Schema
from pydantic import Field

from engine_agent.protocol.facts import HostFacts
from engine_agent.protocol.identity import request_bytes, verify
from gallery.catalogue.contexts import contexts_dir
from hosts.agent_package.signing import package_public
from hosts.api.schemas import Strict
from hosts.limits import count_up
from hosts.models import Host
from hosts.services.enrolments import enrolment_spend
from portal.people.requests import peer_address
from portal.problems import Invalid, NotFound, SignInNeeded

router = Router()

SCHEME = "Pierhead-Agent"
SKEW_SECONDS = 300
CHUNK = 256 * 1024
ENROLS_A_MINUTE = 60
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


class EnrolIn(Strict):
    """public_key, signature: hex; the signature is over enrolment_bytes of the protocol. facts: HostFacts."""

    token: str = Field(max_length=200)
    public_key: str = Field(max_length=128)
    signature: str = Field(max_length=256)
    name: str = Field(max_length=253)
    facts: dict[str, object]


class EnrolOut(Schema):
    host_id: UUID
    name: str
    team: str
    package_key: str = ""
    waiting: bool = False


@router.post("/agent/enrol", response=EnrolOut, auth=None, summary="Spend an enrolment token (called by agents)")
def enrol(request: HttpRequest, body: EnrolIn) -> EnrolOut:
    address = peer_address(request)
    count_up(f"enrol:{address}", most=ENROLS_A_MINUTE, what="enrolments")
    host = enrolment_spend(
        token=body.token,
        public_key=_hex(body.public_key, "public_key"),
        signature=_hex(body.signature, "signature"),
        name=body.name,
        facts=_facts(body.facts),
        address=address,
    )
    return EnrolOut(
        host_id=host.pk,
        name=host.name,
        team=host.team.slug,
        package_key=package_public().hex(),
        waiting=host.waiting_since is not None,
    )


@router.get("/agent/contexts/{sha256}.tar", auth=None, summary="A build context (called by agents)")
def context(request: HttpRequest, sha256: str) -> StreamingHttpResponse:
    host_of(request)
    path = contexts_dir() / f"{sha256}.tar"
    if not _SHA256.match(sha256) or not path.is_file():
        raise NotFound("There is no such build context.", code="context-not-found")
    response = StreamingHttpResponse(_chunks(path), content_type="application/x-tar")
    response["Content-Length"] = str(path.stat().st_size)
    return response


def host_of(request: HttpRequest, now: float | None = None) -> Host:
    """The enrolled host whose key signed this request. Raises SignInNeeded."""
    scheme, _, proof = request.headers.get("Authorization", "").partition(" ")
    key, _, rest = proof.strip().partition(":")
    at, _, signature = rest.partition(":")
    if scheme != SCHEME or not at.isdigit() or len(at) > 12:
        raise SignInNeeded(f"This path is for agents: `Authorization: {SCHEME} KEY:TIME:SIGNATURE`.")
    if abs((time.time() if now is None else now) - int(at)) > SKEW_SECONDS:
        raise SignInNeeded(f"The clocks differ by more than {SKEW_SECONDS} seconds. Set the clock of the host.")
    public_key = _hex(key, "Authorization")
    signed = request_bytes(request.method or "GET", request.get_full_path(), int(at), public_key)
    ours = Q(public_key=public_key.hex()) | Q(next_public_key=public_key.hex())
    host = Host.objects.filter(ours, revoked_at=None, waiting_since=None).first()
    if host is None or not verify(public_key, signed, _hex(signature, "Authorization")):
        raise SignInNeeded("The signature is not that of an enrolled host.")
    return host


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    """The file in pieces; a synchronous iterator would be read whole before it is sent."""
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, CHUNK):
            yield piece


def _hex(text: str, field: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        message = "Send hexadecimal digits."
        raise Invalid(message, fields={field: [message]}) from None


def _facts(facts: dict[str, object]) -> HostFacts:
    try:
        return msgspec.convert(facts, HostFacts)
    except msgspec.ValidationError as error:
        raise Invalid(f"The facts make no sense: {error}.", fields={"facts": [str(error)]}) from error
