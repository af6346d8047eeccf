"""What agents ask over HTTP, with the proof of their key."""

from typing import Any

import pytest
from django.test import AsyncClient
from django.utils import timezone

from engine_agent.protocol import request_bytes, sign
from hosts.models import Host
from tests.sim.agents import SimAgent


def signed(agent: SimAgent, path: str, at: int) -> str:
    signature = sign(agent.key, request_bytes("GET", path, at, agent.public_key))
    return f"Pierhead-Agent {agent.public_key.hex()}:{at}:{signature.hex()}"


@pytest.mark.django_db(transaction=True)
async def test_build_contexts_are_for_enrolled_hosts(linux_host: Host) -> None:
    from hashlib import sha256

    from gallery.catalogue.contexts import contexts_dir

    agent, stranger = SimAgent(), SimAgent()
    await Host.objects.filter(pk=linux_host.pk).aupdate(public_key=agent.public_key.hex())
    content = b"a tar archive" * 100_000
    name = sha256(content).hexdigest()
    contexts_dir().mkdir(parents=True, exist_ok=True)
    (contexts_dir() / f"{name}.tar").write_bytes(content)
    path, now = f"/api/v1/agent/contexts/{name}.tar", int(timezone.now().timestamp())
    client = AsyncClient()

    async def get(authorization: str, where: str = path) -> Any:
        return await client.get(where, headers={"Authorization": authorization})

    good = await get(signed(agent, path, now))
    assert good.status_code == 200
    assert b"".join([piece async for piece in good.streaming_content]) == content
    assert good["Content-Length"] == str(len(content))
    other = "/api/v1/agent/contexts/" + "0" * 64 + ".tar"
    assert (await get(signed(agent, other, now), other)).status_code == 404
    for wrong in (
        "",
        "Pierhead-Agent",
        "Bearer x",
        signed(stranger, path, now),
        signed(agent, other, now),
        signed(agent, path, now - 301),
        signed(agent, path, now)[:-2] + "00",
    ):
        assert (await get(wrong)).status_code == 401
    await Host.objects.filter(pk=linux_host.pk).aupdate(revoked_at=timezone.now())
    assert (await get(signed(agent, path, now))).status_code == 401
