"""Machines as files that work without the portal's own hands: an ARM template, and scripts for any other machine.

The enrolment token is a parameter of all of them. In the texts its place is `TOKEN_PLACE`: Azure fills it in from a
secure parameter, a person by an argument, and the portal only when it was asked to write the token into the files.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .network import ANYWHERE
from .scripts import cloud_config, linux_script, packed_powershell, windows_script
from .templates import joined_template
from .wishes import System, Wish

TOKEN_PLACE = "@ENROLMENT-TOKEN@"  # noqa: S105 - where a token goes
WINDOWS_PLACE = "@TOKEN-OF-THE-FIRST-PART@"
TOKEN_START = "phe_"  # noqa: S105 - how a token starts
EXPORT_TAG = "pierhead-export"
PARAMETERS_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#"
# How the enrolment commands are asked for: with these in the place of the token.
SHELL_TOKEN, POWERSHELL_TOKEN = '"$TOKEN"', WINDOWS_PLACE

_SHELL_HEAD = f"""\
#!/bin/sh
# Makes this machine a host: Docker Engine if there is none, then the agent. It can be run again.
#   sudo sh FILE TOKEN
set -eu
TOKEN="${{1:-{TOKEN_PLACE}}}"
case "$TOKEN" in
    {TOKEN_START}*) ;;
    *) echo "pierhead: the enrolment token is missing; give it as the first argument" >&2; exit 2 ;;
esac
[ "$(id -u)" -eq 0 ] || {{ echo "pierhead: this has to run as root: put sudo before it" >&2; exit 2; }}
"""
_POWERSHELL_HEAD = f"""\
# Makes this machine a host: the containers feature, a restart, Docker Engine, then the agent.
#   powershell -ExecutionPolicy Bypass -File FILE -Token TOKEN
param([string]$Token = '{TOKEN_PLACE}')
if ($Token -notlike '{TOKEN_START}*') {{ throw 'pierhead: the enrolment token is missing; give it with -Token' }}
"""


@dataclass(frozen=True)
class Kind:
    """Machines of one kind. labels: that their hosts get; they come with the token, so each kind has one of its own."""

    wish: Wish
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def token_parameter(self) -> str:
        """What the template calls the token of these machines."""
        return self.wish.parameter("enrolmentToken")

    @property
    def suffix(self) -> str:
        """What tells its files from those of other kinds."""
        return f"-{self.wish.role}" if self.wish.role else ""


@dataclass(frozen=True)
class Scripts:
    """The portal's enrolment commands, with SHELL_TOKEN and POWERSHELL_TOKEN for the token. portal: its address."""

    portal: str
    linux: str
    windows: str

    def shell(self) -> str:
        """For a Linux machine anywhere. Its argument is the token."""
        return _SHELL_HEAD + linux_script(portal=self.portal, enrol=self.linux).removeprefix("#!/bin/sh\n")

    def cloud_init(self) -> str:
        """User data for a Linux machine of any cloud; the token's place has to be filled in."""
        return cloud_config(f"{_SHELL_HEAD}{self.linux}\n")

    def powershell(self) -> str:
        """For a Windows Server anywhere. -Token is the token."""
        filled = f".Replace('{WINDOWS_PLACE}', $Token)"
        return windows_script(enrol=self.windows, head=_POWERSHELL_HEAD, filled=filled).lstrip()

    def setup(self, system: System) -> str:
        """What the template's extension runs, as a text with the token's place in it."""
        if system is System.LINUX:
            return self.shell()
        return packed_powershell(self.powershell(), arguments=f"-Token '{TOKEN_PLACE}'")


def exported_template(name: str, kinds: Sequence[Kind], scripts: Scripts, *, reach: str = ANYWHERE) -> dict[str, Any]:
    """The template that makes such machines. Every secret is a secure parameter without a value.

    Of each kind: size, count and enrolmentToken, and its role at their end when there are several. Raises ValueError
    for a count out of bounds.
    """
    wishes = [kind.wish for kind in kinds]
    template = joined_template(name, wishes, {EXPORT_TAG: name}, reach=reach)
    parameters, variables = dict(template["parameters"]), dict(template["variables"])
    parameters["adminPassword"] = {
        "type": "securestring",
        "defaultValue": "[concat(newGuid(), '-aA1')]",
        "metadata": {"description": "Nobody needs it: no port is open to sign in by."},
    }
    instead: dict[str, str] = {}
    for kind in kinds:
        setup = kind.wish.parameter("setup")
        del parameters[setup]
        parameters[kind.token_parameter] = {
            "type": "securestring",
            "metadata": {"description": f"From the portal; good for the machines called {kind.wish.name}-1 and so on."},
        }
        variables[setup] = scripts.setup(kind.wish.system)
        text = f"replace(variables('{setup}'), '{TOKEN_PLACE}', parameters('{kind.token_parameter}'))"
        linux = kind.wish.system is System.LINUX
        instead[f"[parameters('{setup}')]"] = f"[base64({text})]" if linux else f"[{text}]"
    resources = _replaced(template["resources"], instead)
    return {**template, "parameters": parameters, "variables": variables, "resources": resources}


def _replaced(value: Any, instead: Mapping[str, str]) -> Any:
    """The same with each text that is a key of `instead` as its value."""
    if isinstance(value, dict):
        return {key: _replaced(inner, instead) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, instead) for inner in value]
    return instead.get(value, value) if isinstance(value, str) else value


def parameters_of(kinds: Sequence[Kind], tokens: Mapping[str, str]) -> dict[str, Any]:
    """A file of parameters to go with the template. tokens: by role, of kinds whose token is to be written in it."""
    values: dict[str, Any] = {"region": kinds[0].wish.region}
    for kind in kinds:
        wish = kind.wish
        values |= {wish.parameter("size"): wish.size, wish.parameter("count"): wish.count}
        if wish.role in tokens:
            values[kind.token_parameter] = tokens[wish.role]
    given = {name: {"value": value} for name, value in values.items()}
    return {"$schema": PARAMETERS_SCHEMA, "contentVersion": "1.0.0.0", "parameters": given}


def exported_files(
    name: str,
    kinds: Sequence[Kind],
    scripts: Scripts,
    *,
    reach: str = ANYWHERE,
    tokens: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """File name -> text. tokens: by role, to be written into the files; without them no file holds a secret."""
    inside = tokens or {}
    files = {
        "template.json": _json(exported_template(name, kinds, scripts, reach=reach)),
        "parameters.json": _json(parameters_of(kinds, inside)),
    }
    for kind in kinds:
        for file, text in _script_files(kind, scripts).items():
            token = inside.get(kind.wish.role)
            files[file] = text.replace(TOKEN_PLACE, token) if token else text
    return files


def _script_files(kind: Kind, scripts: Scripts) -> dict[str, str]:
    if kind.wish.system is System.WINDOWS:
        return {f"windows{kind.suffix}.ps1": scripts.powershell()}
    return {f"linux{kind.suffix}.sh": scripts.shell(), f"cloud-init{kind.suffix}.yaml": scripts.cloud_init()}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2) + "\n"
