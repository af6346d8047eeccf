"""A shell line as words with their places. No shell is run: substitutions are refused, variables stay variables."""

from dataclasses import dataclass

from ..errors import ComposeInvalid, Refusal

MAX_LINE = 64 * 1024


@dataclass(frozen=True)
class Word:
    """text: quotes undone; a dollar sign that the shell would have left alone is doubled, as compose wants it."""

    text: str
    line: int
    column: int


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.start = 0

    def refuse(self, message: str, remedy: str) -> ComposeInvalid:
        return ComposeInvalid([Refusal("", self.line, self.at - self.start + 1, message, remedy)])

    def step(self) -> str:
        character = self.text[self.at]
        self.at += 1
        if character == "\n":
            self.line += 1
            self.start = self.at
        return character

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]


def words(text: str) -> list[Word]:
    """The words of a command line; backslashes before line ends join lines. Raises ComposeInvalid."""
    reader = _Reader(text.replace("\r\n", "\n").replace("^\n", "\\\n").replace("`\n", "\\\n"))
    if len(text) > MAX_LINE:
        raise reader.refuse("The line is longer than 64 KiB.", "Make it shorter.")
    found: list[Word] = []
    while True:
        while reader.peek() and (reader.peek().isspace() or reader.text.startswith("\\\n", reader.at)):
            if reader.peek() == "\\":
                reader.step()
            reader.step()
        if not reader.peek():
            return found
        if reader.peek() == "#":
            while reader.peek() not in {"", "\n"}:
                reader.step()
            continue
        line, column = reader.line, reader.at - reader.start + 1
        found.append(Word(_word(reader), line, column))


def _word(reader: _Reader) -> str:
    parts: list[str] = []
    while reader.peek() and not reader.peek().isspace():
        character = reader.peek()
        if character in {"'", '"'}:
            parts.append(_quoted(reader, character))
        elif character == "\\":
            reader.step()
            if reader.peek() == "\n":
                reader.step()
            elif reader.peek():
                parts.append(reader.step().replace("$", "$$"))
        elif character in {";", "|", "&", "<", ">", "("}:
            raise reader.refuse(f"“{character}” is for a shell, and no shell is run.", "Paste the docker line alone.")
        else:
            parts.append(_plain(reader))
    return "".join(parts)


def _plain(reader: _Reader) -> str:
    """One character outside of quotes, or inside double ones."""
    character = reader.step()
    if character == "`" or (character == "$" and reader.peek() == "("):
        raise reader.refuse("A command's output would be put in here, and no shell is run.", "Write the text itself.")
    if character == "$" and not (reader.peek().isalpha() or reader.peek() in {"_", "{"}):
        return "$$"
    return character


def _quoted(reader: _Reader, quote: str) -> str:
    reader.step()
    parts: list[str] = []
    while reader.peek() != quote:
        if not reader.peek():
            raise reader.refuse("A quote is not closed.", "Close it.")
        if quote == "'":
            parts.append(reader.step().replace("$", "$$"))
        elif reader.peek() == "\\" and reader.text[reader.at + 1 : reader.at + 2] in {'"', "\\", "$", "`", "\n"}:
            reader.step()
            parts.append(reader.step().replace("$", "$$").replace("\n", ""))
        else:
            parts.append(_plain(reader))
    reader.step()
    return "".join(parts)
