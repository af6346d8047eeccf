"""The one command that makes a machine a host: it installs the agent, enrols it and starts its service."""

from dataclasses import dataclass

PACKAGE_PATH = "/agent/engine-agent.zip"
LINUX_HOME = "/opt/pierhead-agent"
WINDOWS_HOME = r"$env:ProgramFiles\PierheadAgent"


@dataclass(frozen=True)
class EnrolCommands:
    """linux: for a shell with sudo; windows: for PowerShell as administrator. Both hold the token."""

    linux: str
    windows: str


def enrol_commands(portal: str, token: str) -> EnrolCommands:
    """The commands for `token` at the portal's address (scheme, host and port, no path)."""
    package = f"{portal}{PACKAGE_PATH}"
    agent = f"{LINUX_HOME}/bin/engine-agent"
    linux = (
        f"sudo sh -ec 'python3 -m venv {LINUX_HOME}; {LINUX_HOME}/bin/pip install -q {package}; "
        f"{agent} enrol --portal {portal} --token {token}; {agent} service install'"
    )
    scripts = rf"{WINDOWS_HOME}\Scripts"
    windows = (
        f'$ErrorActionPreference = "Stop"; py -3 -m venv "{WINDOWS_HOME}"; & "{scripts}\\pip" install -q {package}; '
        f'& "{scripts}\\engine-agent" enrol --portal {portal} --token {token}; '
        f'& "{scripts}\\engine-agent" service install'
    )
    return EnrolCommands(linux, windows)
