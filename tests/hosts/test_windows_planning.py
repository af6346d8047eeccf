"""Plans for Windows hosts, and for applications that have services for both systems."""

import json
from typing import Any

import pytest

from hosts import engine_body, planning
from hosts.observed import ObservedHost
from hosts.plan_types import Plan, PlanRefused, Refusal
from hosts.wanted import Wanted
from tests.hosts.shapes import host, image, one, wanted, windows

IIS = image("iis:1", "windows/amd64@10.0.20348.2655")
OLD = image("iis:1", "windows/amd64@10.0.17763.5")
PIPE = "\\\\.\\pipe\\docker_engine"


def iis(found: Any = IIS, **attributes: Any) -> Wanted:
    return wanted(one("iis:1", **attributes), found)


def server(**changes: Any) -> ObservedHost:
    return windows(isolation="process", os_name="Microsoft Windows Server 2022 Datacenter", **changes)


def refusal(wish: Wanted, *hosts: ObservedHost) -> Refusal:
    with pytest.raises(PlanRefused) as caught:
        planning.make(wish, hosts)
    [only] = caught.value.refusals
    return only


def placed(plan: Plan) -> dict[str, list[str]]:
    return {planned.host: [one.service for one in planned.containers] for planned in plan.hosts}


def test_a_windows_service_is_planned_with_its_network() -> None:
    [planned] = planning.make(iis(ports=["8080:80"]), [server()]).hosts
    assert planned.networks == ("shop_default",)
    assert planned.platform == "windows/amd64 (10.0.20348.2655)"


ATTRIBUTES: list[tuple[dict[str, Any], str, str]] = [
    ({"privileged": True}, "windows-option", "privileged mode is not supported for Windows containers"),
    ({"read_only": True}, "windows-option", "read-only mode is not supported for Windows containers"),
    ({"security_opt": ["no-new-privileges:true"]}, "windows-option", "no equals sign"),
    ({"mem_reservation": "64m"}, "windows-limit", "Windows does not support MemoryReservation"),
    ({"memswap_limit": "1g", "mem_limit": "1g"}, "windows-limit", "Windows does not support MemorySwap"),
    ({"pids_limit": 100}, "windows-limit", "Windows does not support PidsLimit"),
    ({"cpuset": "0"}, "windows-limit", "Windows does not support CpusetCpus"),
    ({"ulimits": {"nofile": 1024}}, "windows-limit", "Windows does not support Ulimits"),
    ({"cpus": 1, "cpu_shares": 512}, "windows-limit", "Nano CPUs and CPU Shares cannot both be set"),
    ({"volumes": [{"type": "tmpfs", "target": "C:\\run"}]}, "windows-mount", "mount type unknown"),
    ({"volumes": ["/srv/site:/site"]}, "windows-mount", "invalid volume specification: '/srv/site:/site'"),
    ({"volumes": ["data:/var/data"]}, "windows-mount", "invalid volume specification: 'shop_data:/var/data'"),
    ({"volumes": [f"{PIPE}:{PIPE}:ro"]}, "windows-mount", "field ReadOnly must not be specified"),
    ({"network_mode": "host"}, "windows-network", "network host not found"),
    ({"network_mode": "bridge"}, "windows-network", "network bridge not found"),
    ({"ports": ["127.0.0.1:8080:80"]}, "windows-port", "does not support host IP addresses"),
    ({"ports": ["8000-8010:80"]}, "windows-port", "does not support more than one host port"),
]


@pytest.mark.parametrize(("attributes", "code", "words"), ATTRIBUTES)
def test_what_windows_refuses_is_refused_in_the_plan(attributes: dict[str, Any], code: str, words: str) -> None:
    volumes: dict[str, Any] = {"data": {}} if str(attributes.get("volumes", "")).startswith("['data") else {}
    text = json.dumps({"services": {"web": {"image": "iis:1", **attributes}}, "volumes": volumes})
    found = refusal(wanted(text, IIS), server())
    assert (found.code, found.service, found.host) == (code, "web", "win-1")
    assert words in found.detail


@pytest.mark.parametrize("attributes", [row[0] for row in ATTRIBUTES])
def test_the_same_on_linux_is_no_business_of_these_rules(attributes: dict[str, Any]) -> None:
    volumes: dict[str, Any] = {"data": {}} if str(attributes.get("volumes", "")).startswith("['data") else {}
    text = json.dumps({"services": {"web": {"image": "nginx:1", **attributes}}, "volumes": volumes})
    assert planning.make(wanted(text), [host()]).changes == 1


def test_all_that_is_wrong_is_said_at_once() -> None:
    found = refusal(iis(privileged=True, pids_limit=5, volumes=["/a:/b"]), server())
    assert found.code == "windows-option"
    for words in ("cannot be privileged", "no limit “pids_limit", "“/a:/b” is no mount"):
        assert words in found.detail


def test_what_windows_ignores_is_warned_about() -> None:
    plan = planning.make(iis(cap_add=["NET_ADMIN"], sysctls={"a.b": "1"}, shm_size="64m"), [server()])
    assert len(plan.warnings) == 3
    assert all(text.startswith("web on win-1: “") and "no effect" in text for text in plan.warnings)


def test_a_folder_of_the_host_must_be_there_and_the_plan_says_so() -> None:
    [warning] = planning.make(iis(volumes=["C:\\data:C:\\inetpub\\data"]), [server()]).warnings
    assert "The folder C:\\data must be on win-1 already" in warning


def test_a_network_with_a_linux_driver_is_refused() -> None:
    text = {"services": {"web": {"image": "iis:1", "networks": ["front"]}}, "networks": {"front": {"driver": "bridge"}}}
    found = refusal(wanted(json.dumps(text), IIS), server())
    assert found.code == "windows-network"
    assert "could not find plugin bridge" in found.detail


def test_an_external_network_is_not_judged() -> None:
    text = {"services": {"web": {"image": "iis:1", "networks": ["lan"]}}, "networks": {"lan": {"external": True}}}
    assert planning.make(wanted(json.dumps(text), IIS), [server()]).changes == 1


def test_named_pipes_are_sent_with_backslashes() -> None:
    wish = iis(volumes=["//./pipe/docker_engine://./pipe/docker_engine"])
    body = engine_body.container_body(wish.project, wish.project.service("web"), 1)
    assert body["HostConfig"]["Mounts"] == [{"Type": "npipe", "Source": PIPE, "Target": PIPE}]
    assert planning.make(wish, [server()]).warnings == ()


def test_hyperv_isolation_lets_an_older_image_in_and_is_warned_about() -> None:
    assert refusal(iis(OLD), server()).code == "windows-build"
    [warning] = planning.make(iis(OLD, isolation="hyperv"), [server()]).warnings
    assert "Hyper-V role" in warning


def test_a_windows_of_a_desk_isolates_by_hyperv_when_it_does_not_say() -> None:
    desk = windows(build="10.0.22631.4317", os_name="Windows 11 Pro")
    assert planning.make(iis(OLD), [desk]).changes == 1
    assert refusal(iis(OLD, isolation="process"), desk).code == "windows-build"


MIXED = json.dumps(
    {
        "services": {
            "site": {"image": "iis:1", "ports": ["80:80"]},
            "api": {"image": "nginx:1", "ports": ["8080:80"], "privileged": True},
            "legacy": {"image": "iis:1", "isolation": "process"},
            "jobs": {"image": "nginx:1", "network_mode": "host"},
        }
    }
)


def test_a_mixed_file_is_split_by_system() -> None:
    plan = planning.make(wanted(MIXED, IIS), [host(), server()])
    assert placed(plan) == {"host-1": ["api", "jobs"], "win-1": ["site", "legacy"]}
    assert all("win-1" not in text for text in plan.warnings)


def test_a_mixed_file_without_a_windows_host_says_which_services_find_none() -> None:
    with pytest.raises(PlanRefused) as caught:
        planning.make(wanted(MIXED, IIS), [host()])
    assert {one.service for one in caught.value.refusals} == {"site", "legacy"}
    assert {one.code for one in caught.value.refusals} == {"platform-mismatch"}


def test_an_image_for_both_systems_goes_where_its_options_are_possible() -> None:
    both = image("tool:1", "linux/amd64", "windows/amd64@10.0.20348.2655")
    plan = planning.make(wanted(one("tool:1", privileged=True), both), [server(), host("zz-linux")])
    assert placed(plan) == {"zz-linux": ["web"]}
