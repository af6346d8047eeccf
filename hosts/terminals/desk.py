"""The terminals of this portal node, by id."""

import asyncio
from collections.abc import Callable

from hosts.engine_calls.line import Opener
from hosts.engine_calls.permits import Permit
from portal.problems import NotFound, TooMany

from .session import Session, Wish

PER_USER = 10
PER_NODE = 200
KEPT_AFTER_END = 60.0  # so that a page which comes back sees how it ended


class Desk:
    """Opens sessions and finds them again."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def open(
        self, permit: Permit, wish: Wish, *, user_id: int, opener: Opener, on_end: Callable[[Session], None]
    ) -> Session:
        """A new session of a user. Raises TooMany. Its `opened` says whether it worked."""
        live = [one for one in self._sessions.values() if not one.ended]
        if len(live) >= PER_NODE or sum(1 for one in live if one.user_id == user_id) >= PER_USER:
            raise TooMany("Too many terminals are open. End one of yours first.", retry_after=60)
        session = Session(permit, wish, user_id=user_id, opener=opener)
        self._sessions[session.id] = session

        def ended(one: Session) -> None:
            on_end(one)
            asyncio.get_running_loop().call_later(KEPT_AFTER_END, self._sessions.pop, one.id, None)

        session.on_end = ended
        return session

    def find(self, session_id: str, *, permit: Permit, user_id: int) -> Session:
        """A session of this container that the user may see. Raises NotFound."""
        found = self._sessions.get(session_id)
        if found is None or found.permit.cid != permit.cid or found.permit.host_id != permit.host_id:
            raise NotFound("This terminal is over, or was opened by another portal node.", code="terminal-not-found")
        if not found.may_look(user_id):
            raise NotFound("Its owner does not share this terminal.", code="terminal-not-found")
        return found

    def of(self, permit: Permit, user_id: int) -> list[Session]:
        """The sessions of a container that are live and that the user may see."""
        return [
            one
            for one in self._sessions.values()
            if not one.ended
            and one.permit.cid == permit.cid
            and one.permit.host_id == permit.host_id
            and one.may_look(user_id)
        ]


DESK = Desk()
