"""The way from the gateway to the hosts: the database says who is connected, the channel layer carries the request."""

from uuid import UUID

from django.conf import settings

from hosts import dispatch
from hosts.consumers.threads import in_database
from hosts.models import Host
from hosts.models.hosts import HostState
from portal.problems import NotFound

from .registry import HostKey


class PortalFleet:
    """local: address of this node's listener on this machine, known once it listens."""

    def __init__(self) -> None:
        self.local = ""

    async def look(self, host_id: UUID) -> HostKey:
        return await in_database(host_look, host_id)

    async def ask(self, host_id: UUID, *, stream_id: str, token: str) -> None:
        await dispatch.stream_ask(host_id, stream_id=stream_id, token=token, local=self.local, public=streams_url())


def host_look(host_id: UUID) -> HostKey:
    """What the registry must know. Raises HostAway, NotFound."""
    host = Host.objects.filter(pk=host_id).first()
    if host is None:
        raise NotFound("There is no such host.")
    if host.state != HostState.ONLINE:
        raise dispatch.host_away(host)
    return HostKey(host.name, bytes.fromhex(host.public_key))


def streams_url() -> str:
    """Where agents on other machines reach this node's stream listener."""
    if settings.STREAMS_URL:
        return str(settings.STREAMS_URL)
    scheme, _, rest = settings.PUBLIC_URL.partition("://")
    return f"{'wss' if scheme == 'https' else 'ws'}://{rest}"
