"""The Docker endpoint: TLS connections of Docker clients, each known by its certificate or token, watched, bounded."""

import asyncio
import contextlib
import hashlib
import logging
import ssl
import tempfile
from collections import Counter
from datetime import timedelta
from uuid import UUID

from hosts.consumers.threads import in_database
from hosts.services.authorities import authorities_believed, authority_serving

from .addresses import server_names
from .callers import Caller, caller_by_certificate, caller_by_token, callers_gone, hosts_gone
from .conversation import Conversation
from .errors import Told
from .gate import Gate
from .listener import keep_alive
from .records import Records
from .registry import Registry
from .tls import Channel
from .x509 import Pair, server_make

log = logging.getLogger(__name__)

HANDSHAKE_SECONDS = 10.0
MOST_CLIENTS = 12_000
MOST_UNKNOWN = 256  # connections of one address that have not shown who they are
MOST_PER_CALLER = 1024
WATCH_SECONDS = 1.0
RENEW_SECONDS = 3600.0
HOST_SILENT = timedelta(seconds=45)
KNOWN_SECONDS = 1.0


def server_context(pair: Pair, believed: list[str]) -> ssl.SSLContext:
    """TLS 1.2 or newer; a client certificate of our own authority, or none (then a token)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_OPTIONAL
    context.num_tickets = 0  # every docker command is a process of its own; none would come back with a ticket
    context.load_verify_locations(cadata="".join(believed))
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:  # 0600; OpenSSL's wrapper reads files alone
        file.write(pair.certificate + pair.key)
        file.flush()
        context.load_cert_chain(file.name)
    return context


class Endpoint:
    """Serves Docker clients. Opens nothing until `start`."""

    def __init__(self, registry: Registry, host: str, port: int) -> None:
        self._registry, self._host, self._port = registry, host, port
        self._gate = Gate(registry)
        self.records = Records()
        self._context: ssl.SSLContext | None = None
        self._believed: list[str] = []
        self._server: asyncio.Server | None = None
        self._clients: dict[asyncio.Task[None], tuple[Channel, Conversation | None]] = {}
        self._unknown: Counter[str] = Counter()
        self._callers: dict[str, tuple[float, Caller]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None, "it listens after start()"  # noqa: S101
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listen. Raises OSError, SecretUnreadable."""
        await self._renew()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._channel, self._host, self._port, backlog=512)
        for work in (self.records.run(), self._watch(), self._renew_forever()):
            self._tasks.append(asyncio.create_task(work))

    async def stop(self) -> None:
        """Cut every client, so that none takes this for an end in order, and write what the audit still lacks."""
        if self._server is not None:
            self._server.close()
        for task, (channel, _conversation) in list(self._clients.items()):
            channel.reset()
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.records.flush()

    # -- one client

    def _channel(self) -> Channel:
        assert self._context is not None  # noqa: S101 - for the type checker; start() makes it
        return Channel(self._context, self._come_in)

    def _come_in(self, channel: Channel) -> None:
        transport = channel.transport
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        if len(self._clients) >= MOST_CLIENTS or self._unknown[address] >= MOST_UNKNOWN:
            transport.abort()
            return
        keep_alive(transport.get_extra_info("socket"))
        task = asyncio.get_running_loop().create_task(self._serve(channel, address), name="docker-client")
        self._clients[task] = (channel, None)
        task.add_done_callback(lambda done: self._clients.pop(done, None))

    async def _serve(self, channel: Channel, address: str) -> None:
        self._unknown[address] += 1
        try:
            try:
                async with asyncio.timeout(HANDSHAKE_SECONDS):
                    await channel.handshake()
            finally:
                self._unknown[address] -= 1
                if self._unknown[address] <= 0:
                    del self._unknown[address]
            fingerprint = hashlib.sha256(channel.certificate).hexdigest() if channel.certificate else ""
            conversation = Conversation(
                channel,
                lambda token, host: self._known(fingerprint, token, host, address),
                self._registry,
                self._gate,
                self.records,
            )
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - for the type checker
            self._clients[task] = (channel, conversation)
            await conversation.run()
        except (ssl.SSLError, OSError, TimeoutError) as error:
            log.debug("a client at %s did not get in: %s", address, error)
            channel.reset()
        except Exception:
            log.exception("a Docker client at %s", address)
            channel.reset()

    async def _known(self, fingerprint: str, token: str, host: str, address: str) -> Caller:
        """By certificate, else by token. Raises Told."""
        key = f"{fingerprint}/{token}/{host}"
        now = asyncio.get_running_loop().time()
        at, caller = self._callers.get(key, (0.0, None))
        if caller is not None and now - at < KNOWN_SECONDS:
            return caller
        if fingerprint:
            caller = await in_database(caller_by_certificate, fingerprint, address)
            if host and host not in (caller.host.name, str(caller.host.pk)):
                raise Told(403, f"This client certificate is for {caller.host.name}, not for {host[:120]}.", close=True)
        elif token:
            caller = await in_database(caller_by_token, token, host, address)
        else:
            raise Told(
                401, "Show who you are: a Docker context downloaded from the portal, or an API token.", close=True
            )
        self._callers[key] = (now, caller)
        return caller

    # -- what changes meanwhile

    async def _watch(self) -> None:
        """Once a second: cut whoever may not be here any more, and the lines of hosts that are gone."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                await self.watch_once()
            except Exception:
                log.exception("watching the Docker clients")

    async def watch_once(self) -> int:
        """Returns how many clients were cut."""
        now = asyncio.get_running_loop().time()
        self._callers = {key: known for key, known in self._callers.items() if now - known[0] < KNOWN_SECONDS}
        callers = [talk.caller for _channel, talk in self._clients.values() if talk is not None and talk.caller]
        certificates = list({one.certificate for one in callers if one.certificate is not None})
        tokens = list({one.token for one in callers if one.token is not None})
        cut = 0
        if certificates or tokens:
            gone, lost = await in_database(callers_gone, certificates, tokens)
            cut = self._cut(gone, lost)
        if hosts := self._registry.hosts():
            for host_id in await in_database(hosts_gone, hosts, HOST_SILENT):
                log.warning("%d streams of host %s were cut", self._registry.cut(host_id), host_id)
        return cut

    def _cut(self, certificates: set[UUID], tokens: set[int]) -> int:
        cut = 0
        for task, (channel, talk) in list(self._clients.items()):
            caller = talk.caller if talk is not None else None
            if caller is not None and (caller.certificate in certificates or caller.token in tokens):
                channel.reset()
                task.cancel()
                cut += 1
        self._callers.clear()
        return cut

    async def _renew_forever(self) -> None:
        """A new certificate of our own once an hour, or at once when the authorities have changed."""
        waited = 0.0
        while True:
            await asyncio.sleep(WATCH_SECONDS * 5)
            waited += WATCH_SECONDS * 5
            with contextlib.suppress(Exception):
                if waited >= RENEW_SECONDS or await in_database(authorities_believed) != self._believed:
                    await self._renew()
                    waited = 0.0

    async def _renew(self) -> None:
        pair = await in_database(authority_serving)
        self._believed = await in_database(authorities_believed)
        own = await asyncio.to_thread(lambda: server_make(pair, names=server_names()))
        self._context = server_context(own, self._believed)
