"""The agent on a genuine Windows CPython: enrolment, a deploy, a cut link, its files, its engine's named pipe."""

import asyncio
from contextlib import AbstractContextManager

import msgspec
import pytest

from engine_agent.protocol.bodies import ContainerLogs, Deploy, NetworkSpec
from engine_agent.protocol.messages import CommandAccepted, CommandFinished, CommandProgress, Facts, Snapshot
from tests.agent.wishes import NETWORK, container, deploy
from tests.windows.conftest import Machine
from tests.windows.wine import Running

pytestmark = [pytest.mark.windows, pytest.mark.timeout(400)]

PATIENT = 150.0


def running(machine: Machine) -> AbstractContextManager[Running]:
    """The agent in the foreground, for as long as the block lasts."""
    return machine.wine.running("C:\\python\\python.exe", "-m", "engine_agent", "run", "--state-dir", machine.state)


def wanted(image: str, port: int = 0) -> Deploy:
    """A deployment as the portal sends it to a Windows host."""
    network = NetworkSpec(NETWORK, {"Name": NETWORK})
    return msgspec.structs.replace(deploy(container(image=image, port=port)), networks=(network,))


async def test_what_it_knows_of_the_machine(machine: Machine) -> None:
    program = "import msgspec; from engine_agent.os_host import machine; print(msgspec.json.encode(machine()).decode())"
    facts = msgspec.json.decode(await machine.program(program))
    assert facts["os"] == "windows"
    assert facts["architecture"] == "amd64"
    assert facts["os_version"].startswith("10.0.")
    assert facts["os_name"].startswith("Microsoft Windows")
    assert facts["hostname"]
    assert facts["memory_bytes"] > 100 * 2**20
    assert facts["cpus"] >= 1


async def test_enrolment_finds_the_engine_on_its_pipe(machine: Machine, engine: Running) -> None:
    ended = await machine.enrol()
    assert "Enrolled as host “simulated” of team “crew”" in ended.stdout
    [enrolment] = machine.portal.enrolments
    assert (enrolment["facts"]["os"], enrolment["facts"]["isolation"]) == ("windows", "process")
    assert enrolment["facts"]["os_version"] == "10.0.20348.2655"


async def test_enrolment_without_an_engine_says_how_to_start_one(machine: Machine) -> None:
    ended = await machine.enrol("--engine", "npipe:////./pipe/nobody", "--name", "bare")
    assert "Start-Service docker" in ended.stdout
    assert machine.portal.enrolments[0]["facts"]["engine_error"]


async def test_a_deploy_over_the_pipe(machine: Machine, engine: Running) -> None:
    await machine.enrol()
    with running(machine):
        await machine.portal.connections(1, timeout=PATIENT)
        facts = await machine.portal.hear(Facts, timeout=PATIENT)
        assert facts.facts.os == "windows"
        snapshot = await machine.portal.hear(Snapshot, timeout=PATIENT)
        assert {network.driver for network in snapshot.networks} == {"nat", "null"}
        await machine.portal.command("one", wanted("iis:1"))
        end = await machine.portal.finished("one", timeout=PATIENT)
        assert (end.outcome, end.error) == ("succeeded", "")
        steps = {
            step.key
            for message in machine.portal.heard
            if isinstance(message, CommandProgress)
            for step in message.steps
        }
        assert any(key.startswith("pull:") for key in steps)
        later = await machine.portal.hear(Snapshot | Facts, timeout=PATIENT)  # type: ignore[arg-type]
        assert later
        answer = await machine.portal.ask("logs", ContainerLogs("shop-web-1"), timeout=PATIENT)
        assert "listening" in str(answer.result)
        status = await machine.agent("status")
        assert "link:     connected" in status.stdout
        assert "npipe:////./pipe/docker_engine" in status.stdout


async def test_what_windows_refuses_is_told_in_its_words(machine: Machine, engine: Running) -> None:
    await machine.enrol()
    with running(machine):
        await machine.portal.connections(1, timeout=PATIENT)
        await machine.portal.command("one", deploy(container(image="iis:1")))  # its network wants the driver bridge
        end = await machine.portal.finished("one", timeout=PATIENT)
    assert end.outcome in {"failed", "rolled_back"}
    assert "could not find plugin bridge in v1 plugin registry" in end.error


async def test_a_link_cut_in_the_middle_of_a_deploy(machine: Machine, engine: Running) -> None:
    """It goes on without the portal, and the end is told once the portal is there again."""
    await machine.enrol()
    with running(machine):
        await machine.portal.connections(1, timeout=PATIENT)
        await machine.portal.command("one", wanted("iis:slow"))
        await machine.portal.hear(CommandAccepted, timeout=PATIENT)
        await machine.portal.shut()
        await asyncio.sleep(1)
        await machine.portal.open()
        await machine.portal.connections(2, timeout=PATIENT)
        end = await machine.portal.finished("one", timeout=PATIENT)
    assert end.outcome == "succeeded"


async def test_a_killed_agent_carries_on_where_it_was(machine: Machine, engine: Running) -> None:
    await machine.enrol()
    with running(machine) as first:
        await machine.portal.connections(1, timeout=PATIENT)
        await machine.portal.command("one", wanted("iis:slow"))
        await machine.portal.hear(CommandProgress, timeout=PATIENT)
        first.end()
    with running(machine):
        end = await machine.portal.finished("one", timeout=PATIENT)
        assert end.outcome == "succeeded"
        await machine.portal.command("one", wanted("iis:slow"))  # the same frame once more has no second effect
        await machine.portal.hear(
            CommandFinished, lambda again: again.id == "one", after=machine.portal.heard.index(end) + 1, timeout=PATIENT
        )


async def test_two_agents_do_not_share_a_folder(machine: Machine, engine: Running) -> None:
    await machine.enrol()
    with running(machine):
        await machine.portal.connections(1, timeout=PATIENT)
        second = await machine.agent("run")
    assert second.code != 0
    assert "Another agent already runs" in second.stderr


PIPE_PROGRAM = r"""
import asyncio
from engine_agent.os_host import open_pipe

NAME = r"\\.\pipe\half-close"

async def serve(reader, writer):
    heard = await reader.read()
    writer.write(b"heard " + heard)
    await writer.drain()
    writer.close()

async def main():
    loop = asyncio.get_running_loop()
    def protocol():
        reader = asyncio.StreamReader()
        return asyncio.StreamReaderProtocol(reader, serve)
    [server] = await loop.start_serving_pipe(protocol, NAME)
    reader, writer = await asyncio.wait_for(open_pipe(NAME), 10)
    writer.write(b"a" * 100_000)
    writer.write(b"b")
    writer.write_eof()
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 20)
    print(writer.can_write_eof(), len(answer), answer[:7], answer[-1:])
    writer.close()
    server.close()
    try:
        await asyncio.wait_for(open_pipe(r"\\.\pipe\nobody-serves-this"), 5)
    except FileNotFoundError:
        print("not found")

asyncio.run(main())
"""


async def test_a_pipe_can_be_closed_in_one_direction(machine: Machine) -> None:
    """What follows the end of our input must still arrive, or `docker exec` would print nothing."""
    printed = await machine.program(PIPE_PROGRAM)
    assert printed.splitlines() == ["True 100007 b'heard a' b'b'", "not found"]
