"""Variables in a compose text: ${NAME} and its forms. [Compose Specification, Interpolation]

    $NAME ${NAME}                 the value; refused when there is none
    ${NAME:-text} ${NAME-text}    text when NAME is empty or absent / absent
    ${NAME:?text} ${NAME?text}    refused with text when NAME is empty or absent / absent
    ${NAME:+text} ${NAME+text}    text when NAME is there and not empty / there, else nothing
    $$                            a dollar sign

Texts may hold variables in turn. Values are put in as they are: a value is never interpolated itself.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .types import Variable

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MAX_DEPTH = 10
MAX_RESULT = 1 << 20


class Unresolved(ValueError):
    """A variable without a value, or a form that makes no sense. The message is a sentence, `remedy` another."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True)
class _Use:
    """One variable as written. operator: "", "-", ":-", "?", ":?", "+" or ":+"."""

    name: str
    operator: str
    text: str


def _closing(text: str, start: int) -> int:
    """Index of the brace that closes the one before `start`."""
    depth = 1
    position = start
    while position < len(text):
        if text.startswith("$$", position):
            position += 2
            continue
        if text.startswith("${", position):
            depth += 1
            position += 2
            continue
        if text[position] == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    raise Unresolved("A “${” is not closed.", "Add the “}”, or write “$$” for a dollar sign.")


def _use(inner: str) -> _Use:
    match = _NAME.match(inner)
    if match is None:
        raise Unresolved(f"“${{{inner}}}” names no variable.", "Write “$$” for a dollar sign.")
    rest = inner[match.end() :]
    for operator in (":-", ":?", ":+", "-", "?", "+"):
        if rest.startswith(operator):
            return _Use(match.group(), operator, rest[len(operator) :])
    if rest:
        raise Unresolved(
            f"“${{{inner}}}” is no form of a variable.",
            "Use ${NAME}, ${NAME:-default}, ${NAME:?message} or ${NAME:+text}.",
        )
    return _Use(match.group(), "", "")


def _pieces(text: str) -> Iterator[str | _Use]:
    """The text in order: literal parts and variables."""
    position = 0
    while True:
        dollar = text.find("$", position)
        if dollar < 0:
            yield text[position:]
            return
        yield text[position:dollar]
        following = text[dollar + 1 : dollar + 2]
        if following == "$":
            yield "$"
            position = dollar + 2
        elif following == "{":
            end = _closing(text, dollar + 2)
            yield _use(text[dollar + 2 : end])
            position = end + 1
        elif match := _NAME.match(text, dollar + 1):
            yield _Use(match.group(), "", "")
            position = match.end()
        else:
            raise Unresolved("A single “$” stands before no name.", "Write “$$” for a dollar sign.")


def _value(use: _Use, values: Mapping[str, str], depth: int) -> str:
    value = values.get(use.name)
    given = value is not None and (value != "" or not use.operator.startswith(":"))
    if use.operator.endswith("+"):
        return interpolate(use.text, values, depth + 1) if given else ""
    if given and value is not None:
        return value
    if use.operator.endswith("-"):
        return interpolate(use.text, values, depth + 1)
    if use.operator.endswith("?"):
        message = interpolate(use.text, values, depth + 1) or "it is required"
        raise Unresolved(f"{use.name} has no value: {message}.".replace("..", "."), f"Give {use.name} a value.")
    raise Unresolved(
        f"{use.name} has no value.", f"Give {use.name} a value, or write a default: ${{{use.name}:-default}}."
    )


def interpolate(text: str, values: Mapping[str, str], depth: int = 0) -> str:
    """`text` with every variable replaced. Raises Unresolved."""
    if "$" not in text:
        return text
    if depth > MAX_DEPTH:
        raise Unresolved("Variables are nested too deep.", "Make them simpler.")
    result = "".join(piece if isinstance(piece, str) else _value(piece, values, depth) for piece in _pieces(text))
    if len(result) > MAX_RESULT:
        raise Unresolved("The text is too long once its variables are replaced.", "Make the values shorter.")
    return result


def variables_in(text: str) -> Iterator[Variable]:
    """Every variable that `text` names, nested ones too; a name may come more than once. Raises Unresolved."""
    if "$" not in text:
        return
    for piece in _pieces(text):
        if isinstance(piece, str):
            continue
        default = piece.text if piece.operator.endswith("-") else None
        required = piece.operator == "" or piece.operator.endswith("?")
        yield Variable(piece.name, default, required, piece.text if piece.operator.endswith("?") else "")
        yield from variables_in(piece.text)


def renamed_variables(text: str, names: Mapping[str, str]) -> str:
    """`text` with variables under their new names, defaults and messages with them. Raises Unresolved."""
    if "$" not in text:
        return text
    found: list[str] = []
    for piece in _pieces(text):
        if isinstance(piece, str):
            found.append(piece.replace("$", "$$"))
        else:
            inner = renamed_variables(piece.text, names)
            found.append(f"${{{names.get(piece.name, piece.name)}{piece.operator}{inner}}}")
    return "".join(found)
