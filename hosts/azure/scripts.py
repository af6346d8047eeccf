"""What a new machine runs to become a host: an engine from Docker's own packages, then the portal's enrolment command.

Both scripts can be run again. They hold the enrolment token, so they travel in protected settings only.
"""

import base64
import gzip
import shlex

# A pinned engine: "latest" is not a version, and the newest by name is not the newest.
WINDOWS_ENGINE = "28.5.2"
ENGINE_FILE = "/usr/local/sbin/pierhead-engine"
ENROL_FILE = "/usr/local/sbin/pierhead-enrol"
AGENT_STATE = "/var/lib/pierhead-agent"  # as install.sh makes it
# Docker Engine from Docker's own packages. It can be run again, and beside a start-up that uses apt too.
_ENGINE = """\
set -eu
export DEBIAN_FRONTEND=noninteractive
apt() { apt-get -qq -o DPkg::Lock::Timeout=300 "$@"; }
if ! command -v dockerd >/dev/null 2>&1; then
    echo "pierhead: installing Docker Engine"
    . /etc/os-release
    install -m 0755 -d /etc/apt/keyrings
    apt update
    apt install --yes ca-certificates curl python3-venv
    curl -fsSL --retry 5 "https://download.docker.com/linux/$ID/gpg" -o /etc/apt/keyrings/docker.asc
    echo "deb [arch=$(dpkg --print-architecture) signed-by=/etc/apt/keyrings/docker.asc] \
https://download.docker.com/linux/$ID $VERSION_CODENAME stable" > /etc/apt/sources.list.d/docker.list
    apt update
    apt install --yes docker-ce docker-ce-cli containerd.io
elif ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    apt update
    apt install --yes python3-venv
fi
systemctl enable --now docker >/dev/null 2>&1 || echo "pierhead: systemd does not know the service docker"
"""
_LINUX = """\
#!/bin/sh
set -eu
if command -v cloud-init >/dev/null 2>&1; then
    cloud-init status --wait >/dev/null || echo "pierhead: cloud-init has ended with an error; going on without it"
fi
(
{engine})
echo "pierhead: enrolling with" {portal}
{enrol}
[ -f {state}/agent.json ] || {{ echo "pierhead: the machine has not enrolled; the lines above say why" >&2; exit 1; }}
echo "pierhead: done"
"""

_WINDOWS_FIRST = r"""
{head}$ErrorActionPreference = 'Stop'
$d = "$env:ProgramData\Pierhead\setup"
New-Item -ItemType Directory -Force $d | Out-Null
icacls $d /inheritance:r /grant:r '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' | Out-Null
$s = @'
{second}
'@
Set-Content -Path "$d\second.ps1" -Value $s{filled} -Encoding UTF8
Install-WindowsFeature -Name Containers | Out-Null
$run = "-NoProfile -ExecutionPolicy Bypass -File `"$d\second.ps1`""
$a = New-ScheduledTaskAction -Execute powershell.exe -Argument $run
Register-ScheduledTask -TaskName PierheadSetup -Action $a -Trigger (New-ScheduledTaskTrigger -AtStartup) `
    -User SYSTEM -RunLevel Highest -Force | Out-Null
shutdown.exe /r /t 30 /c 'Pierhead: the containers feature needs a restart'
"""

_WINDOWS_SECOND = r"""
$ErrorActionPreference = 'Stop'
$d = "$env:ProgramData\Pierhead\setup"
Start-Transcript -Path "$d\second.log" -Append | Out-Null
if (-not (Get-Service docker -ErrorAction SilentlyContinue)) {{
    $zip = "$d\docker.zip"
    $from = 'https://download.docker.com/win/static/stable/x86_64/docker-{engine}.zip'
    Invoke-WebRequest -UseBasicParsing $from -OutFile $zip
    Expand-Archive $zip -DestinationPath $env:ProgramFiles -Force
    & "$env:ProgramFiles\docker\dockerd.exe" --register-service --service-name docker
    Remove-Item $zip
}}
Start-Service docker
{enrol}
Unregister-ScheduledTask -TaskName PierheadSetup -Confirm:$false
Stop-Transcript | Out-Null
Remove-Item -Force "$d\second.ps1"
"""


def cloud_config(enrol: str = "") -> str:
    """What cloud-init does at the first start of a Linux machine: it installs the engine. It holds no secret.

    enrol: a script that runs afterwards, for clouds where nothing else brings the token.
    """
    files = _file(ENGINE_FILE, "#!/bin/sh\n" + _ENGINE, "0755")
    commands = f"runcmd:\n  - [{ENGINE_FILE}]\n"
    if enrol:
        files += _file(ENROL_FILE, enrol, "0700")
        commands += f"  - [{ENROL_FILE}]\n  - [rm, -f, {ENROL_FILE}]\n"
    return f"#cloud-config\nwrite_files:\n{files}{commands}"


def _file(path: str, content: str, mode: str) -> str:
    """A file of cloud-init's write_files."""
    lines = "".join(f"      {line}\n" if line else "\n" for line in content.splitlines())
    return f'  - path: {path}\n    permissions: "{mode}"\n    content: |\n{lines}'


def linux_script(*, portal: str, enrol: str) -> str:
    """A shell script for Ubuntu or Debian. enrol: the portal's own command for Linux, with the token.

    It waits for cloud-init where there is one, installs the engine where there is none, and enrols.
    """
    return _LINUX.format(engine=_ENGINE, portal=shlex.quote(portal), enrol=enrol, state=AGENT_STATE)


def windows_script(*, enrol: str, head: str = "", filled: str = "") -> str:
    """PowerShell in two parts around the restart that the containers feature needs. enrol: the portal's command.

    head: what goes before the first part; filled: what makes the second part's text whole, such as .Replace('a', $b).
    """
    second = _WINDOWS_SECOND.format(engine=WINDOWS_ENGINE, enrol=enrol)
    if "\n'@" in second:
        raise ValueError("the second part would end the first one's text")
    return _WINDOWS_FIRST.format(second=second.strip(), head=head, filled=filled)


def packed_shell(script: str) -> str:
    """A script as the Linux CustomScript extension takes it in `script`: gzip, then base64."""
    return base64.b64encode(gzip.compress(script.encode(), mtime=0)).decode()


def packed_powershell(script: str, *, arguments: str = "") -> str:
    """A command line for the Windows extension that runs `script`: gzip and base64, unpacked where it runs.

    arguments: for the script's own parameters, such as -Token 'x'. Raises ValueError when it would be longer than a
    Windows command line may be.
    """
    packed = base64.b64encode(gzip.compress(script.encode(), mtime=0)).decode()
    text = "([IO.StreamReader]::new($g)).ReadToEnd()"
    run = f"& ([scriptblock]::Create({text})) {arguments}" if arguments else f"iex {text}"
    line = (
        'powershell -NoProfile -ExecutionPolicy Bypass -Command "$z=[IO.MemoryStream]::new('
        f"[Convert]::FromBase64String('{packed}'));$g=[IO.Compression.GzipStream]::new($z,"
        f'[IO.Compression.CompressionMode]::Decompress);{run}"'
    )
    if len(line) > 8000:
        raise ValueError(f"the command line has {len(line)} characters; Windows takes 8191")
    return line
