"""One client's connection, request after request: who, may they, and on to the host."""

import logging
import ssl
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from engine_agent.protocol.chunks import Chunked, Counted, body_of
from engine_agent.protocol.heads import CHUNKED, Garbled, RequestHead, request_head
from hosts.policy import Unclear
from portal.problems import Problem

from .callers import Caller
from .errors import Told, answer
from .exchange import Exchange
from .gate import Gate, Passed
from .inbox import Inbox
from .inquiry import ENGINE
from .line import AgentLine
from .records import Record, Records, worth_it
from .registry import Registry
from .stream import StreamFailed, StreamLost
from .tls import Channel

log = logging.getLogger(__name__)

MAX_JUDGED = 2 * 1024 * 1024
# Never passed on. On a unix socket the docker client asks for no compression; over TLS it does, and the engine then
# spends ten times the work of a `docker cp` on it.
OURS = frozenset({b"authorization", b"x-pierhead-host", b"accept-encoding"})
PREFIX = "/hosts/"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Known = Callable[[str, str], Awaitable[Caller]]
"""From a token and a host's name or id ("" where the certificate says both) to the caller; raises Told."""


class Conversation:
    """Runs until the client or the gateway ends it."""

    def __init__(self, channel: Channel, known: Known, registry: Registry, gate: Gate, records: Records) -> None:
        self._channel, self._known = channel, known
        self._registry, self._gate, self._records = registry, gate, records
        self._inbox = Inbox(channel.read)
        self.caller: Caller | None = None

    async def run(self) -> None:
        """Never raises for what a client or a host does."""
        try:
            while await self._next():
                pass
        except (Garbled, Told) as told:
            await self._say(told.status, str(told), close=True)
        except (ConnectionError, ssl.SSLError, TimeoutError):
            self._channel.reset()
            return
        except (StreamLost, StreamFailed):
            self._channel.reset()  # an end in order would make a client believe that it has everything
            return
        await self._channel.close()

    async def _next(self) -> bool:
        """One request. True: another one may follow on this connection."""
        raw = await self._inbox.head()
        if not raw:
            return False
        head = request_head(raw)
        try:
            caller, target = await self._who(head)
            self.caller = caller
            return await self._carry(caller, head, target)
        except Told as told:
            return await self._refuse(head, told)

    async def _who(self, head: RequestHead) -> tuple[Caller, str]:
        scheme, _, secret = head.value(b"authorization").partition(" ")
        if secret and scheme.lower() != "bearer":
            raise Told(401, "Only API tokens are understood: `Authorization: Bearer TOKEN`.", close=True)
        host, target = _split(head.target)
        return await self._known(secret.strip(), host or head.value(b"x-pierhead-host")), target

    async def _carry(self, caller: Caller, head: RequestHead, target: str) -> bool:
        body: bytes | None = b""
        if head.body:
            body = await self._judged_body(head, target)
        kind = head.value(b"content-type")
        try:
            passed = await self._gate.judge(
                caller, method=head.method, target=target, body=body, content_type=kind, upgrade=head.upgrade
            )
        except Problem as problem:
            raise Told(503, str(problem.detail), rule=problem.code) from problem
        except ValueError as error:
            raise Told(502, f"The engine on {caller.host.name} gave no usable answer.", rule="engine-answer") from error
        if not passed.decision.allowed:
            decision = passed.decision
            self._record(caller, passed, head, decision.status, denied=True)
            raise Told(decision.status, decision.message, rule=decision.rule, close=body is None)
        return await self._pass_on(caller, head, target, body, passed)

    async def _judged_body(self, head: RequestHead, target: str) -> bytes | None:
        """The whole body where it has to be judged, else None: it is a stream. Raises Told."""
        try:
            if not self._gate.body_wanted(head.method, target):
                return None
        except Unclear:
            return None  # the gate says what is wrong
        if head.body > MAX_JUDGED:
            raise Told(413, "The request's body is too large.", rule="body-too-large", close=True)
        if head.expects:
            await self._channel.write(CONTINUE)
        reader: Chunked | Counted = Chunked() if head.body == CHUNKED else Counted(head.body)
        whole = bytearray()
        if isinstance(reader, Chunked):
            reader.content = whole
        while not reader.done:
            piece = await self._inbox.piece()
            taken = reader.feed(piece)
            if isinstance(reader, Counted):
                whole += piece[:taken]
            self._inbox.rest = piece[taken:] + self._inbox.rest
            if len(whole) > MAX_JUDGED:
                raise Told(413, "The request's body is too large.", rule="body-too-large", close=True)
        return bytes(whole)

    async def _pass_on(
        self, caller: Caller, head: RequestHead, target: str, body: bytes | None, passed: Passed
    ) -> bool:
        sent_body = body if passed.body is None else passed.body
        drop = OURS | {b"expect"} if body is not None else OURS
        if body is None:
            sent = head.raw(target=target, drop=drop)
        else:
            whole = sent_body or b""
            sent = head.raw(target=target, drop=drop, length=len(whole) if head.body else None) + whole
        while True:
            line = await self._line(caller)
            exchange = self._exchange(caller, line, head, sent, body is None, passed)
            try:
                await exchange.run()
            except (StreamLost, StreamFailed) as problem:
                again = line.uses > 1 and body is not None and head.method in ("GET", "HEAD")
                if again and not exchange.started:
                    continue  # the connection was one that others had used, and had ended meanwhile
                self._record(caller, passed, head, 503)
                if exchange.started:
                    raise
                words = str(problem.detail)
                raise Told(503, f"{caller.host.name}: {words}", rule=problem.code, close=True) from problem
            finally:
                await self._put_back(caller, line)
            return exchange.keep

    def _exchange(
        self, caller: Caller, line: AgentLine, head: RequestHead, sent: bytes, streamed: bool, passed: Passed
    ) -> Exchange:
        made = passed.decision.rule == "exec.create" and caller.role != "admin"
        return Exchange(
            self._channel,
            self._inbox,
            line,
            head,
            sent=sent,
            body=body_of(head.body if streamed else 0),
            filter=passed.filter,
            lines=passed.lines,
            made=(lambda value: self._exec_made(caller, value)) if made else None,
            seen=lambda status: self._record(caller, passed, head, status),
        )

    async def _exec_made(self, caller: Caller, value: Any) -> None:
        if isinstance(value, dict) and isinstance(value.get("Id"), str):
            await self._gate.exec_made(caller, value["Id"])

    async def _line(self, caller: Caller) -> AgentLine:
        try:
            return await self._registry.take(caller.host.pk, ENGINE)
        except Problem as problem:
            raise Told(503, str(problem.detail), rule=problem.code) from problem

    async def _put_back(self, caller: Caller, line: AgentLine) -> None:
        if line.clean:
            self._registry.give_back(caller.host.pk, line)
        else:
            self._registry.drop(caller.host.pk, line)

    # -- answers of ours

    async def _refuse(self, head: RequestHead, told: Told) -> bool:
        """Answer, and go on if the connection is still in order: what body there is was read, or there is none."""
        unread = head.body and not told.rule  # refused before its body was looked at
        close = told.close or bool(unread) or head.upgrade or not head.keep
        await self._say(told.status, told.message, close=close, head_only=head.method == "HEAD")
        return not close

    async def _say(self, status: int, message: str, *, close: bool, head_only: bool = False) -> None:
        try:
            await self._channel.write(answer(status, message, close=close, head_only=head_only))
        except (ConnectionError, ssl.SSLError):
            log.debug("a client did not wait for its answer")

    def _record(self, caller: Caller, passed: Passed, head: RequestHead, status: int, *, denied: bool = False) -> None:
        decision = passed.decision
        if worth_it(head.method, decision.rule, denied):
            path = passed.request.path
            self._records.add(Record(caller, head.method, path, decision.rule, status, denied, decision.message))


def _split(target: str) -> tuple[str, str]:
    """The host in "/hosts/NAME/v1.41/info" and the rest; "" and the whole where no host is named."""
    if not target.startswith(PREFIX):
        return "", target
    name, slash, rest = target[len(PREFIX) :].partition("/")
    return unquote(name), slash + rest
