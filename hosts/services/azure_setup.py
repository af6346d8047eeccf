"""What a machine of Azure runs to become a host, as each way to run it there takes it. All of it holds the token."""

from typing import Any

from django.conf import settings

from hosts.agent_package.authority import commands_for
from hosts.azure.scripts import linux_script, packed_powershell, packed_shell, windows_script
from hosts.azure.templates import extension_properties
from hosts.azure.wishes import System

NAME = "pierhead"
SECONDS = 3600
_LINUX_RUN = 'printf %s "$setup" | base64 -d | gzip -d | sh'
_WINDOWS_RUN = "param([string]$setup)\ncmd.exe /c $setup\nexit $LASTEXITCODE"


def setup_of(system: System, token: str) -> str:
    """For the set-up extension: a packed shell script, or a command line for Windows."""
    commands = commands_for(token)
    if system is System.LINUX:
        return packed_shell(linux_script(portal=settings.PUBLIC_URL, enrol=commands.linux))
    return packed_powershell(windows_script(enrol=commands.windows))


def extension_body(system: System, token: str, region: str) -> dict[str, Any]:
    """The extension for a machine that exists; the token is in its protected settings alone."""
    return {"location": region, "properties": extension_properties(system, setup_of(system, token))}


def run_command_body(system: System, token: str, region: str) -> dict[str, Any]:
    """A managed run command that does the same; its script is public, what it runs is a protected parameter.

    Linux gets parameters as variables of the environment, PowerShell by name.
    """
    script = _LINUX_RUN if system is System.LINUX else _WINDOWS_RUN
    return {
        "location": region,
        "properties": {
            "source": {"script": script},
            "protectedParameters": [{"name": "setup", "value": setup_of(system, token)}],
            "asyncExecution": False,
            "timeoutInSeconds": SECONDS,
        },
    }
