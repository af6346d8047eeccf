"""Facts of the host: the machine itself, and its engine when it answers."""

import os

import msgspec

from . import VERSION
from .engine import Engine, EngineError
from .engine.resources import engine_info
from .engine.types import Info, Version
from .os_host import free_bytes, machine
from .os_host.machine import Machine
from .protocol.facts import HostFacts
from .protocol.policy import PolicyFact


async def host_facts(engine: Engine, policy: PolicyFact | None = None, *, agent_disk_full: bool = False) -> HostFacts:
    """What is known now; engine_error says why the engine does not answer, "" when it does."""
    return msgspec.structs.replace(await _engine_facts(engine), policy=policy, agent_disk_full=agent_disk_full)


async def _engine_facts(engine: Engine) -> HostFacts:
    here = machine()
    try:
        version = await engine.negotiate()
        info = await engine_info(engine)
    except EngineError as error:
        return without_engine(here, str(error))
    return with_engine(here, version, info, engine.api_version)


def without_engine(here: Machine, reason: str) -> HostFacts:
    """The machine alone."""
    return HostFacts(
        hostname=here.hostname,
        agent_version=VERSION,
        os=here.os,
        os_name=here.os_name,
        os_version=here.os_version,
        kernel=here.kernel,
        architecture=here.architecture,
        cpus=here.cpus,
        memory_bytes=here.memory_bytes,
        engine_error=reason[:400],
    )


def with_engine(here: Machine, version: Version, info: Info, api_version: str) -> HostFacts:
    """What the engine says of itself and its machine; the machine's own word where it says nothing."""
    return HostFacts(
        hostname=info.name or here.hostname,
        agent_version=VERSION,
        os=info.os_type or version.os or here.os,
        os_name=info.operating_system or here.os_name,
        os_version=_finer(_windows_build(info.os_version), here.os_version),
        kernel=info.kernel_version or here.kernel,
        architecture=version.arch or here.architecture,
        isolation=info.isolation,
        cpus=info.cpus or here.cpus,
        memory_bytes=info.memory or here.memory_bytes,
        engine_id=info.id,
        engine_version=info.server_version or version.version,
        api_version=api_version,
        rootless=any(option.startswith("name=rootless") for option in info.security_options or ()),
        storage_driver=info.driver,
        data_root_free_bytes=_free(info.docker_root_dir),
        cgroup_version=info.cgroup_version,
        engine_name=version.other_name,
    )


def _free(folder: str) -> int:
    """Bytes free where the engine keeps its data; 0 when that is no folder here, 1 when there is no room at all."""
    return max(free_bytes(folder), 1) if folder and os.access(folder, os.F_OK) else 0


def _finer(engine: str, machine: str) -> str:
    """The engine's word, or the machine's where that says the same and the revision too (10.0.20348.2655)."""
    return machine if engine and machine.startswith(f"{engine}.") else engine or machine


def _windows_build(version: str) -> str:
    """A Windows engine says "10.0 20348 (20348.1.amd64fre.fe_release.210507-1500)" or "10.0.20348"; others as is."""
    words = version.split()
    if len(words) > 1 and words[1].isdigit():
        return f"{words[0]}.{words[1]}"
    return version
