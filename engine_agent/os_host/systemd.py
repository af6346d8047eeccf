"""The agent as a systemd service."""

import grp
import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

from ..problems import AgentProblem

UNIT = "pierhead-agent.service"
UNIT_FOLDER = Path("/etc/systemd/system")
DOCKER_GROUP = "docker"

# The engine's socket is as good as root, so what is closed here is everything else: no new privileges, nothing of the
# system to write but the state folder, no devices, no kernel knobs.
UNIT_TEXT = """\
[Unit]
Description=Pierhead agent beside the Docker Engine
Documentation=https://docs.docker.com/engine/api/
Wants=network-online.target
After=network-online.target docker.service
StartLimitIntervalSec=0

[Service]
{user}ExecStart={command} run --state-dir {state_dir}
Restart=always
RestartSec=5
KillSignal=SIGTERM
TimeoutStopSec=20
UMask=0077
ReadWritePaths={state_dir}
ReadOnlyPaths=-/etc/pierhead-agent
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RemoveIPC=yes
CapabilityBoundingSet=
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources @mount @debug
SystemCallErrorNumber=EPERM
MemoryMax=256M
TasksMax=64

[Install]
WantedBy=multi-user.target
"""


def unit_text(state_dir: Path, user: str = "") -> str:
    """The unit file for an agent with this state folder, run by the Python that runs us.

    user: who it runs as, with the group docker where there is one; "" for root.
    """
    lines = [f"User={user}", f"Group={user}"] if user else []
    if user and _group_exists(DOCKER_GROUP):
        lines.append(f"SupplementaryGroups={DOCKER_GROUP}")
    return UNIT_TEXT.format(
        command=_command(),
        state_dir=state_dir,
        user="".join(f"{line}\n" for line in lines),
    )


def _command() -> str:
    """How this very agent is started; by the link `current` where the install script made one."""
    own = Path(sys.prefix)
    current = own.parent.parent / "current"
    if current.is_symlink() and current.resolve() == own.resolve():
        own = current
    script = own / "bin" / "engine-agent"
    return str(script) if script.exists() else f"{sys.executable} -m engine_agent"


def _group_exists(name: str) -> bool:
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def service_install(state_dir: Path, *, user: str = "", folder: Path = UNIT_FOLDER) -> str:
    """Write the unit, enable and start it; gives a sentence on what was done. Raises AgentProblem.

    user: who the agent runs as; it must be able to use the state folder and the engine's socket. "" for root.
    """
    systemctl = _systemctl()
    if user:
        try:
            pwd.getpwnam(user)
        except KeyError as error:
            raise AgentProblem(f"There is no user {user}", remedy="Make it, or leave --user out") from error
    path = folder / UNIT
    path.write_text(unit_text(state_dir.resolve(), user), "utf-8")
    _run(systemctl, "daemon-reload")
    _run(systemctl, "enable", "--now", UNIT)
    return f"Installed {path}; the agent runs now and at every start. See “systemctl status {UNIT}”"


def service_remove(*, folder: Path = UNIT_FOLDER) -> str:
    """Stop and disable the service and remove its unit; the state folder stays. Raises AgentProblem."""
    systemctl = _systemctl()
    path = folder / UNIT
    if not path.exists():
        return "There is no agent service on this machine"
    _run(systemctl, "disable", "--now", UNIT)
    path.unlink()
    _run(systemctl, "daemon-reload")
    return f"Stopped the agent and removed {path}; its key and journal are kept"


def _systemctl() -> str:
    if os.geteuid() != 0:
        raise AgentProblem("Only root may change services", remedy="Put sudo in front of the command")
    systemctl = shutil.which("systemctl")
    if systemctl is None or not Path("/run/systemd/system").is_dir():
        raise AgentProblem(
            "This machine is not run by systemd",
            remedy="Start “engine-agent run” from your own service manager; it stays in the foreground",
        )
    return systemctl


def _run(systemctl: str, *arguments: str) -> None:
    done = subprocess.run([systemctl, *arguments], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise AgentProblem(f"systemctl {' '.join(arguments)} failed", remedy=done.stderr.strip()[-500:])
