"""The simulated Windows engine: the published shapes, its own ways, and refusals in the real one's words."""

import asyncio
import io
import tarfile
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from engine_agent.engine import Engine, EngineRefused, StreamFailed
from engine_agent.engine.client import Ask
from engine_agent.engine.containers import container_create, container_start
from engine_agent.engine.images import image_build, image_inspect, image_pull, image_tag
from engine_agent.engine.resources import engine_info, network_create
from engine_agent.engine.streams import demultiplex
from engine_agent.facts import host_facts
from tests.endpoint.docker_cli import Way, clean_environment
from tests.hosts.test_windows_rules import MOUNTS, NETWORK_MODES, NETWORKS, OPTIONS, PORTS, REFUSED, WARNED, Row
from tests.lab.oci import Platform, publish
from tests.lab.ports import free_port
from tests.lab.registry import Registry
from tests.sim.test_engine_shapes import GETS, POSTS, check, response_schema
from tests.sim.windows_engine import WindowsEngine
from tests.sim.windows_world import CLIENT, LTSC2019, LTSC2022, LTSC2025, Edition
from tests.sim.world import Behaviour


@pytest.fixture
async def engine(tmp_path: Path) -> Any:
    """A Windows Server 2022 with one of everything."""
    async with WindowsEngine(tmp_path / "engine.sock") as running:
        running.world.add_image("web:1", Behaviour(healthy=60.0))
        ports = {"80/tcp": [{"HostIp": "", "HostPort": "8081"}]}
        body = {"Image": "web:1", "Labels": {"a": "b"}, "HostConfig": {"PortBindings": ports, "Binds": ["d1:c:\\d"]}}
        running.world.start(running.world.create("web", body))
        running.world.create("idle", {"Image": "web:1"})
        running.world.create_network({"Name": "front"})
        running.world.create_volume({"Name": "data"})
        yield running


@pytest.fixture
def client(engine: WindowsEngine) -> Engine:
    return Engine(engine.address)


@pytest.mark.shared
@pytest.mark.parametrize(("path", "asked"), GETS)
async def test_what_is_read_has_the_published_shape(
    client: Engine, description: dict[str, Any], path: str, asked: str
) -> None:
    answer = await client.json(Ask("GET", urllib.parse.quote(asked), {"all": True}), object)
    check(description, response_schema(description, "get", path, "200"), answer)


@pytest.mark.shared
@pytest.mark.parametrize(("path", "asked", "body"), POSTS)
async def test_what_is_created_has_the_published_shape(
    client: Engine, description: dict[str, Any], path: str, asked: str, body: dict[str, Any]
) -> None:
    answer = await client.json(Ask("POST", asked, body=body), object)
    check(description, response_schema(description, "post", path, "201"), answer)


@pytest.mark.shared
async def test_exec_and_top_have_the_published_shape(client: Engine, description: dict[str, Any]) -> None:
    created = await client.json(Ask("POST", "/containers/web/exec", body={"Cmd": ["cmd"]}), dict[str, Any])
    seen = await client.json(Ask("GET", f"/exec/{created['Id']}/json"), object)
    check(description, response_schema(description, "get", "/exec/{id}/json", "200"), seen)
    top = await client.json(Ask("GET", "/containers/web/top"), object)
    check(description, response_schema(description, "get", "/containers/{id}/top", "200"), top)


async def test_what_an_agent_reads_of_it(client: Engine) -> None:
    facts = await host_facts(client)
    assert (facts.os, facts.architecture, facts.isolation) == ("windows", "amd64", "process")
    assert facts.os_version == "10.0.20348.2655"
    assert facts.os_name.startswith("Microsoft Windows Server")
    assert (await engine_info(client)).driver == "windowsfilter"
    image = await image_inspect(client, "web:1")
    assert (image.os, image.architecture) == ("windows", "amd64")


async def test_its_networks_are_nat_and_none(client: Engine) -> None:
    found = await client.json(Ask("GET", "/networks"), list[dict[str, Any]])
    assert {one["Name"]: one["Driver"] for one in found} == {"nat": "nat", "none": "null", "front": "nat"}


async def refused(client: Engine, host_config: dict[str, Any]) -> str:
    """The words of the refusal at create or at start, "" when it starts."""
    try:
        created = await container_create(client, "probe", {"Image": "web:1", "HostConfig": host_config})
        await container_start(client, created.id)
    except EngineRefused as error:
        return error.message
    return ""


JUDGED: list[Row] = [*OPTIONS, *NETWORK_MODES, *PORTS, *MOUNTS]


@pytest.mark.parametrize(("section", "host_config", "expected", "words"), JUDGED)
async def test_what_the_plan_refuses_the_engine_refuses_with_the_same_words(
    engine: WindowsEngine, client: Engine, section: str, host_config: dict[str, Any], expected: str, words: str
) -> None:
    """And what the plan lets pass starts. Networks and folders that a row names are there."""
    engine.world.folders |= {"c:\\host", "d:", "c:\\conf"}
    engine.world.files.add("c:\\web.config")
    engine.world.create_network({"Name": "shop_default"})
    said = await refused(client, {**host_config})
    if expected == REFUSED:
        assert said == words
    elif said:
        assert expected == WARNED
        assert said == words


@pytest.mark.parametrize(("section", "body", "expected", "words"), NETWORKS)
async def test_networks_are_refused_with_the_same_words(
    client: Engine, section: str, body: dict[str, Any], expected: str, words: str
) -> None:
    wanted = {**body, "Name": "other"}
    if expected != REFUSED:
        assert (await network_create(client, wanted)).id
        return
    with pytest.raises(EngineRefused) as caught:
        await network_create(client, wanted)
    assert (caught.value.status, caught.value.message) == (404, words)


BUILDS = [
    # host, build of the image, isolation, starts [5.1]
    (LTSC2019, 17763, "", True),
    (LTSC2019, 14393, "", False),
    (LTSC2019, 14393, "hyperv", True),
    (LTSC2022, 20348, "", True),
    (LTSC2022, 17763, "process", False),
    (LTSC2022, 17763, "hyperv", True),
    (LTSC2025, 20348, "", True),
    (LTSC2025, 25398, "", True),
    (LTSC2025, 17763, "", False),
    (CLIENT, 17763, "", True),
    (CLIENT, 17763, "process", False),
]


@pytest.mark.parametrize(("edition", "build", "isolation", "starts"), BUILDS)
async def test_builds(tmp_path: Path, edition: Edition, build: int, isolation: str, starts: bool) -> None:
    async with WindowsEngine(tmp_path / "engine.sock", edition=edition) as engine:
        engine.world.add_image("web:1", build=build)
        said = await refused(Engine(engine.address), {"Isolation": isolation} if isolation else {})
    assert (said == "") is starts
    assert starts or "(0xc0370101)" in said


async def test_a_warning_comes_with_the_created_container(client: Engine) -> None:
    body = {"Image": "web:1", "HostConfig": {"CpuCount": 1, "CpuShares": 2}}
    created = await container_create(client, "probe", body)
    assert created.warnings
    assert "CPU shares discarded" in created.warnings[0]


async def test_exec_writes_and_ends(client: Engine) -> None:
    created = await client.json(Ask("POST", "/containers/web/exec", body={"Cmd": ["cmd", "/c", "ver"]}), dict[str, Any])
    async with client.stream(Ask("POST", f"/exec/{created['Id']}/start", body={"Detach": False})) as response:
        output = demultiplex(await response.read(1000))
    assert b"Microsoft Windows [Version 10.0.20348.1]" in output
    assert (await client.json(Ask("GET", f"/exec/{created['Id']}/json"), dict[str, Any]))["ExitCode"] == 0


async def test_exec_in_what_does_not_run_and_without_a_command(client: Engine) -> None:
    with pytest.raises(EngineRefused, match="is not running"):
        await client.json(Ask("POST", "/containers/idle/exec", body={"Cmd": ["cmd"]}), object)
    with pytest.raises(EngineRefused, match="No exec command specified"):
        await client.json(Ask("POST", "/containers/web/exec", body={"Cmd": []}), object)


async def test_docker_itself_talks_to_it(engine: WindowsEngine, tmp_path: Path) -> None:
    """The standard client: negotiation, a list, and a conversation whose input ends before its output."""
    way = Way("direct", clean_environment(tmp_path) | {"DOCKER_HOST": engine.address}, tmp_path)
    version = await asyncio.to_thread(way.docker, "version", "--format", "{{.Server.Os}}")
    assert (version.code, version.out) == (0, b"windows\n"), version
    listed = await asyncio.to_thread(way.docker, "ps", "--format", "{{.Names}}")
    assert listed.out == b"web\n", listed
    said = await asyncio.to_thread(way.docker, "exec", "-i", "web", "cat", stdin=b"a" * 200_000)
    assert (said.code, said.out) == (0, b"a" * 200_000 + b"that was all"), said.err


async def test_update_changes_the_restart_policy_alone(client: Engine) -> None:
    await client.json(Ask("POST", "/containers/web/update", body={"RestartPolicy": {"Name": "always"}}), object)
    with pytest.raises(EngineRefused, match="resource updating isn't supported on Windows"):
        await client.json(Ask("POST", "/containers/web/update", body={"Memory": 2**30}), object)


async def test_top_takes_no_arguments(client: Engine) -> None:
    with pytest.raises(EngineRefused, match="Windows does not support arguments to top"):
        await client.json(Ask("GET", "/containers/web/top", {"ps_args": "-ef"}), object)


async def test_stopping_ends_with_the_code_of_an_interrupt(engine: WindowsEngine, client: Engine) -> None:
    await client.done(Ask("POST", "/containers/web/stop"))
    waited = await client.json(Ask("POST", "/containers/web/wait"), dict[str, int])
    assert waited["StatusCode"] == 3221225786


async def pulled(client: Engine, name: str, tag: str) -> str:
    """The last word of a pull, or why it failed."""
    try:
        return [one.status async for one in image_pull(client, name, tag, platform="windows/amd64")][-1]
    except StreamFailed as error:
        return error.message


async def test_pulling_what_is_offered(engine: WindowsEngine, client: Engine) -> None:
    engine.world.offer_image("iis:1")
    engine.world.offer_image("iis:old", build=17763)
    engine.world.offer_image("iis:new", build=26100)
    engine.world.offer_image("nginx:1").os = "linux"
    assert await pulled(client, "iis", "1") == "Status: Downloaded newer image for iis:1"
    assert "newer image" in await pulled(client, "iis", "old")
    assert await pulled(client, "iis", "new") == (
        "a Windows version 10.0.26100-based image is incompatible with a 10.0.20348.2655 host"
    )
    assert 'image operating system "linux" cannot be used' in await pulled(client, "nginx", "1")


async def test_pulling_from_a_registry_takes_the_build_that_fits(client: Engine, registry: Registry) -> None:
    builds = [Platform("windows", os_version=f"10.0.{build}.1") for build in (17763, 20348, 26100)]
    digest = publish(registry, "sim/iis:1", [Platform(), *builds])
    name = f"{registry.netloc}/sim/iis"
    assert "newer image" in await pulled(client, name, digest)
    await image_tag(client, f"{name}@{digest}", f"{name}:1")
    image = await image_inspect(client, f"{name}:1")
    assert (image.os, image.repo_tags, image.repo_digests) == ("windows", (f"{name}:1",), (f"{name}@{digest}",))
    assert await refused(client, {}) == ""


async def test_a_registry_without_a_build_that_fits(client: Engine, registry: Registry) -> None:
    publish(registry, "sim/new:1", [Platform(), Platform("windows", os_version="10.0.26100.1")])
    with pytest.raises(EngineRefused, match="no matching manifest for windows/amd64"):
        await pulled(client, f"{registry.netloc}/sim/new", "1")


async def test_building_from_scratch_is_not_possible(client: Engine) -> None:
    assert await built(client, "FROM scratch\n") == "Windows does not support FROM scratch"
    assert await built(client, "FROM web:1\n") == "Successfully tagged made:1\n"
    assert (await image_inspect(client, "made:1")).os == "windows"


async def built(client: Engine, dockerfile: str) -> str:
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(dockerfile)
        tar.addfile(entry, io.BytesIO(dockerfile.encode()))

    async def pieces() -> Any:
        yield context.getvalue()

    try:
        return [one.stream async for one in image_build(client, pieces(), "made:1", labels={})][-1]
    except StreamFailed as error:
        return error.message


async def test_a_container_answers_on_its_port(engine: WindowsEngine, client: Engine) -> None:
    port = free_port()
    engine.world.add_image("site:1", Behaviour(serves=True))
    body = {"Image": "site:1", "HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": str(port)}]}}}
    created = await container_create(client, "site", body)
    await container_start(client, created.id)
    assert await asked(port) == "site of site:1 on windows\n"
    await client.done(Ask("POST", f"/containers/{created.id}/stop"))
    with pytest.raises(OSError, match="refused"):
        await asked(port)


async def asked(port: int) -> str:
    def get() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return str(answer.read().decode())

    for _ in range(100):
        try:
            return await asyncio.to_thread(get)
        except OSError as error:
            last = error
            await asyncio.sleep(0.02)
    raise last
