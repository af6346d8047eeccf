"""The agent as a Windows service: installing it and removing it. The service's own process is windows_program.py."""

import subprocess
import sys
import sysconfig
from pathlib import Path

from .windows_events import source_add, source_remove
from .windows_scm import Definition, ServiceManager

NAME = "PierheadAgent"
PROGRAM = "engine_agent.os_host.windows_program"


def service_install(state_dir: Path, *, user: str = "") -> str:
    """Create the service (or bring one that is there up to date) and start it; gives a sentence on what was done.
    Raises AgentProblem."""
    definition = Definition(
        name=NAME,
        display="Pierhead agent",
        description="Connects the Docker Engine of this machine to its Pierhead portal.",
        command=command_line(state_dir.resolve()),
    )
    with ServiceManager() as manager:
        if manager.state(NAME):
            manager.stop(NAME)
        there = manager.put(definition)
        source_add()
        manager.start(NAME)
    done = "Updated" if there else "Installed"
    return f"{done} the service {NAME}; the agent runs now and at every start. See “Get-Service {NAME}”"


def service_remove() -> str:
    """Stop and delete the service; the state folder stays. Raises AgentProblem."""
    with ServiceManager() as manager:
        if not manager.state(NAME):
            return "There is no agent service on this machine"
        manager.stop(NAME)
        manager.delete(NAME)
    source_remove()
    return f"Stopped the agent and removed the service {NAME}; its key and journal are kept"


def command_line(state_dir: Path) -> str:
    """What the manager starts.

    The interpreter of a virtual environment only starts another process, which the manager would not believe to be the
    service: there the base interpreter is named, and told where the packages are.
    """
    base = getattr(sys, "_base_executable", sys.executable)
    if sys.prefix == sys.base_prefix:
        words = [sys.executable, "-m", PROGRAM]
    else:
        packages = sysconfig.get_path("purelib")
        start = f"import site; site.addsitedir({packages!r}); from {PROGRAM} import main; "
        words = [base, "-I", "-c", f"{start}main()"]
    return subprocess.list2cmdline([*words, "--state-dir", str(state_dir)])
