"""The template language: parameters, variables, copies, and the functions that our own templates use."""

import base64
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

Body = dict[str, Any]
# From the id of a resource to its properties as they are now.
Reference = Callable[[str], Body]


class TemplateRefused(Exception):
    """A template that the real one would refuse. code, message: as in its answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def expand(template: Body, given: Body) -> list[Body]:
    """Every resource of a template with its expressions worked out; a copy loop gives one for each turn.

    Raises TemplateRefused for a parameter without a value, and for what this stand-in cannot work out.
    """
    scope = _scope(template, given)
    found: list[Body] = []
    for resource in template["resources"]:
        turns = _work_out(resource.get("copy", {}).get("count", 1), {**scope, "index": 0})
        for index in range(int(turns)):
            body = {key: value for key, value in resource.items() if key != "copy"}
            found.append(_walk(body, {**scope, "index": index}))
    return found


def outputs(template: Body, given: Body, reference: Reference) -> Body:
    """The outputs of a template that has been carried out: name -> {"type", "value"}."""
    scope = {**_scope(template, given), "reference": reference}
    found: Body = {}
    for name, declared in template.get("outputs", {}).items():
        copy = declared.get("copy")
        if copy is None:
            value = _walk(declared["value"], {**scope, "index": 0})
        else:
            turns = _work_out(copy["count"], {**scope, "index": 0})
            value = [_walk(copy["input"], {**scope, "index": index}) for index in range(int(turns))]
        found[name] = {"type": declared["type"], "value": value}
    return found


def _scope(template: Body, given: Body) -> Body:
    values: dict[str, Any] = {}
    for name, declared in template.get("parameters", {}).items():
        if name in given:
            values[name] = given[name]["value"]
        elif "defaultValue" in declared:
            values[name] = _walk(declared["defaultValue"], {})
        else:
            raise TemplateRefused("InvalidTemplate", f"The value for the template parameter '{name}' is not provided.")
    if unknown := set(given) - set(template.get("parameters", {})):
        raise TemplateRefused("InvalidTemplate", f"The template parameters '{sorted(unknown)[0]}' are not valid.")
    return {"parameters": values, "variables": template.get("variables", {})}


def _walk(value: Any, scope: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _walk(inner, scope) for key, inner in value.items()}
    if isinstance(value, list):
        return [_walk(inner, scope) for inner in value]
    return _work_out(value, scope)


def _work_out(value: Any, scope: Mapping[str, Any]) -> Any:
    if not isinstance(value, str) or not (value.startswith("[") and value.endswith("]")) or value.startswith("[["):
        return value
    found, rest = _expression(value[1:-1].strip(), scope)
    if rest.strip():
        raise TemplateRefused("InvalidTemplate", f"Unable to parse language expression '{value[1:-1]}'.")
    return found


_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|(\d+)|([a-zA-Z][a-zA-Z0-9]*)\()")


def _expression(text: str, scope: Mapping[str, Any]) -> tuple[Any, str]:
    found = _TOKEN.match(text)
    if found is None:
        raise TemplateRefused("InvalidTemplate", f"Unable to parse language expression '{text}'.")
    rest = text[found.end() :]
    if found[1] is not None:
        return found[1].replace("''", "'"), rest
    if found[2] is not None:
        return int(found[2]), rest
    arguments: list[Any] = []
    while not rest.lstrip().startswith(")"):
        value, rest = _expression(rest, scope)
        arguments.append(value)
        rest = rest.lstrip().removeprefix(",")
    result, rest = _function(found[3].lower(), arguments, scope), rest.lstrip()[1:]
    while rest[:1] in {"[", "."}:
        if rest[0] == ".":
            name = re.match(r"\.(\w+)", rest)
            if name is None:
                raise TemplateRefused("InvalidTemplate", f"Unable to parse language expression '{text}'.")
            result, rest = result[name[1]], rest[name.end() :]
        else:
            index, rest = _expression(rest[1:], scope)
            result, rest = result[index], rest.lstrip()[1:]
    return result, rest


def _function(name: str, arguments: list[Any], scope: Mapping[str, Any]) -> Any:
    match name:
        case "parameters":
            return scope["parameters"][arguments[0]]
        case "variables":
            return scope["variables"][arguments[0]]
        case "concat":
            return "".join(str(one) for one in arguments)
        case "copyindex":
            return scope["index"] + (arguments[0] if arguments else 0)
        case "replace":
            return str(arguments[0]).replace(str(arguments[1]), str(arguments[2]))
        case "newguid":
            return str(uuid.uuid4())
        case "createarray":
            return arguments
        case "mod":
            return arguments[0] % arguments[1]
        case "createobject":
            return dict(zip(arguments[::2], arguments[1::2], strict=True))
        case "base64":
            return base64.b64encode(str(arguments[0]).encode()).decode()
        case "reference" if "reference" in scope:
            return scope["reference"](arguments[0])
        case "resourceid":
            return "/".join(str(one) for one in arguments)
    raise TemplateRefused("InvalidTemplate", f"The template function '{name}' is not valid.")
