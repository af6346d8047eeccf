"""Where gallery items come from, and the clients that ask there: one per address and process, shared by its threads."""

import atexit
import hashlib
import ssl
import threading
from dataclasses import dataclass, field

import httpx
from django.conf import settings

from .fetch import is_loopback
from .hub.budget import Budget
from .hub.client import HubClient
from .hub.remembered import Remembered
from .hub.session import HubSession
from .pulls import pulls_note
from .registry.auth import Credentials
from .registry.client import RegistryClient
from .registry.reference import HUB_NAMES
from .sharing import shared

HUB = "hub"
MARKETPLACE = "azure"
MOST_CLIENTS = 64


@dataclass(frozen=True)
class Source:
    """slug: in addresses: "hub", "azure" or the registry's host and port. title: for people."""

    slug: str
    title: str

    @property
    def is_hub(self) -> bool:
        return self.slug == HUB

    @property
    def is_marketplace(self) -> bool:
        """Its images are of machines, not of containers."""
        return self.slug == MARKETPLACE


HUB_SOURCE = Source(HUB, "Docker Hub")
MARKETPLACE_SOURCE = Source(MARKETPLACE, "Azure Marketplace")


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


@dataclass(frozen=True)
class Access:
    """As whom a registry or Docker Hub is asked. account: a key that changes with the secret, "" for nobody.

    certificates: PEM of a private authority that has signed the registry's certificate.
    """

    account: str = ""
    username: str = ""
    secret: str = field(default="", repr=False)
    certificates: str = field(default="", repr=False)

    @property
    def credentials(self) -> Credentials | None:
        return Credentials(self.username, self.secret) if self.username or self.secret else None

    def source(self, name: str) -> str:
        """The source's name for answers: those of an account are kept apart from everybody's."""
        return f"{name}#{self.account}" if self.account else name


ANONYMOUS = Access()


class _Clients:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._registries: dict[tuple[str, Access], RegistryClient] = {}
        self._hubs: dict[tuple[str, Access, bool], HubClient] = {}
        self._sessions: dict[tuple[str, Access], HubSession] = {}

    def hub(self, url: str, access: Access, urgent: bool) -> HubClient:
        key = (url, access, urgent)
        with self._lock:
            if key not in self._hubs:
                if len(self._hubs) >= MOST_CLIENTS:
                    self._hubs.pop(next(iter(self._hubs)))
                self._hubs[key] = HubClient(
                    url,
                    seconds=float(settings.OUTSIDE_TIMEOUT_SECONDS),
                    budget=hub_budget(url, access),
                    remembered=Remembered(shared(), access.account, _digest),
                    bearer=self._session(url, access) if access.username else None,
                    urgent=urgent,
                )
            return self._hubs[key]

    def _session(self, url: str, access: Access) -> HubSession:
        if (url, access) not in self._sessions:
            if len(self._sessions) >= MOST_CLIENTS:
                self._sessions.pop(next(iter(self._sessions)))
            self._sessions[url, access] = HubSession(
                url,
                access.account,
                access.username,
                access.secret,
                store=shared(),
                budget=hub_budget(url, access),
                seconds=float(settings.OUTSIDE_TIMEOUT_SECONDS),
            )
        return self._sessions[url, access]

    def registry(self, url: str, access: Access) -> RegistryClient:
        with self._lock:
            found = self._registries.get((url, access))
            if found is None:
                if len(self._registries) >= MOST_CLIENTS:
                    self._registries.pop(next(iter(self._registries)))
                found = RegistryClient(
                    url,
                    credentials=access.credentials,
                    verify=_verifying(access.certificates),
                    seconds=float(settings.OUTSIDE_TIMEOUT_SECONDS),
                    on_pulls=pulls_note(httpx.URL(url).netloc.decode("ascii"), access.account),
                )
                self._registries[url, access] = found
            return found

    def close(self) -> None:
        with self._lock:
            closes = [one.close for one in self._registries.values()]
            closes += [one.close for one in self._hubs.values()]
            closes += [one.close for one in self._sessions.values()]
            for close in closes:
                close()
            self._registries.clear()
            self._hubs.clear()
            self._sessions.clear()


def _verifying(certificates: str) -> ssl.SSLContext | bool:
    """The usual authorities, and a private one beside them. Raises ssl.SSLError when its text is no certificate."""
    if not certificates:
        return True
    context = ssl.create_default_context()
    context.load_verify_locations(cadata=certificates)
    return context


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_clients = _Clients()
atexit.register(_clients.close)


def hub_budget(url: str = "", access: Access = ANONYMOUS) -> Budget:
    """What may be asked of Docker Hub as `access`, by all processes together."""
    return Budget(shared(), f"{url or settings.HUB_URL}:{access.account}")


def registry_client(host: str, access: Access = ANONYMOUS) -> RegistryClient:
    """The client of the registry at `host`; "" is the default registry."""
    return _clients.registry(registry_url(host), access)


def hub_client(access: Access = ANONYMOUS, *, urgent: bool = True) -> HubClient:
    """The client of Docker Hub's web API, at PIERHEAD_HUB_URL. urgent: a person waits; jobs leave them a part."""
    return _clients.hub(settings.HUB_URL, access, urgent)


def clients_close() -> None:
    """Close every connection to the outside; the next question opens new ones."""
    _clients.close()
