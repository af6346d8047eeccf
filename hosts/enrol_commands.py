"""The one command that makes a machine a host: it installs the agent, enrols it and starts its service."""

import shlex
from dataclasses import dataclass

INSTALL_SH = "/agent/install.sh"
INSTALL_PS1 = "/agent/install.ps1"
CA_PATH = "/agent/ca.pem"
WINDOWS_CA = r"$env:TEMP\pierhead-ca.pem"


@dataclass(frozen=True)
class EnrolCommands:
    """linux: for a shell with sudo; windows: for PowerShell as administrator. Both hold the token."""

    linux: str
    windows: str


def enrol_commands(portal: str, token: str, *, ca_sha256: str = "") -> EnrolCommands:
    """The commands for `token` at the portal's address (scheme, host and port, no path).

    ca_sha256: of the portal's private authority, "" when its certificate is one that machines know. The authority is
    then fetched without being believed, and used only when it has this digest.
    """
    return EnrolCommands(_linux(portal, token, ca_sha256), _windows(portal, token, ca_sha256))


def _linux(portal: str, token: str, ca: str) -> str:
    script = shlex.quote(f"{portal}{INSTALL_SH}")
    if not ca:
        return f"curl -fsSL {script} | sudo sh -s -- --token {token}"
    return (
        f'ca=$(mktemp) && curl -fsSk {shlex.quote(portal + CA_PATH)} -o "$ca" && echo "{ca}  $ca" | '
        f'sha256sum -c --quiet && curl -fsSL --cacert "$ca" {script} | sudo sh -s -- --token {token} --ca "$ca"'
    )


def _windows(portal: str, token: str, ca: str) -> str:
    """curl.exe is part of Windows from 1803 and Server 2019 on."""
    if not ca:
        return f"& ([scriptblock]::Create((irm {portal}{INSTALL_PS1}))) -Token {token}"
    return (
        f'$ca = "{WINDOWS_CA}"; curl.exe -fsSk {portal}{CA_PATH} -o $ca; '
        f"if ((Get-FileHash $ca).Hash -ne '{ca}') {{ throw 'The authority is not the portal''s' }}; "
        "Import-Certificate -FilePath $ca -CertStoreLocation Cert:\\LocalMachine\\Root | Out-Null; "
        f"& ([scriptblock]::Create((irm {portal}{INSTALL_PS1}))) -Token {token} -Ca $ca"
    )
