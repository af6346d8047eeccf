"""Docker Hub as a stand-in on a loopback port, and hosts that can run something."""

from collections.abc import Iterator, Sequence

import pytest
from pytest_django.fixtures import Settings

from gallery import fits
from gallery.fits import Fit, HostImage
from gallery.registry.types import Platform
from gallery.sources import clients_close
from portal.people.access import Actor
from tests.standins.hub import HubStandIn

LINUX_HOST = "11111111-1111-4111-8111-111111111111"
WINDOWS_HOST = "22222222-2222-4222-8222-222222222222"


@pytest.fixture(autouse=True)
def _no_connection_stays_open() -> Iterator[None]:
    yield
    clients_close()


@pytest.fixture
def hub(settings: Settings) -> Iterator[HubStandIn]:
    """The stand-in of Docker Hub, as the portal's Docker Hub; the default registry is Docker Hub's own."""
    standin = HubStandIn()
    with standin.serving() as url:
        settings.HUB_URL = url
        settings.REGISTRY_URL = "https://registry-1.docker.io"
        yield standin


def two_fits(*, actor: Actor, platforms: Sequence[Platform]) -> list[Fit]:
    """A Linux host and a Windows host, both amd64."""
    found = {(platform.os, platform.architecture) for platform in platforms}
    linux, windows = ("linux", "amd64") in found, ("windows", "amd64") in found
    return [
        Fit(LINUX_HOST, "linux-host", linux, "" if linux else "linux-host is linux/amd64."),
        Fit(WINDOWS_HOST, "windows-host", windows, "" if windows else "windows-host is windows/amd64."),
    ]


def one_image(*, actor: Actor, query: str = "", limit: int = 50) -> list[HostImage]:
    """nginx on the Linux host."""
    image = HostImage("nginx:1.27", 190_000_000, ((LINUX_HOST, "linux-host"),))
    return [image] if query in image.reference else []


@pytest.fixture
def known_hosts() -> Iterator[None]:
    """Two hosts answer which platforms they run and what they hold."""
    before = fits._providers.fits, fits._providers.images
    fits.set_providers(fits=two_fits, images=one_image)
    yield
    fits.set_providers(fits=before[0], images=before[1])
