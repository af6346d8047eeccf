"""The key of this host, and the one that follows it, through any crash on the way.

    identity.key    the key that the portal has proof of
    identity.next   made for a rotation; the portal may not know it yet
    identity.new    the portal has stored it: the next connection proves it, and then it becomes identity.key

Each step is one rename, so there is always a key that the portal accepts: it accepts both until the new one was proven.
"""

import logging
import os
import secrets
from typing import Any

from .protocol.identity import KEY_BYTES, public_key_of, rotation_bytes, sign
from .state import StateDir

log = logging.getLogger("engine_agent.keyring")

NEXT, NEW = "identity.next", "identity.new"


class Keyring:
    """Keys in the state folder. `current` may change while the agent runs: ask for it each time something is signed."""

    def __init__(self, state: StateDir, key: bytes) -> None:
        self._state = state
        self.current = key
        self._new = state.kept_key(NEW)
        self._mistrusted = False  # the portal did not know the new one when it was tried

    def dialling(self) -> bytes:
        """The key to prove on the next connection."""
        if self._new is None or self._mistrusted:
            return self.current
        return self._new

    def rotation(self, command: str) -> dict[str, Any]:
        """A key for a rotation, signed with the present one, as the answer to the command. The same key each time
        until it has been told. Raises AgentProblem when it cannot be kept."""
        key = self._state.kept_key(NEXT)
        if key is None:
            key = secrets.token_bytes(KEY_BYTES)
            self._state.keep_key(NEXT, key)
        public = public_key_of(key)
        signature = sign(self.current, rotation_bytes(command, public_key_of(self.current), public))
        return {"public_key": public.hex(), "signature": signature.hex()}

    def told(self, result: dict[str, Any]) -> bool:
        """The portal has stored this answer. Gives whether it was a rotation: then a new connection is due."""
        key = self._state.kept_key(NEXT)
        if key is None or result.get("public_key") != public_key_of(key).hex():
            return False
        os.replace(self._state.path / NEXT, self._state.path / NEW)
        self._new, self._mistrusted = key, False
        return True

    def proven(self, key: bytes) -> None:
        """The portal has accepted a connection with this key."""
        if key == self.current:
            if self._mistrusted:  # it knows the old one and not the new: it was set back to an earlier day
                log.warning("the portal does not know the new key; the old one stays")
                self._forget()
            return
        if key != self._new:
            return
        try:
            os.replace(self._state.path / NEW, self._state.path / "identity.key")
        except OSError as error:  # tried again on the next connection; the portal knows this key now
            log.warning("the new key could not take its place: %s", error)
        else:
            self._new = None
        self.current = key
        log.info("the new key is in use")

    def refused(self, key: bytes, code: str) -> bool:
        """The portal has refused this key. Gives whether there is another one to try."""
        if code != "unknown-key" or self._new is None:
            return False
        self._mistrusted = key == self._new
        return self._mistrusted

    def _forget(self) -> None:
        self._new, self._mistrusted = None, False
        try:
            os.unlink(self._state.path / NEW)
        except OSError as error:
            log.warning("a key that is of no use could not be removed: %s", error)
