"""The page of an image: platforms, layers, configuration without counted pulls, what hosts lack, what refers to it."""

import json
from collections.abc import Callable, Iterator

import httpx
import pytest
from django.test import Client

from gallery import fits
from gallery.detail import LayerRow, steps_of
from gallery.fits import HostDigests
from gallery.registry.client import RegistryClient
from gallery.registry.documents import Layer, Manifest, parse_referrers
from gallery.registry.errors import BadAnswer
from gallery.registry.types import HistoryEntry, ImageConfig, Platform, Referrer
from portal.people.access import Actor
from portal.people.models import User
from tests.gallery.registry.test_real_registry import upload
from tests.lab.registry import Registry
from tests.standins.hub import HubStandIn

pytestmark = pytest.mark.django_db
NGINX = "/gallery/hub/library/nginx/image/1.27/"
LINUX = {"os": "linux", "architecture": "amd64"}
ARM = {"os": "linux", "architecture": "arm64"}
DIGEST = "sha256:" + "a" * 64
held: list[str] = []


def digests(*, actor: Actor) -> list[HostDigests]:
    return [HostDigests("00000000-0000-0000-0000-000000000001", "linux-host", "linux/amd64", tuple(held))]


@pytest.fixture
def host_with_images() -> Iterator[list[str]]:
    before = fits._providers.fits, fits._providers.images, fits._providers.digests
    fits.set_providers(fits=before[0], images=before[1], digests=digests)
    held.clear()
    yield held
    fits.set_providers(fits=before[0], images=before[1], digests=before[2])


@pytest.fixture
def client(deployer: User, client_of: Callable[[User | None], Client]) -> Client:
    return client_of(deployer)


def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def test_docker_hubs_layers_without_a_counted_pull(
    client: Client, hub: HubStandIn, host_with_images: list[str]
) -> None:
    text = text_of(client, NGINX)
    assert "ADD file:1 in /" in text
    assert "EXPOSE 80" in text
    assert "linux/arm/v7" in text
    assert "unknown/unknown" not in text
    assert "counts as one pull" in text
    assert "linux-host" in text
    assert "The registry does not say" in text
    assert "/deploy/?image=nginx%3A1.27" in text
    arm = text_of(client, f"{NGINX}?platform=linux/arm64/v8")
    assert arm != text


def test_a_tag_that_is_not_there_and_a_hub_that_is_away(client: Client, hub: HubStandIn) -> None:
    text_of(client, "/gallery/hub/library/nginx/image/nothing/", 404)
    hub.switches.status = 503
    assert "Offline: Docker Hub" in text_of(client, NGINX)
    hub.switches.status = 0


@pytest.mark.parametrize("switch", ["wall", "truncated", "limit"])
def test_the_page_renders_whatever_the_hub_answers(client: Client, hub: HubStandIn, switch: str) -> None:
    setattr(hub.switches, switch, {"wall": "all", "truncated": True, "limit": "date"}[switch])
    text = text_of(client, NGINX)
    assert "Offline: Docker Hub" in text or "Limited: Docker Hub" in text


def test_no_images_and_no_digest(client: Client, hub: HubStandIn) -> None:
    assert "No platform is known" in text_of(client, "/gallery/hub/acme/windows-app/image/old/")


def test_everything_of_an_image_at_a_registry(client: Client, registry: Registry, host_with_images: list[str]) -> None:
    digest = upload(registry.url, "pages/image", "1", LINUX, ARM)
    path = f"/gallery/{registry.netloc}/pages/image/image/1/"
    text = text_of(client, path)
    for words in ("80/tcp", "linux/arm64", digest[7:19], "Healthcheck"):
        assert words in text
    assert "is there already" not in text
    held.append(f"{registry.netloc}/pages/image@{digest}")
    text = text_of(client, path)
    assert "is there already" in text
    assert "nothing" in text
    text_of(client, f"/gallery/{registry.netloc}/pages/image/image/2/", 404)


def test_steps_and_layers_go_together() -> None:
    manifest = Manifest("c", 1, (Layer("sha256:1", 10), Layer("sha256:2", 20)))
    history = (HistoryEntry("", "ADD"), HistoryEntry("", "ENV", empty=True), HistoryEntry("", "RUN"))
    config = ImageConfig(Platform("linux", "amd64"), history=history)
    assert steps_of(manifest, config) == (
        LayerRow("ADD", "sha256:1", 10),
        LayerRow("ENV", "", 0),
        LayerRow("RUN", "sha256:2", 20),
    )
    wrong = ImageConfig(Platform("linux", "amd64"), history=history[:2])
    assert [row.instruction for row in steps_of(manifest, wrong)] == ["", ""]
    assert [row.digest for row in steps_of(manifest, None)] == ["sha256:1", "sha256:2"]


INDEX = {
    "manifests": [
        {"digest": DIGEST, "size": 7, "artifactType": "application/vnd.dev.cosign.artifact.sig.v1+json"},
        {"digest": "sha256:" + "b" * 64, "artifactType": "application/spdx+json", "annotations": "odd"},
        {"size": 3},
        "odd",
    ]
}


def registry_with(answers: dict[str, httpx.Response]) -> RegistryClient:
    def handle(request: httpx.Request) -> httpx.Response:
        return answers.get(request.url.path, httpx.Response(404, text="404 page not found"))

    return RegistryClient("https://registry.test", transport=httpx.MockTransport(handle))


def test_what_refers_to_an_image() -> None:
    client = registry_with({f"/v2/a/b/referrers/{DIGEST}": httpx.Response(200, json=INDEX)})
    assert [one.word for one in client.referrers("a/b", DIGEST)] == ["Signature", "SBOM"]


def test_the_tag_that_stands_for_referrers_is_looked_at_where_that_is_free() -> None:
    tag = DIGEST.replace(":", "-")
    answers = {f"/v2/a/b/manifests/{tag}": httpx.Response(200, json=INDEX)}
    assert len(registry_with(answers).referrers("a/b", DIGEST)) == 2
    assert registry_with(answers).referrers("a/b", DIGEST, fallback=False) == ()
    assert registry_with({}).referrers("a/b", DIGEST) == ()


def test_referrers_that_make_no_sense() -> None:
    assert parse_referrers(b"{}") == ()
    assert parse_referrers(json.dumps({"manifests": [{"digest": "x"}]}).encode()) == (Referrer("x", ""),)
    with pytest.raises(BadAnswer):
        parse_referrers(b"[")
