"""Which image runs on which host: a table, as docs/placement.md says."""

import pytest

from hosts import placement
from tests.hosts.shapes import host, manifests, windows

LINUX_TABLE = [
    # host architecture, platforms of the image, the one that is taken (None: refused)
    ("amd64", ["linux/amd64"], "linux/amd64"),
    ("amd64", ["linux/arm64", "linux/amd64"], "linux/amd64"),
    ("x86_64", ["linux/amd64"], "linux/amd64"),
    ("amd64", ["linux/amd64/v1"], "linux/amd64/v1"),
    ("amd64", ["linux/amd64/v3"], None),
    ("amd64", ["linux/386"], "linux/386"),
    ("amd64", ["linux/386", "linux/amd64"], "linux/amd64"),
    ("amd64", ["linux/arm64"], None),
    ("amd64", ["windows/amd64@10.0.20348.1"], None),
    ("386", ["linux/amd64"], None),
    ("arm64", ["linux/arm64"], "linux/arm64"),
    ("aarch64", ["linux/arm64/v8"], "linux/arm64/v8"),
    ("arm64", ["linux/arm/v7"], "linux/arm/v7"),
    ("arm64", ["linux/arm/v6", "linux/arm/v7"], "linux/arm/v7"),
    ("arm64", ["linux/arm/v7", "linux/arm64"], "linux/arm64"),
    ("arm64", ["linux/amd64"], None),
    ("arm", ["linux/arm/v7"], "linux/arm/v7"),
    ("arm", ["linux/arm/v5", "linux/arm/v6"], "linux/arm/v6"),
    ("arm", ["linux/arm/v8"], None),
    ("arm", ["linux/arm64"], None),
    ("arm", ["linux/arm"], "linux/arm"),
    ("riscv64", ["linux/riscv64"], "linux/riscv64"),
    ("s390x", ["linux/amd64"], None),
    ("", ["linux/amd64"], None),
]

WINDOWS_TABLE = [
    # host version, isolation, image builds, the one that is taken (None: refused); section and rules: docs/placement.md
    ("10.0.20348.2655", "process", ["10.0.20348.1"], "10.0.20348.1"),
    ("10.0.20348.2655", "process", ["10.0.17763.1"], None),
    ("10.0.20348.2655", "process", ["10.0.26100.1"], None),
    ("10.0.20348.2655", "process", ["10.0.17763.1", "10.0.20348.5"], "10.0.20348.5"),
    ("10.0.20348.2655", "hyperv", ["10.0.17763.1"], "10.0.17763.1"),
    ("10.0.20348.2655", "hyperv", ["10.0.14393.1"], "10.0.14393.1"),
    ("10.0.20348.2655", "hyperv", ["10.0.17763.1", "10.0.20348.5"], "10.0.20348.5"),
    ("10.0.20348.2655", "hyperv", ["10.0.26100.1"], None),
    ("10.0.26100.1742", "process", ["10.0.26100.1"], "10.0.26100.1"),
    ("10.0.26100.1742", "process", ["10.0.20348.1"], "10.0.20348.1"),
    ("10.0.26100.1742", "process", ["10.0.25398.1"], "10.0.25398.1"),
    ("10.0.26100.1742", "process", ["10.0.17763.1"], None),
    ("10.0.26100.1742", "process", ["10.0.20348.1", "10.0.26100.9"], "10.0.26100.9"),
    ("10.0.25398.1", "process", ["10.0.20348.1"], "10.0.20348.1"),
    ("10.0.27000.1", "process", ["10.0.26100.1"], "10.0.26100.1"),
    ("10.0.27000.1", "process", ["10.0.20348.1"], None),
    ("10.0.17763.5", "process", ["10.0.17763.9"], "10.0.17763.9"),
    ("10.0.17763.5", "process", ["10.0.14393.1"], None),
    ("10.0.17763.5", "process", ["10.0.20348.1"], None),
    ("10.0.17763.5", "hyperv", ["10.0.14393.1"], "10.0.14393.1"),
    ("10.0.14393.10", "process", ["10.0.14393.10"], "10.0.14393.10"),
    ("10.0.14393.10", "process", ["10.0.14393.11"], None),
    ("10.0.20348.1", "", ["10.0.20348.1"], "10.0.20348.1"),
    ("10.0.20348.1", "", ["10.0.17763.1"], None),
    ("10.0.20348.1", "process", [""], ""),
    ("", "process", ["10.0.20348.1"], "10.0.20348.1"),
]


@pytest.mark.parametrize(("architecture", "platforms", "taken"), LINUX_TABLE)
def test_linux(architecture: str, platforms: list[str], taken: str | None) -> None:
    fit = placement.image_fits(host(architecture=architecture), manifests(*platforms))
    assert fit.ok is (taken is not None)
    if taken is not None:
        assert fit.manifest is not None
        assert str(fit.manifest.platform) == taken
    else:
        assert "host-1" in fit.reason
        assert fit.code == "platform-mismatch"


@pytest.mark.parametrize(("version", "isolation", "builds", "taken"), WINDOWS_TABLE)
def test_windows(version: str, isolation: str, builds: list[str], taken: str | None) -> None:
    machine = windows(build=version, isolation=isolation)
    fit = placement.image_fits(machine, manifests(*(f"windows/amd64@{build}" for build in builds)))
    assert fit.ok is (taken is not None), fit.reason
    if taken is not None:
        assert fit.manifest is not None
        assert fit.manifest.platform.os_version == taken
    else:
        assert fit.code == "windows-build"
        assert "0xc0370101" in fit.reason


def test_a_service_may_choose_its_isolation() -> None:
    machine, old = windows(isolation="process"), manifests("windows/amd64@10.0.17763.1")
    assert not placement.image_fits(machine, old).ok
    assert placement.image_fits(machine, old, isolation="hyperv").ok
    assert not placement.image_fits(machine, old, isolation="default").ok


def test_the_reason_names_both_platforms() -> None:
    fit = placement.image_fits(host(), manifests("windows/amd64@10.0.20348.1", "windows/amd64@10.0.17763.1"))
    assert fit.reason == "This image exists for windows/amd64 only; host-1 is linux/amd64."


def test_a_linux_image_on_a_windows_host() -> None:
    fit = placement.image_fits(windows(), manifests("linux/amd64"))
    assert fit.reason == "This image exists for linux/amd64 only; win-1 is windows/amd64."


def test_the_windows_reason_says_what_runs() -> None:
    fit = placement.image_fits(windows(build="10.0.26100.1"), manifests("windows/amd64@10.0.17763.1"))
    assert "builds 20348 to 26100 in process isolation" in fit.reason
    fit = placement.image_fits(windows(isolation="hyperv"), manifests("windows/amd64@10.0.26100.1"))
    assert "builds up to 20348 with Hyper-V isolation" in fit.reason


def test_many_platforms_are_not_all_listed() -> None:
    texts = [f"linux/arch{number}" for number in range(9)]
    assert "and 3 more" in placement.image_fits(host(), manifests(*texts)).reason


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, ""),
        ({"state": "offline"}, "host-away"),
        ({"state": "stale", "away": "host-1 is stale since noon."}, "host-away"),
        ({"state": "revoked"}, "host-away"),
        ({"engine_error": "permission denied"}, "engine-down"),
    ],
)
def test_only_a_host_that_answers_is_ready(changes: dict[str, str], code: str) -> None:
    fit = placement.host_ready(host(**changes))
    assert fit.code == code
    assert fit.ok is (code == "")
    assert changes.get("away", "") in fit.reason
    assert changes.get("engine_error", "") in fit.reason


@pytest.mark.parametrize(
    ("memory", "cpus", "code"),
    [
        (None, None, ""),
        (8 * 2**30, 4.0, ""),
        (8 * 2**30 + 1, None, "memory-short"),
        (None, 4.5, "cpus-short"),
    ],
)
def test_limits_must_be_within_the_machine(memory: int | None, cpus: float | None, code: str) -> None:
    assert placement.resources_fit(host(), memory=memory, cpus=cpus).code == code


def test_unknown_sizes_of_a_host_refuse_nothing() -> None:
    assert placement.resources_fit(host(memory_bytes=0, cpus=0), memory=2**40, cpus=99).ok
