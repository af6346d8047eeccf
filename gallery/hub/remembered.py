"""Answers with an ETag, kept so that the next question costs one line: "not changed"."""

import base64
from collections.abc import Callable
from typing import Protocol

import msgspec

from gallery.fetch import Answer

KEEP_SECONDS = 86_400.0
MOST_BYTES = 512 << 10


class Store(Protocol):
    """What is needed of `gallery.sharing.Shared`."""

    def read(self, key: str) -> bytes | None: ...

    def write(self, key: str, value: bytes, seconds: float) -> None: ...


class _Kept(msgspec.Struct, frozen=True):
    etag: str
    headers: dict[str, str]
    body: str


class Remembered:
    """Answers by address, of one account. digest: a short, safe name of an address."""

    def __init__(self, store: Store, account: str, digest: Callable[[str], str]) -> None:
        self._store = store
        self._account = account
        self._digest = digest

    def known(self, url: str) -> tuple[str, Answer] | None:
        """(ETag, the answer that had it)."""
        raw = self._store.read(self._key(url))
        if raw is None:
            return None
        try:
            kept = msgspec.json.decode(raw, type=_Kept)
        except msgspec.DecodeError:
            return None
        return kept.etag, Answer(url, 200, kept.headers, base64.b64decode(kept.body))

    def keep(self, url: str, answer: Answer) -> None:
        """Keep a good answer that has an ETag and is not large."""
        etag = answer.headers.get("etag", "")
        if answer.status != 200 or not etag or len(etag) > 200 or len(answer.body) > MOST_BYTES:
            return
        headers = {"content-type": answer.headers.get("content-type", "")}
        kept = _Kept(etag, headers, base64.b64encode(answer.body).decode("ascii"))
        self._store.write(self._key(url), msgspec.json.encode(kept), KEEP_SECONDS)

    def _key(self, url: str) -> str:
        return "etag:" + self._digest(f"{self._account}\n{url}")
