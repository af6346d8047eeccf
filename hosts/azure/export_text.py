"""What goes with exported files: how they are used. In English, as scripts are."""

from collections.abc import Sequence

from .exports import TOKEN_PLACE, Kind
from .wishes import System


def readme(name: str, kinds: Sequence[Kind], portal: str, *, inside: bool, application: bool) -> str:
    """Markdown. inside: the files hold their tokens; application: compose.yaml and values.env are among them."""
    lines = [f"# {name}", "", f"Exported from {portal}.", "", "## In Azure", "", *_azure(kinds, inside), ""]
    lines += ["## Elsewhere", "", *(_elsewhere(kind, inside) for kind in kinds), "", "## Tokens", "", *_tokens(inside)]
    if application:
        lines += ["", "## The application", "", *_application(name)]
    return "\n".join(lines) + "\n"


def _azure(kinds: Sequence[Kind], inside: bool) -> list[str]:
    asked = "" if inside else "".join(f" {kind.token_parameter}=TOKEN" for kind in kinds)
    return [
        f"    az group create --name GROUP --location {kinds[0].wish.region}",
        "    az deployment group create --resource-group GROUP --template-file template.json \\",
        f"        --parameters @parameters.json{asked}",
        "",
        "Nothing reaches these machines from outside but on the ports that the template opens.",
    ]


def _elsewhere(kind: Kind, inside: bool) -> str:
    what = f"- {kind.wish.count} x {kind.wish.name}"
    if kind.wish.system is System.WINDOWS:
        command = f"powershell -ExecutionPolicy Bypass -File windows{kind.suffix}.ps1"
        return f"{what}: `{command}{'' if inside else ' -Token TOKEN'}` as administrator; the machine restarts."
    command = f"sudo sh linux{kind.suffix}.sh{'' if inside else ' TOKEN'}"
    return f"{what}: `{command}`, or `cloud-init{kind.suffix}.yaml` as user data of the machine."


def _tokens(inside: bool) -> list[str]:
    if inside:
        return [
            "The files hold enrolment tokens: keep them as you keep passwords. A token can be spent as often as there",
            "were machines of its kind at the export, until it expires.",
        ]
    return [
        "No file holds a secret. Each kind of machines has an enrolment token of its own: the portal gives them at the",
        "export, or later on the page “Add a host”. Put it where TOKEN stands, and in user data in the place of",
        f"`{TOKEN_PLACE}`.",
    ]


def _application(name: str) -> list[str]:
    return [
        "When the hosts are online, deploy `compose.yaml` with the answers of `values.env` to the hosts labelled",
        f"`solution={name}`: on the portal's page Deploy, or by `POST /api/v1/applications`. Secret answers are not in",
        "`values.env`.",
    ]
