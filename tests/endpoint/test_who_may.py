"""Certificates and tokens at the endpoint: whose they are, what they open, and what ends them."""

import asyncio
import json
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from hosts.gateway.x509 import authority_make, client_make
from hosts.models import Authority, DockerCertificate, Host
from hosts.services.authorities import authorities_believed, authorities_retire, authority_rotate
from hosts.services.certificates import docker_certificate_revoke
from portal.people.access import actor_for_user, portal_actor
from portal.people.models import AuditEntry, Membership, Role, Team, User
from tests.endpoint.serving import ClientFiles, endpoint_before
from tests.endpoint.streaming import until
from tests.people import make_host, make_token

pytestmark = pytest.mark.django_db(transaction=True)


def message(body: bytes) -> str:
    return str(json.loads(body)["message"])


async def revoke(files: ClientFiles, user: User) -> None:
    actor = await sync_to_async(actor_for_user)(user)
    await sync_to_async(docker_certificate_revoke)(certificate=files.context.certificate, actor=actor)


async def test_a_certificate_opens_its_host(tmp_path: Path, linux_host: Host, deployer: User) -> None:
    async with endpoint_before(tmp_path, linux_host) as at:
        files = await at.context(deployer, linux_host)
        async with at.client(files) as talk:
            assert (await talk.ask("HEAD", "/_ping"))[0] == 200
            assert await talk.ask("GET", "/v1.41/containers/json") == (200, b"{}")
        assert at.engine.asked == ["HEAD /_ping", "GET /v1.41/containers/json"]
    row = await DockerCertificate.objects.aget()
    assert row.last_used_at is not None
    assert row.role == "deployer"


async def test_a_viewer_reads_and_no_more(tmp_path: Path, linux_host: Host, viewer: User) -> None:
    async with endpoint_before(tmp_path, linux_host) as at:
        files = await at.context(viewer, linux_host)
        async with at.client(files) as talk:
            assert (await talk.ask("GET", "/v1.41/containers/json"))[0] == 200
            status, body = await talk.ask("POST", "/v1.41/containers/create", body=b'{"Image":"x"}')
            assert status == 403
            assert "viewer" in message(body)
            assert (await talk.ask("GET", "/v1.41/info"))[0] == 200, "the connection is still in order"
        assert "POST /v1.41/containers/create" not in at.engine.asked
    entry = await AuditEntry.objects.filter(action__startswith="docker.", result="denied").aget()
    assert entry.detail["rule"] == "role.containers.create"
    assert entry.detail["method"] == "POST"
    assert entry.target_id == str(linux_host.pk)


async def test_a_certificate_of_less_than_its_user(tmp_path: Path, linux_host: Host, admin: User) -> None:
    async with endpoint_before(tmp_path, linux_host) as at:
        files = await at.context(admin, linux_host, role="viewer")
        async with at.client(files) as talk:
            assert (await talk.ask("DELETE", "/v1.41/containers/web"))[0] == 403


async def test_a_role_that_was_taken_away_counts_at_once(
    tmp_path: Path, linux_host: Host, admin: User, team: Team
) -> None:
    async with endpoint_before(tmp_path, linux_host) as at:
        files = await at.context(admin, linux_host)
        await Membership.objects.filter(user=admin).aupdate(role=Role.VIEWER)
        async with at.client(files) as talk:
            assert (await talk.ask("DELETE", "/v1.41/containers/web"))[0] == 403
        await Membership.objects.filter(user=admin).adelete()
        await asyncio.sleep(1.1)  # what is known of a caller is asked anew each second
        async with at.client(files) as talk:
            status, body = await talk.ask("GET", "/info")
            assert status == 403
            assert "not a member" in message(body)


async def test_a_revoked_certificate_is_told_and_what_is_open_is_cut(
    tmp_path: Path, linux_host: Host, deployer: User
) -> None:
    async with endpoint_before(tmp_path, linux_host) as at:
        files = await at.context(deployer, linux_host)
        async with at.client(files) as talk, at.client(files) as other:
            assert (await talk.ask("GET", "/info"))[0] == 200
            await revoke(files, deployer)
            assert await talk.ended() == b""
            status, body = await other.ask("GET", "/info")
            assert status == 403
            assert "revoked" in message(body)
            assert "linux-host" in message(body)


async def test_an_expired_certificate_does_not_get_in(tmp_path: Path, linux_host: Host, deployer: User) -> None:
    async with endpoint_before(tmp_path, linux_host) as at:
        files = await at.context(deployer, linux_host)
        pair = await sync_to_async(signing)()
        before = timezone.now() - timedelta(days=2)
        old = client_make(pair, name="old", identity="urn:old", until=before + timedelta(days=1), now=before)
        files.cert.write_text(old.certificate)
        files.key.write_text(old.key)
        with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
            async with at.client(files) as talk:
                await talk.ask("GET", "/info")


async def test_a_row_that_expired_is_cut_although_the_clock_of_tls_is_kind(
    tmp_path: Path, linux_host: Host, deployer: User
) -> None:
    async with endpoint_before(tmp_path, linux_host) as at:
        files = await at.context(deployer, linux_host)
        async with at.client(files) as talk:
            assert (await talk.ask("GET", "/info"))[0] == 200
            await DockerCertificate.objects.aupdate(expires_at=timezone.now())
            assert await talk.ended() == b""


async def test_a_certificate_of_another_authority_does_not_get_in(
    tmp_path: Path, linux_host: Host, deployer: User
) -> None:
    async with endpoint_before(tmp_path, linux_host) as at:
        files = await at.context(deployer, linux_host)
        forged = client_make(
            authority_make("Pierhead Docker authority 1"),
            name="forged",
            identity="urn:x",
            until=timezone.now() + timedelta(days=1),
        )
        files.cert.write_text(forged.certificate)
        files.key.write_text(forged.key)
        with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
            async with at.client(files) as talk:
                await talk.ask("GET", "/info")


async def test_a_certificate_of_our_authority_that_nobody_wrote_down_opens_nothing(
    tmp_path: Path, linux_host: Host, deployer: User
) -> None:
    async with endpoint_before(tmp_path, linux_host) as at:
        files = await at.context(deployer, linux_host)
        await DockerCertificate.objects.all().adelete()
        async with at.client(files) as talk:
            status, body = await talk.ask("GET", "/info")
        assert status == 403
        assert "does not know" in message(body)


async def test_a_certificate_of_another_host(
    tmp_path: Path, linux_host: Host, windows_host: Host, deployer: User
) -> None:
    async with endpoint_before(tmp_path, linux_host) as at:
        files = await at.context(deployer, windows_host)
        async with at.client(files) as talk:
            status, body = await talk.ask("GET", "/hosts/linux-host/v1.41/info")
        assert status == 403
        assert "windows-host" in message(body)
        assert at.engine.asked == []


async def test_without_anything_it_says_what_to_show(tmp_path: Path, linux_host: Host, deployer: User) -> None:
    async with endpoint_before(tmp_path, linux_host) as at:
        files = await at.context(deployer, linux_host)
        async with at.client(None, ca=files) as talk:
            status, body = await talk.ask("GET", "/info")
    assert status == 401
    assert "context" in message(body)


async def test_a_token_names_its_host(tmp_path: Path, linux_host: Host, deployer: User, team: Team) -> None:
    token = await sync_to_async(make_token)(deployer, team, Role.DEPLOYER)
    bearer = f"Authorization: Bearer {token}"
    async with endpoint_before(tmp_path, linux_host) as at:
        files = await at.context(deployer, linux_host)
        async with at.client(None, ca=files) as talk:
            assert (await talk.ask("GET", "/v1.41/info", bearer, "X-Pierhead-Host: linux-host"))[0] == 200
            assert (await talk.ask("GET", f"/hosts/{linux_host.pk}/v1.41/version", bearer))[0] == 200
            head, _body = at.engine.heard[-1]
            assert head.target == "/v1.41/version"
            assert head.value(b"authorization") == "", "the token stays here"
            status, body = await talk.ask("GET", "/v1.41/info", bearer)
            assert status == 404
            assert "X-Pierhead-Host" in message(body)


async def test_tokens_that_open_nothing(
    tmp_path: Path, linux_host: Host, deployer: User, stranger: User, other_team: Team
) -> None:
    theirs = await sync_to_async(make_token)(stranger, other_team, Role.ADMIN)
    async with endpoint_before(tmp_path, linux_host) as at:
        files = await at.context(deployer, linux_host)
        for scheme, secret, expected in [
            ("Bearer", "guess", 401),
            ("Basic", "dXNlcjpwYXNz", 401),
            ("Bearer", theirs, 404),
        ]:
            async with at.client(None, ca=files) as talk:
                fields = [f"Authorization: {scheme} {secret}", f"X-Pierhead-Host: {linux_host.pk}"]
                assert (await talk.ask("GET", "/info", *fields))[0] == expected
        assert at.engine.asked == []


async def test_a_revoked_host_s_clients_are_cut(tmp_path: Path, linux_host: Host, deployer: User) -> None:
    async with endpoint_before(tmp_path, linux_host) as at:
        files = await at.context(deployer, linux_host)
        async with at.client(files) as talk:
            assert (await talk.ask("GET", "/info"))[0] == 200
            await Host.objects.filter(pk=linux_host.pk).aupdate(revoked_at=timezone.now())
            assert await talk.ended() == b""
        await until(lambda: at.registry.standing(linux_host.pk) == 0)


async def test_contexts_of_before_a_rotation_still_work(tmp_path: Path, linux_host: Host, deployer: User) -> None:
    async with endpoint_before(tmp_path, linux_host) as at:
        before = await at.context(deployer, linux_host)
        await sync_to_async(authority_rotate)(actor=portal_actor())
        await at.endpoint._renew()
        after = await at.context(deployer, linux_host)
        for files in (before, after):
            async with at.client(files) as talk:
                assert (await talk.ask("GET", "/info"))[0] == 200
        assert after.ca.read_text().count("BEGIN CERTIFICATE") == 2
        assert await Authority.objects.filter(retired_at=None).acount() == 2
        await revoke(before, deployer)
        assert await sync_to_async(authorities_retire)() == 1
        assert len(await sync_to_async(authorities_believed)()) == 1


def signing() -> Any:
    from hosts.services.authorities import authority_signing

    return authority_signing()[1]


async def test_the_key_of_the_authority_is_sealed(tmp_path: Path, linux_host: Host, deployer: User) -> None:
    await sync_to_async(signing)()
    row = await Authority.objects.aget()
    assert b"PRIVATE KEY" not in bytes(row.sealed_key)


async def test_two_hosts_of_one_team_do_not_share_connections(
    tmp_path: Path, linux_host: Host, team: Team, deployer: User
) -> None:
    other = await sync_to_async(make_host)(team, "other-host")
    async with endpoint_before(tmp_path, linux_host) as at:
        at.scene.fleet.streams[other.pk] = at.scene.agent
        for host in (linux_host, other, linux_host):
            files = await at.context(deployer, host)
            async with at.client(files) as talk:
                assert (await talk.ask("GET", "/info"))[0] == 200
        assert at.engine.connections == 2
