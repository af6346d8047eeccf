"""Docker contexts: the archive, the page and the API that give it, and the certificates in it."""

import io
import json
import tarfile
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hosts.gateway.addresses import endpoint_url, server_names
from hosts.gateway.x509 import authority_make, client_make, server_make
from hosts.models import DockerCertificate, Host
from hosts.services.authorities import authority_rotate
from hosts.services.certificates import context_name, docker_certificate_revoke, docker_context_create
from portal.people.access import Actor
from portal.people.models import AuditEntry, Team, User
from portal.problems import Invalid, NotAllowed, NotFound
from tests.people import ApiClient, make_host

Clients = Callable[[User | None], Client]
Api = Callable[[User | None], ApiClient]
Actors = Callable[[User], Actor]


def unpacked(archive: bytes) -> dict[str, bytes]:
    """Every file of a tar."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {one.name: _read(tar, one) for one in tar.getmembers() if one.isfile()}


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    assert file is not None
    return file.read()


def test_the_archive_is_what_docker_context_import_reads(
    linux_host: Host, deployer: User, actor_of_user: Actors
) -> None:
    made = docker_context_create(host=linux_host, actor=actor_of_user(deployer), ttl_seconds=3600)
    files = unpacked(made.archive)
    assert set(files) == {"meta.json", "tls/docker/ca.pem", "tls/docker/cert.pem", "tls/docker/key.pem"}
    meta = json.loads(files["meta.json"])
    assert meta["Name"] == "linux-host"
    assert meta["Endpoints"]["docker"] == {"Host": "tcp://127.0.0.1:2376", "SkipTLSVerify": False}
    assert b"PRIVATE KEY" in files["tls/docker/key.pem"]
    row = DockerCertificate.objects.get()
    assert (row.user, row.host, row.role) == (deployer, linux_host, "deployer")
    assert row.open
    assert len(row.fingerprint) == 64


def test_the_key_is_kept_nowhere(linux_host: Host, deployer: User, actor_of_user: Actors) -> None:
    made = docker_context_create(host=linux_host, actor=actor_of_user(deployer))
    secret = unpacked(made.archive)["tls/docker/key.pem"].decode().splitlines()[1]
    for row in DockerCertificate.objects.values():
        assert secret not in str(row)
    entry = AuditEntry.objects.get(action="docker-context.create")
    assert secret not in json.dumps(entry.detail)
    assert entry.detail["role"] == "deployer"


@pytest.mark.parametrize(("ttl", "field"), [(59, "ttl_seconds"), (366 * 86_400, "ttl_seconds")])
def test_times_that_are_refused(linux_host: Host, deployer: User, actor_of_user: Actors, ttl: int, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        docker_context_create(host=linux_host, actor=actor_of_user(deployer), ttl_seconds=ttl)
    assert field in caught.value.fields


def test_nobody_gets_more_than_they_have(linux_host: Host, viewer: User, actor_of_user: Actors) -> None:
    with pytest.raises(Invalid) as caught:
        docker_context_create(host=linux_host, actor=actor_of_user(viewer), role="admin")
    assert "role" in caught.value.fields


def test_a_stranger_gets_none(linux_host: Host, stranger: User, actor_of_user: Actors) -> None:
    with pytest.raises(NotFound):
        docker_context_create(host=linux_host, actor=actor_of_user(stranger))


def test_only_an_administrator_renews_the_authority(admin: User, superuser: User, actor_of_user: Actors) -> None:
    with pytest.raises(NotAllowed):
        authority_rotate(actor=actor_of_user(admin))
    assert authority_rotate(actor=actor_of_user(superuser)).number == 1
    assert authority_rotate(actor=actor_of_user(superuser)).number == 2


def test_its_owner_and_an_admin_revoke_it_and_nobody_else(
    linux_host: Host, viewer: User, deployer: User, admin: User, actor_of_user: Actors
) -> None:
    rows = [docker_context_create(host=linux_host, actor=actor_of_user(deployer)).certificate for _ in range(2)]
    with pytest.raises(NotAllowed):
        docker_certificate_revoke(certificate=rows[0], actor=actor_of_user(viewer))
    docker_certificate_revoke(certificate=rows[0], actor=actor_of_user(deployer))
    docker_certificate_revoke(certificate=rows[1], actor=actor_of_user(admin))
    assert all(row.revoked_at for row in rows)
    assert AuditEntry.objects.filter(action="docker-certificate.revoke", result="done").count() == 2


def test_the_page_gives_the_file(linux_host: Host, deployer: User, client_of: Clients) -> None:
    client = client_of(deployer)
    page = client.get(f"/hosts/{linux_host.pk}/docker/").content.decode()
    assert "docker context import linux-host linux-host.dockercontext" in page
    answer = client.post(f"/hosts/{linux_host.pk}/docker/", {"role": "viewer", "ttl_seconds": "86400"})
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == 'attachment; filename="linux-host.dockercontext"'
    assert "no-store" in answer["Cache-Control"]
    assert "meta.json" in unpacked(answer.content)
    assert DockerCertificate.objects.get().role == "viewer"


@pytest.mark.parametrize("form", [{"role": "admin", "ttl_seconds": "86400"}, {"role": "viewer", "ttl_seconds": "5"}])
def test_a_form_that_asks_for_too_much(
    linux_host: Host, deployer: User, client_of: Clients, form: dict[str, str]
) -> None:
    answer = client_of(deployer).post(f"/hosts/{linux_host.pk}/docker/", form)
    assert answer.status_code == 422
    assert not DockerCertificate.objects.exists()


def test_the_host_page_and_the_account_page_lead_there(linux_host: Host, viewer: User, client_of: Clients) -> None:
    client = client_of(viewer)
    assert f"/hosts/{linux_host.pk}/docker/" in client.get(f"/hosts/{linux_host.pk}/").content.decode()
    assert "/account/docker/" in client.get("/account/").content.decode()


def test_one_s_own_certificates_and_their_end(
    linux_host: Host, deployer: User, admin: User, client_of: Clients, actor_of_user: Actors
) -> None:
    mine = docker_context_create(host=linux_host, actor=actor_of_user(deployer)).certificate
    other = docker_context_create(host=linux_host, actor=actor_of_user(admin)).certificate
    client = client_of(deployer)
    page = client.get("/account/docker/").content.decode()
    assert str(mine.pk) in page
    assert str(other.pk) not in page
    assert client.post(f"/account/docker/{mine.pk}/revoke/").status_code == 302
    assert "Revoked" in client.get("/account/docker/").content.decode()
    listed = client_of(admin).get(f"/hosts/{linux_host.pk}/docker/").content.decode()
    assert str(mine.pk) in listed, "an admin of the team sees everybody's"


def test_the_api_gives_the_file_lists_and_revokes(linux_host: Host, deployer: User, api_of: Api) -> None:
    api = api_of(deployer)
    answer = api.post("docker-contexts", {"host": str(linux_host.pk), "ttl_seconds": 600})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/x-tar"
    assert "tls/docker/key.pem" in unpacked(answer.content)
    row = DockerCertificate.objects.get()
    assert row.token is not None, "it ends with the token it was made with"
    assert answer["X-Pierhead-Certificate"] == str(row.pk)
    listed = json.loads(api.get(f"docker-certificates?host={linux_host.pk}").content)
    assert [one["id"] for one in listed["items"]] == [str(row.pk)]
    assert listed["items"][0]["host_name"] == "linux-host"


def test_a_token_revokes_through_its_team_s_admin_alone(
    linux_host: Host, deployer: User, admin: User, api_of: Api
) -> None:
    api_of(deployer).post("docker-contexts", {"host": str(linux_host.pk)})
    row = DockerCertificate.objects.get()
    assert api_of(deployer).delete(f"docker-certificates/{row.pk}").status_code == 403
    assert api_of(admin).delete(f"docker-certificates/{row.pk}").status_code == 204


@pytest.mark.parametrize(
    "body", [{}, {"host": "x"}, {"host": "00000000-0000-0000-0000-000000000000", "ttl_seconds": "soon"}]
)
def test_the_api_says_what_is_wrong(deployer: User, api_of: Api, body: dict[str, Any]) -> None:
    answer = api_of(deployer).post("docker-contexts", body)
    assert answer.status_code == 422
    assert answer["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize(
    ("name", "shown"),
    [("web", "web"), ("Büro 1", "B-ro-1"), ("-x-", "host-x"), ("...", "host"), ("a/b c", "a-b-c")],
)
def test_names_that_docker_takes(team: Team, name: str, shown: str) -> None:
    assert context_name(make_host(team, name)) == shown


@pytest.mark.parametrize(
    ("told", "listen", "public", "address"),
    [
        ("", ("127.0.0.1", 2376), "http://127.0.0.1:8000", "tcp://127.0.0.1:2376"),
        ("", ("0.0.0.0", 2376), "https://portal.example", "tcp://portal.example:2376"),
        ("", ("::1", 2376), "http://127.0.0.1:8000", "tcp://[::1]:2376"),
        ("tcp://docker.example:443", ("0.0.0.0", 2376), "https://portal.example", "tcp://docker.example:443"),
    ],
)
def test_the_address_in_a_context(settings: Any, told: str, listen: tuple[str, int], public: str, address: str) -> None:
    settings.DOCKER_ENDPOINT_URL, settings.DOCKER_ENDPOINT, settings.PUBLIC_URL = told, listen, public
    assert endpoint_url() == address
    host = address.removeprefix("tcp://").rpartition(":")[0].strip("[]")
    assert host in server_names()
    assert "0.0.0.0" not in server_names()


def test_certificates_are_what_tls_libraries_want() -> None:
    from cryptography import x509

    authority = authority_make("Test authority")
    client = client_make(authority, name="a" * 100, identity="urn:uuid:1", until=authority.not_after)
    server = server_make(authority, names=["localhost", "127.0.0.1", "::1"])
    for pair, leaf in [(authority, False), (client, True), (server, True)]:
        found = x509.load_pem_x509_certificate(pair.certificate.encode())
        basic = found.extensions.get_extension_for_class(x509.BasicConstraints)
        assert basic.value.ca is not leaf
        assert basic.critical
        issuer = x509.load_pem_x509_certificate(authority.certificate.encode())
        found.verify_directly_issued_by(issuer)
    names = x509.load_pem_x509_certificate(server.certificate.encode()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert names.value.get_values_for_type(x509.DNSName) == ["localhost"]
    assert len(names.value.get_values_for_type(x509.IPAddress)) == 2
