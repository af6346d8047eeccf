"""What the agent asks before it carries anything out, whatever the portal wants."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from ..engine import Engine, EngineError
from ..engine.containers import containers_list
from ..os_host import real_path
from ..protocol.bodies import CommandBody, Deploy, QueryBody
from ..protocol.messages import Answer, Query
from ..protocol.policy import Place, Refusal, Unresolvable, decide, decide_query, decide_request
from ..protocol.policy.refusal import FILE
from ..protocol.policy.requests import Query as Words
from ..protocol.policy.requests import action_of, reads_body
from ..work.desk import Order
from ..work.outcome import Outcome
from .file import Policy, PolicyFile

POLICY_CODE = "policy"
PROJECT_LABEL = "com.docker.compose.project"
CarryOut = Callable[[Order], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of the Engine API. path, query: as sent, still quoted; body: the very bytes that are forwarded."""

    method: str
    path: str
    query: str = ""
    body: bytes | None = None
    content_type: str = ""

    @property
    def body_needed(self) -> bool:
        """Whether the decision reads the body: then it must be here whole."""
        return reads_body(self.method, self.path)


class Guard:
    """The policy at work. Every decision reads the file as it is then."""

    def __init__(self, file: PolicyFile, engine: Engine, *, guarded: tuple[Path, ...] = ()) -> None:
        self._file = file
        self._engine = engine
        socket = engine.address.removeprefix("unix://") if engine.address.startswith("unix://") else ""
        self._place = Place(
            real=follow,
            sockets=tuple(dict.fromkeys((socket, *_real(socket)))) if socket else (),
            guarded=tuple(str(path) for path in (file.path.parent, *guarded)),
        )

    @property
    def policy(self) -> Policy:
        """What holds now."""
        return self._file.current()

    @property
    def armed(self) -> bool:
        """Whether there is anything to forbid: a file, or one that cannot be honoured."""
        policy = self.policy
        return policy.rules is not None or bool(policy.trouble)

    async def refusal(self, body: CommandBody) -> Refusal | None:
        """Why a command may not be carried out."""
        policy = self.policy
        if policy.rules is None:
            return _unusable(policy)
        others = 0
        if isinstance(body, Deploy) and policy.rules.maximum_containers is not None:
            others = await self._count(but=body.project)
        return decide(policy.rules, body, self._place, others=others)

    async def request_refusal(self, asked: Asked) -> Refusal | None:
        """Why a request of a Docker client may not be passed on."""
        policy = self.policy
        if policy.rules is None:
            return _unusable(policy) if action_of(asked.method, asked.path) != "read" else None
        there = 0
        if policy.rules.maximum_containers is not None and action_of(asked.method, asked.path) == "create":
            there = await self._count()
        return self.decide_request(
            asked.method, asked.path, asked.query, asked.body, content_type=asked.content_type, containers=there
        )

    def decide_request(
        self,
        method: str,
        path: str,
        query: Words | str = "",
        body: bytes | None = None,
        *,
        content_type: str = "",
        containers: int = 0,
    ) -> Refusal | None:
        """The same for one request, without looking how many containers there are."""
        policy = self.policy
        if policy.rules is None:
            return _unusable(policy) if action_of(method, path) != "read" else None
        return decide_request(
            policy.rules,
            method,
            path,
            query,
            body,
            self._place,
            content_type=content_type,
            containers=containers,
        )

    def query_refusal(self, body: QueryBody) -> Refusal | None:
        """Why a question may not be answered. Reading harms nothing, so a broken policy does not forbid it."""
        rules = self.policy.rules
        return decide_query(rules, body) if rules is not None else None

    def answer(self, query: Query) -> Answer | None:
        """The answer to a question that is not allowed; None: it is allowed."""
        refusal = self.query_refusal(query.body)
        return None if refusal is None else Answer(query.id, error=f"{refusal}", code=POLICY_CODE)

    def watching(self, carry_out: CarryOut) -> CarryOut:
        """The same carrying out, for what the owner allows."""

        async def carry(order: Order) -> Outcome:
            try:
                refusal = await self.refusal(order.body)
            except EngineError as error:
                return Outcome("failed", f"The policy of this host cannot be applied: {error}", "engine-gone")
            return await carry_out(order) if refusal is None else refused(refusal)

        return carry

    async def _count(self, *, but: str = "") -> int:
        rows = await containers_list(self._engine)
        return sum(1 for row in rows if not but or (row.labels or {}).get(PROJECT_LABEL) != but)


def refused(refusal: Refusal) -> Outcome:
    """The end of a command that the owner does not allow."""
    text = f"{refusal}. The owner of the host can change it there: “engine-agent policy show”"
    return Outcome("failed", text, POLICY_CODE, result={"rule": refusal.rule})


def follow(path: str) -> str:
    """Where a path of this machine leads. Raises Unresolvable."""
    try:
        return real_path(path)
    except OSError as error:
        raise Unresolvable(f"the agent may not look where that leads ({error.strerror or error})") from error


def _real(path: str) -> tuple[str, ...]:
    try:
        return (real_path(path),)
    except OSError:
        return ()


def _unusable(policy: Policy) -> Refusal | None:
    """Without a file all is allowed; with one that cannot be honoured nothing is."""
    if not policy.trouble:
        return None
    return Refusal(FILE, f"The policy file of this host cannot be honoured ({policy.trouble})")
