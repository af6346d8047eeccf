"""What a terminal showed, as an asciicast (version 2) that `asciinema play` understands. Pure."""

import codecs
import json
import time
from collections.abc import Callable

MAX_BYTES = 4 * 1024 * 1024
MAX_EVENTS = 1_000_000


class Recording:
    """Collects output with its times, the first MAX_BYTES of it. Keys are not kept: passwords are typed unseen."""

    def __init__(self, *, columns: int, rows: int, title: str, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._began = clock()
        head = {"version": 2, "width": columns, "height": rows, "timestamp": int(self._began), "title": title}
        self._lines = [json.dumps(head)]
        self._text = codecs.getincrementaldecoder("utf-8")("replace")
        self.size = 0
        self.cut = False

    def add(self, data: bytes) -> None:
        if self.cut:
            return
        if self.size + len(data) > MAX_BYTES:
            self.cut = True
            data = data[: MAX_BYTES - self.size]
        self.size += len(data)
        text = self._text.decode(data)
        if text:
            self._lines.append(json.dumps([round(self._clock() - self._began, 3), "o", text]))

    def resized(self, columns: int, rows: int) -> None:
        """The screen has another size from now on."""
        if not self.cut and len(self._lines) < MAX_EVENTS:
            self._lines.append(json.dumps([round(self._clock() - self._began, 3), "r", f"{columns}x{rows}"]))

    def cast(self) -> bytes:
        """The whole file."""
        return ("\n".join(self._lines) + "\n").encode()
