"""Signed in at Docker Hub: a token of ten minutes from a user name and a secret. [hub-api 2-beta, /v2/auth/token]

The token is renewed before it ends, and once when it was refused. A refused secret is not sent again for a while:
Docker Hub locks out whoever tries too often.
"""

import base64
import json
import threading
import time
from collections.abc import Callable
from typing import Protocol

import httpx

from gallery.fetch import Answer, FetchError, fetch, make_client

from .budget import Budget
from .errors import BadAnswer, HubError, SignInRefused, Unreachable
from .refusals import error_of

LIFE_SECONDS = 600.0
EARLY_SECONDS = 60.0
REFUSED_SECONDS = 900.0
TOKEN_LIMIT = 256 << 10


class Store(Protocol):
    """What is needed of `gallery.sharing.Shared`."""

    def read(self, key: str) -> bytes | None: ...

    def write(self, key: str, value: bytes, seconds: float) -> None: ...


class HubSession:
    """One account at one address. account: a key that changes when its secret does. store: where all processes see
    that a secret was refused; the token itself stays in this process."""

    def __init__(
        self,
        url: str,
        account: str,
        username: str,
        secret: str,
        *,
        store: Store,
        budget: Budget | None = None,
        transport: httpx.BaseTransport | None = None,
        seconds: float = 10.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.base = httpx.URL(url.rstrip("/"))
        self.username = username
        self._secret = secret
        self._account = account
        self._store = store
        self._budget = budget
        self._client = make_client(self.base, transport=transport)
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._until = 0.0

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def header(self, *, refused: bool = False) -> str:
        """The Authorization header, signing in when needed. refused: the last one was; get another.

        Raises SignInRefused, RateLimited, Unreachable, BadAnswer.
        """
        with self._lock:
            if refused:
                self._token = ""
            if not self._token or self._until - EARLY_SECONDS <= self._clock():
                self._sign_in()
            return f"Bearer {self._token}"

    def _sign_in(self) -> None:
        key = f"refused:{self._account}"
        before = self._store.read(key)
        if before is not None:
            raise SignInRefused(before.decode("utf-8", "replace"))
        if self._budget is not None:
            self._budget.spend()
        body = json.dumps({"identifier": self.username, "secret": self._secret}).encode()
        url = self.base.copy_with(raw_path=b"/v2/auth/token")
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        request = self._client.build_request("POST", url, headers=headers, content=body)
        try:
            answer = fetch(self._client, request, limit=TOKEN_LIMIT, seconds=self._seconds)
        except FetchError as error:
            raise Unreachable(f"Docker Hub does not answer: {error}") from error
        if self._budget is not None:
            self._budget.note(answer.status, answer.headers)
        if answer.status != 200:
            refusal = _refusal(answer, self.username)
            if isinstance(refusal, SignInRefused):
                self._store.write(key, str(refusal).encode(), REFUSED_SECONDS)
            raise refusal
        self._token = _token(answer)
        self._until = expiry(self._token) or self._clock() + LIFE_SECONDS


def _refusal(answer: Answer, username: str) -> HubError:
    if answer.status == 401:
        words = f"Docker Hub does not accept the secret of {username}. Enter a new access token."
        if "mfa" in answer.text.lower() or "2fa" in answer.text.lower():
            words = f"{username} signs in with two factors: make an access token at Docker Hub and enter that."
        return SignInRefused(words)
    return error_of(answer)


def _token(answer: Answer) -> str:
    try:
        body = answer.json()
    except ValueError as error:
        raise BadAnswer("Docker Hub answered a sign-in with something that is no JSON.") from error
    found = (body.get("access_token") or body.get("token")) if isinstance(body, dict) else None
    if not isinstance(found, str) or not found or not found.isascii() or any(one in found for one in "\r\n "):
        raise BadAnswer("Docker Hub gave no token.")
    return found


def claims(token: str) -> dict[str, object]:
    """What a JSON web token says, not verified: for its expiry and the user's name alone. {} when it is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def expiry(token: str) -> float | None:
    """Unix seconds at which a token ends; None when it does not say."""
    found = claims(token).get("exp")
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None
