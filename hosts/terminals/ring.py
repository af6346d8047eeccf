"""The last bytes of a stream, by their place in the whole. Pure."""

KEPT = 1024 * 1024


class Ring:
    """The last `kept` bytes of what was added. Offsets count from the beginning of the session."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._data = bytearray()
        self.end = 0

    @property
    def start(self) -> int:
        """The offset of the oldest byte that is still there."""
        return self.end - len(self._data)

    def add(self, data: bytes) -> None:
        self._data += data
        self.end += len(data)
        if len(self._data) > self._kept + self._kept // 4:  # not moved for every byte
            del self._data[: len(self._data) - self._kept]

    def since(self, offset: int, most: int) -> tuple[int, bytes]:
        """(offset of the first byte, at most `most` bytes) from `offset` on, or from the oldest when that has gone."""
        begin = max(offset, self.start)
        at = begin - self.start
        return begin, bytes(self._data[at : at + most])
