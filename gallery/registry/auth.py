"""Signing in at a registry: challenges and tokens. [distribution/spec/auth, RFC 9110 section 11]"""

import base64
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from gallery.fetch import Answer, FetchError, check_url, fetch

from .errors import AccessDenied, BadAnswer, RateLimited, Unreachable

TOKEN_LIMIT = 256 << 10
DEFAULT_LIFE = 60
REFUSED_SECONDS = 900.0  # registries lock out whoever tries a wrong password too often
REFUSED = "It does not accept the user name and the password."
_PARAMETER = re.compile(r'\s*,?\s*([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_SCHEME = re.compile(r"\s*,?\s*([A-Za-z][A-Za-z0-9_-]*)(?=\s|\Z)(?!\s*=)")


@dataclass(frozen=True)
class Credentials:
    """A user name and a password or token."""

    username: str
    password: str = field(repr=False)

    @property
    def basic(self) -> str:
        """The value of an Authorization header."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode("ascii")


@dataclass(frozen=True)
class Challenge:
    """One challenge of a WWW-Authenticate header. scheme: in lower case."""

    scheme: str
    parameters: Mapping[str, str]


def parse_challenges(header: str) -> list[Challenge]:
    """The challenges of a WWW-Authenticate header; several may stand in one."""
    found: list[Challenge] = []
    position = 0
    while position < len(header):
        scheme = _SCHEME.match(header, position)
        if scheme is None:
            break
        position = scheme.end()
        parameters: dict[str, str] = {}
        while parameter := _PARAMETER.match(header, position):
            quoted = parameter.group(2)
            value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else parameter.group(3)
            parameters[parameter.group(1).lower()] = value
            position = parameter.end()
        found.append(Challenge(scheme.group(1).lower(), parameters))
    return found


@dataclass
class Authenticator:
    """Keeps the tokens of one registry. Safe to share between threads."""

    client: httpx.Client
    base: httpx.URL
    credentials: Credentials | None = None
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    _basic: bool = False
    _refused_until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def header(self, scope: str) -> str | None:
        """The Authorization header to send for `scope` at first, None for none."""
        if self._basic and self.credentials is not None and self._refused_until <= time.monotonic():
            return self.credentials.basic
        with self._lock:
            known = self._tokens.get(scope)
        return f"Bearer {known[0]}" if known and known[1] > time.monotonic() else None

    def answer(self, challenge_header: str, scope: str, seconds: float) -> str:
        """The Authorization header that answers a 401. Raises AccessDenied, RateLimited, Unreachable, BadAnswer."""
        if self._refused_until > time.monotonic():
            raise AccessDenied(REFUSED)
        challenges = parse_challenges(challenge_header)
        for challenge in challenges:
            if challenge.scheme == "bearer" and "realm" in challenge.parameters:
                return f"Bearer {self._token(challenge.parameters, scope, seconds)}"
        if any(challenge.scheme == "basic" for challenge in challenges):
            if self.credentials is None:
                raise AccessDenied("It wants a user name and a password.")
            self._basic = True
            return self.credentials.basic
        raise AccessDenied("It wants a way to sign in that is not known here.")

    def refuse(self, authorization: str) -> bool:
        """The registry did not take what `answer` gave. Whether it was the user's own name and password: then they are
        wrong, and are not sent again for a while."""
        if self.credentials is None or authorization != self.credentials.basic:
            return False
        self._refused_until = time.monotonic() + REFUSED_SECONDS
        return True

    def forget(self, scope: str) -> None:
        """Drop a token that was refused."""
        with self._lock:
            self._tokens.pop(scope, None)

    def _token(self, parameters: Mapping[str, str], scope: str, seconds: float) -> str:
        try:
            realm = httpx.URL(parameters["realm"])
            check_url(realm, near=self.base)
        except (httpx.InvalidURL, FetchError) as error:
            raise BadAnswer("Its token service has an address that must not be asked.") from error
        asked = parameters.get("scope") or scope
        query = {"scope": asked} if asked else {}
        if parameters.get("service"):
            query["service"] = parameters["service"]
        headers = {"Accept": "application/json"}
        if self.credentials is not None:
            headers["Authorization"] = self.credentials.basic
            query["account"] = self.credentials.username
        request = self.client.build_request("GET", realm.copy_merge_params(query), headers=headers)
        try:
            answer = fetch(self.client, request, limit=TOKEN_LIMIT, seconds=seconds)
        except FetchError as error:
            raise Unreachable(f"Its token service does not answer: {error}") from error
        if answer.status == 401 and self.credentials is not None:
            self._refused_until = time.monotonic() + REFUSED_SECONDS
        token, life = _read_token(answer)
        with self._lock:
            if len(self._tokens) > 500:
                self._tokens.clear()
            self._tokens[scope] = (token, time.monotonic() + max(5, life - 10))
        return token


def _read_token(answer: Answer) -> tuple[str, float]:
    """(token, seconds it lives)."""
    if answer.status in {401, 403}:
        raise AccessDenied(REFUSED)
    if answer.status == 429:
        raise RateLimited("Its token service asks us to wait.")
    if answer.status != 200:
        raise BadAnswer(f"Its token service answered with status {answer.status}.")
    try:
        body = answer.json()
    except ValueError as error:
        raise BadAnswer("Its token service answered with something that is no JSON.") from error
    token = (body.get("token") or body.get("access_token")) if isinstance(body, dict) else None
    if not isinstance(token, str) or not token or not token.isascii() or any(c in token for c in "\r\n"):
        raise BadAnswer("Its token service gave no token.")
    life = body.get("expires_in")
    return token, float(life) if isinstance(life, int | float) and 0 < life < 1e7 else float(DEFAULT_LIFE)
