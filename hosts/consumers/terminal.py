"""A terminal in a container, over /ws/terminal/{host}/{container}/.

browser -> portal   {"open": {"kind": "exec" | "attach", "shell", "command", "user", "columns", "rows"}}
                    {"join": session, "from": offset}
                    bytes: what is typed     {"resize": [columns, rows]}     {"end": 1}
                    {"share": "" | "read" | "control"}     the owner's
portal -> browser   {"session", "offset", "mine", "control", "share", "columns", "rows", "people", "label"}
                    bytes: what is shown, from `offset` on; acknowledged by the browser
                    {"skipped": bytes}       older output was left out before the bytes that follow
                    {"ended": text, "code": exit code or null}
"""

import asyncio
import contextlib
from typing import Any

from asgiref.sync import sync_to_async

from hosts.engine_calls.line import Opener
from hosts.engine_calls.permits import Permit, permit_require, permit_to_operate
from hosts.gateway.streams import open_stream
from hosts.selectors.policies import policy_of
from hosts.services.terminals import terminal_audit, terminal_ended
from hosts.terminals.desk import DESK, Desk
from hosts.terminals.recording import Recording
from hosts.terminals.session import ATTACH, EXEC, Session, Viewer, Wish
from hosts.terminals.shells import AUTO, command_of
from portal.problems import Invalid, NotAllowed

from .watching import WatchingConsumer

PIECE = 32 * 1024
MAX_TYPED = 64 * 1024
MAX_USER = 64

_ends: set[asyncio.Task[None]] = set()


class TerminalConsumer(WatchingConsumer):
    kind = "terminal"
    opener: Opener = staticmethod(open_stream)
    desk: Desk = DESK
    session: Session | None = None
    viewer: Viewer | None = None

    async def opened(self) -> None:
        self.permit = await self._permit()

    async def _permit(self) -> Permit:
        names = self.scope["url_route"]["kwargs"]
        return await permit_to_operate(self.actor, names["host_id"], names["cid"])

    async def still(self) -> None:
        try:
            self.permit = await self._permit()
        except Exception:
            if self.session is not None and self._mine:
                await self.session.end("Its owner may not use it any more.")
            raise
        if self.session is not None and not self.session.may_look(self._user_id):
            raise NotAllowed("Its owner does not share this terminal any more.")

    @property
    def _user_id(self) -> int:
        assert self.actor.user is not None  # noqa: S101 - a session has a user
        return self.actor.user.pk

    @property
    def _mine(self) -> bool:
        return self.session is not None and self.session.user_id == self._user_id

    async def heard(self, message: dict[str, Any]) -> None:
        if self.session is None:
            await (self._open(message["open"]) if "open" in message else self._join(message))
        elif "resize" in message:
            columns, rows = (max(1, min(int(value), 1000)) for value in message["resize"])
            if self.session.may_control(self._user_id) and not self.session.ended:
                await self.session.resize(columns, rows)
        elif "share" in message and self._mine:
            if message["share"] not in ("", "read", "control"):
                raise ValueError
            self.session.share = message["share"]
            await self._audit("terminal.share", share=message["share"] or "nobody")
            self.session.tell()
        elif "end" in message and self.session.may_control(self._user_id):
            await self.session.end(f"{self.actor.label} ended it.")

    async def heard_bytes(self, data: bytes) -> None:
        session = self.session
        if session is not None and not session.ended and session.may_control(self._user_id):
            if len(data) > MAX_TYPED:
                raise Invalid("That is too much to paste at once.")
            session.type(data)

    async def _open(self, wish: dict[str, Any]) -> None:
        kind = wish.get("kind", EXEC)
        if kind not in (EXEC, ATTACH):
            raise ValueError
        columns, rows = (max(1, min(int(wish.get(name, 80)), 1000)) for name in ("columns", "rows"))
        words: list[str] = []
        if kind == EXEC:
            try:
                words = command_of(self.permit.os, str(wish.get("shell", "auto")), str(wish.get("command", "")))
            except ValueError as error:
                raise Invalid(str(error)) from None
        title = "shell" if wish.get("shell", AUTO) == AUTO and not wish.get("command") else " ".join(words)
        wanted = Wish(kind, tuple(words), title, str(wish.get("user", ""))[:MAX_USER], columns, rows)
        actor, permit = self.actor, self.permit
        recording = await self._recording(wanted)

        def ended(one: Session) -> None:
            task = asyncio.create_task(terminal_ended(actor=actor, permit=permit, session=one, recording=recording))
            _ends.add(task)
            task.add_done_callback(_ends.discard)

        session = self.desk.open(permit, wanted, user_id=self._user_id, opener=self.opener, on_end=ended)
        if recording is not None:
            session.recorder, session.resized = recording.add, recording.resized
        await self._audit("terminal.open", what=wanted.label)
        try:
            await session.opened()
        except NotAllowed as problem:
            await self._audit("terminal.open", denied=problem, what=wanted.label)
            raise
        await self._look(session, 0)

    async def _recording(self, wanted: Wish) -> Recording | None:
        policy = await sync_to_async(policy_of, thread_sensitive=False)(self.permit.team.pk)
        if not policy.record_terminals:
            return None
        title = f"{wanted.label} in {self.permit.name} on {self.permit.host}"
        return Recording(columns=wanted.columns, rows=wanted.rows, title=title)

    async def _join(self, message: dict[str, Any]) -> None:
        session = self.desk.find(str(message["join"])[:80], permit=self.permit, user_id=self._user_id)
        if not session.may_control(self._user_id):
            permit_require(self.permit, "GET", f"/containers/{self.permit.cid}/logs")
        if session.user_id != self._user_id:
            await self._audit("terminal.join", owner=session.user_id, share=session.share)
        await self._look(session, max(0, int(message.get("from", 0))))

    async def _look(self, session: Session, position: int) -> None:
        self.session = session
        self.viewer = Viewer(self._user_id, self.actor.label, position=min(position, session.ring.end))
        session.join(self.viewer)
        self.begin(self._show(session, self.viewer))

    async def left(self) -> None:
        if self.session is not None and self.viewer is not None:
            self.session.leave(self.viewer)

    async def _show(self, session: Session, viewer: Viewer) -> None:
        """Output as far as the browser takes it, and what changes beside it."""
        while True:
            viewer.woken.clear()
            if viewer.changed:
                viewer.changed = False
                await self._tell(session, viewer)
            at, data = session.ring.since(viewer.position, PIECE)
            if at > viewer.position:
                await self.say({"skipped": at - viewer.position})
            if data:
                viewer.position = at + len(data)
                session.took()
                await self.send_counted(data)
                await self.credit.room()
            elif session.ended:
                await self.say({"ended": session.ending, "code": session.exit_code})
                return
            else:
                await viewer.woken.wait()

    async def _tell(self, session: Session, viewer: Viewer) -> None:
        people = sorted({one.label for one in session.viewers})
        await self.say(
            {
                "session": session.id,
                "offset": viewer.position,
                "mine": session.user_id == self._user_id,
                "control": session.may_control(self._user_id),
                "share": session.share,
                "columns": session.size[0],
                "rows": session.size[1],
                "people": people,
                "label": session.wish.label,
            }
        )

    async def _audit(self, action: str, denied: NotAllowed | None = None, **detail: Any) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await sync_to_async(terminal_audit, thread_sensitive=False)(
                actor=self.actor, permit=self.permit, action=action, denied=denied, detail=detail
            )
