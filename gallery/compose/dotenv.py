"""`.env` and env_file: NAME=value, a line each. [Compose Specification, env_file; docker/compose-go dotenv]

# a remark                      export NAME=value        NAME=value # a remark
NAME='as it is, even $this'     NAME="with \\n and ${OTHER}, also
                                over several lines"
NAME                            the value given for the application, when there is one
"""

import re
from collections import ChainMap
from collections.abc import Mapping

from .errors import Refusal
from .interpolation import Unresolved, interpolate

MAX_RESULT = 1 << 20
_LINE = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*([=:]?)[ \t]*")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$$", "'": "'"}


class _Bad(ValueError):
    """Why a line is refused."""


def _quoted(text: str, start: int) -> tuple[str, int]:
    """(the inside of the quotes at `start`, index behind them); escapes of double quotes are undone."""
    quote = text[start]
    found: list[str] = []
    at = start + 1
    while at < len(text):
        character = text[at]
        if character == quote:
            return "".join(found), at + 1
        if character == "\\" and quote == '"' and at + 1 < len(text):
            found.append(_ESCAPES.get(text[at + 1], "\\" + text[at + 1]))
            at += 2
            continue
        found.append(character)
        at += 1
    raise _Bad("A quote is not closed.")


def _plain(text: str, start: int) -> tuple[str, int]:
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    value = text[start:end]
    remark = re.search(r"(^|[ \t])#", value)
    return (value[: remark.start()] if remark else value).strip(), end


def read_dotenv(
    text: str, values: Mapping[str, str], file: str, *, raw: bool = False
) -> tuple[dict[str, str], list[Refusal]]:
    """(the variables, what is refused). values: for names without a value and for interpolation.

    raw: values are taken as they stand, quotes and dollar signs included.
    """
    found: dict[str, str] = {}
    refusals: list[Refusal] = []
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    known = ChainMap(found, dict(values))
    at = size = counted = 0
    line = 1
    while at < len(text):
        line += text.count("\n", counted, at)
        counted = at
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if not text[at:end].strip() or text[at:end].lstrip().startswith("#"):
            at = end + 1
            continue
        try:
            name, value, at = _variable(text, at, end, known, raw)
        except (_Bad, Unresolved) as error:
            remedy = getattr(error, "remedy", "") or "Write it like NAME=value."
            refusals.append(Refusal("", line, 1, str(error), remedy, file))
            at = end + 1
            continue
        if value is not None:
            found[name] = value
            size += len(value)
        if size > MAX_RESULT:
            refusals.append(Refusal("", line, 1, "The values are too long.", "Make them shorter.", file))
            break
    return found, refusals


def _variable(text: str, at: int, end: int, values: Mapping[str, str], raw: bool) -> tuple[str, str | None, int]:
    """(name, value or None, where the next line starts)."""
    match = _LINE.match(text, at, end)
    if match is None:
        raise _Bad(f"“{text[at:end].strip()[:60]}” is not NAME=value.")
    name, sign = match.group(1), match.group(2)
    if raw:
        return name, text[at:end].partition("=")[2] if sign == "=" else values.get(name), end + 1
    if not sign:
        if text[match.end() : end].strip():
            raise _Bad(f"“{text[at:end].strip()[:60]}” is not NAME=value.")
        return name, values.get(name), end + 1
    quote = text[match.end() : match.end() + 1]
    if quote in {"'", '"'}:
        value, behind = _quoted(text, match.end())
        end = text.find("\n", behind)
        end = len(text) if end < 0 else end
        rest = text[behind:end].strip()
        if rest and not rest.startswith("#"):
            raise _Bad(f"“{rest[:60]}” stands behind the closing quote.")
        return name, value if quote == "'" else interpolate(value, values), end + 1
    value, behind = _plain(text, match.end())
    return name, interpolate(value, values), behind + 1
