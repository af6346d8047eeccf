"""Where gallery items come from, and the clients that ask there: one per address and process, shared by its threads."""

import atexit
import threading
from dataclasses import dataclass

import httpx
from django.conf import settings

from .fetch import is_loopback
from .hub.client import HubClient
from .registry.client import RegistryClient
from .registry.reference import HUB_NAMES

HUB = "hub"


@dataclass(frozen=True)
class Source:
    """slug: in addresses: "hub" or the registry's host and port. title: for people."""

    slug: str
    title: str

    @property
    def is_hub(self) -> bool:
        return self.slug == HUB


HUB_SOURCE = Source(HUB, "Docker Hub")


def default_registry_host() -> str:
    """Host and port of PIERHEAD_REGISTRY_URL: "registry-1.docker.io", "127.0.0.1:5000"."""
    return httpx.URL(settings.REGISTRY_URL).netloc.decode("ascii")


def default_registry_is_hub() -> bool:
    """Whether images without a registry host are resolved at Docker Hub itself."""
    return default_registry_host() in HUB_NAMES


def source_of(slug: str) -> Source:
    """The source of that slug; any registry's host and port is one."""
    return HUB_SOURCE if slug == HUB or slug in HUB_NAMES else Source(slug, slug)


def named_registry() -> Source | None:
    """The registry that PIERHEAD_REGISTRY_URL names, None when that is Docker Hub."""
    if default_registry_is_hub():
        return None
    host = default_registry_host()
    return Source(host, host)


def registry_url(host: str) -> str:
    """The address to ask for a reference's host; "" is the default registry. Plain http is for this machine only."""
    if not host or host == default_registry_host():
        return str(settings.REGISTRY_URL)
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return f"{'http' if is_loopback(name) else 'https'}://{host}"


class _Clients:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._registries: dict[str, RegistryClient] = {}
        self._hubs: dict[str, HubClient] = {}

    def hub(self, url: str) -> HubClient:
        with self._lock:
            if url not in self._hubs:
                self._hubs[url] = HubClient(url, seconds=float(settings.OUTSIDE_TIMEOUT_SECONDS))
            return self._hubs[url]

    def registry(self, url: str) -> RegistryClient:
        with self._lock:
            found = self._registries.get(url)
            if found is None:
                if len(self._registries) >= 64:
                    self._registries.pop(next(iter(self._registries)))
                found = RegistryClient(url, seconds=float(settings.OUTSIDE_TIMEOUT_SECONDS))
                self._registries[url] = found
            return found

    def close(self) -> None:
        with self._lock:
            for registry in self._registries.values():
                registry.close()
            for hub in self._hubs.values():
                hub.close()
            self._registries.clear()
            self._hubs.clear()


_clients = _Clients()
atexit.register(_clients.close)


def registry_client(host: str) -> RegistryClient:
    """The client of the registry at `host`; "" is the default registry."""
    return _clients.registry(registry_url(host))


def hub_client() -> HubClient:
    """The client of Docker Hub's web API, at PIERHEAD_HUB_URL."""
    return _clients.hub(settings.HUB_URL)


def clients_close() -> None:
    """Close every connection to the outside; the next question opens new ones."""
    _clients.close()
