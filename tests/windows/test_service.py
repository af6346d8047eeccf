"""The agent as a Windows service: installed, started, stopped, brought up to date, removed."""

import re

import pytest

from engine_agent.protocol.messages import Facts
from tests.windows.conftest import Machine
from tests.windows.wine import Running

pytestmark = [pytest.mark.windows, pytest.mark.timeout(400)]

PATIENT = 150.0
HEAD = (
    "from engine_agent.os_host.windows_scm import ServiceManager\n"
    "m = ServiceManager().__enter__(); N = 'PierheadAgent'\n"
)
SERVICE_KEY = r"SYSTEM\CurrentControlSet\Services\PierheadAgent"
SOURCE_KEY = r"SYSTEM\CurrentControlSet\Services\EventLog\Application\PierheadAgent"
READ = """
import winreg
for name in {keys!r}:
    try:
        key = winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, name)
        print(dict(winreg.EnumValue(key, n)[:2] for n in range(winreg.QueryInfoKey(key)[1])))
    except FileNotFoundError:
        print("absent")
"""


async def registry(machine: Machine, *keys: str) -> str:
    """A line for each key: its values, or "absent"."""
    return await machine.program(READ.format(keys=keys))


async def test_a_service_from_beginning_to_end(machine: Machine, engine: Running) -> None:
    """One long story, since each start of a service takes seconds here."""
    await machine.enrol()
    installed = await machine.agent("service", "install")
    assert installed.stdout.startswith("Installed the service PierheadAgent"), installed
    await machine.portal.connections(1, timeout=PATIENT)
    assert (await machine.portal.hear(Facts, timeout=PATIENT)).facts.os == "windows"

    settings, source = (await registry(machine, SERVICE_KEY, SOURCE_KEY)).splitlines()
    assert "'Start': 2" in settings  # automatic
    assert re.search(r"'ObjectName': 'LocalSystem'", settings)
    assert "engine_agent.os_host.windows_program --state-dir" in settings
    assert "EventCreate.exe" in source

    told = await machine.program(
        HEAD + "m.stop(N); print(m.state(N)); m.stop(N); m.start(N); print(m.state(N)); m.start(N)"
    )
    assert told.split() == ["stopped", "running"]
    await machine.portal.connections(2, timeout=PATIENT)

    updated = await machine.agent("service", "install")
    assert updated.stdout.startswith("Updated the service PierheadAgent"), updated
    await machine.portal.connections(3, timeout=PATIENT)

    removed = await machine.agent("service", "remove")
    assert "its key and journal are kept" in removed.stdout
    assert await registry(machine, SERVICE_KEY, SOURCE_KEY) == "absent\nabsent\n"
    log = machine.wine.drive / "state" / machine.state.rpartition("\\")[2] / "logs" / "agent.log"
    assert "stopped" in log.read_text("utf-8")

    again = await machine.agent("service", "remove")
    assert again.stdout == "There is no agent service on this machine.\n"


async def test_a_service_that_cannot_start_says_why(machine: Machine) -> None:
    """Not enrolled: the command line refuses, and so would the service itself."""
    refused = await machine.agent("service", "install")
    assert refused.code != 0
    assert "not enrolled" in refused.stderr
    told = await machine.program(
        "import subprocess, sys\n"
        "done = subprocess.run([sys.executable, '-m', 'engine_agent.os_host.windows_program', '--state-dir',"
        f" {machine.state!r}], capture_output=True, text=True)\n"
        "print(done.returncode)"
    )
    assert int(told) != 0  # started by hand and not by the service manager


async def test_a_private_folder_is_made_and_usable(machine: Machine) -> None:
    """Wine keeps lists of access as Unix modes, so this shows that Windows takes ours, and not all that it does."""
    program = (
        "from pathlib import Path; from engine_agent.os_host.windows_folders import private_folder\n"
        "from engine_agent.os_host.windows_policy import _security\n"
        "top = Path('C:/private'); deep = top / 'deep'; open_to_all = Path('C:/open-to-all')\n"
        "open_to_all.mkdir()\n"
        "private_folder(deep); private_folder(deep); (deep / 'x').write_text('y'); print((deep / 'x').read_text())\n"
        "print(';;;WD)' in _security(str(open_to_all)), ';;;WD)' in _security(str(top)))"
    )
    assert (await machine.program(program)).split() == ["y", "True", "False"]
