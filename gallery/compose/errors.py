"""What is wrong with a compose text, all of it at once, each with its place.

portal.problems.Invalid
└── ComposeInvalid   422  every refusal of the text; a retry does not help until the text has changed
"""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.problems import Invalid


@dataclass(frozen=True)
class Refusal:
    """One thing that is not applied, and why.

    path: "services.web.build"; "" for the whole text. line, column: from 1; 0 when there is no place.
    message: what is wrong. remedy: what to do instead, may be empty. file: of the project, "" for its main text.
    """

    path: str
    line: int
    column: int
    message: str
    remedy: str = ""
    file: str = ""

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}" if self.line else ""
        where = ", ".join(part for part in (self.file, self.path, place) if part)
        text = f"{where}: {self.message}" if where else self.message
        return f"{text} {self.remedy}".strip()


class ComposeInvalid(Invalid):
    """The compose text is refused; `refusals` says why, in the order of the text."""

    code = "compose-invalid"
    title = "The compose text cannot be used"

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = tuple(refusals)
        count = len(self.refusals)
        first = str(self.refusals[0]) if self.refusals else ""
        more = f" And {count - 1} more." if count > 1 else ""
        super().__init__(first + more, fields={"compose": [str(refusal) for refusal in self.refusals]})
