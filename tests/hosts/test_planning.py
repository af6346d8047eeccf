"""What a plan says, and why one is refused."""

import time
from dataclasses import replace
from typing import Any

import pytest

from hosts import planning
from hosts.observed import ObservedHost, ObservedVolume
from hosts.plan_types import BUILD, LOCAL_ONLY, PRESENT, PULL, Plan, PlanRefused, Refusal
from hosts.wanted import Wanted
from tests.hosts.shapes import OTHER, holder, host, image, local, one, running, wanted, windows

PORT: dict[str, Any] = {"ports": ["8080:80"]}


def refusals(wish: Wanted, *hosts: ObservedHost) -> tuple[Refusal, ...]:
    with pytest.raises(PlanRefused) as caught:
        planning.make(wish, hosts)
    return caught.value.refusals


def only(plan: Plan) -> tuple[str, str]:
    """Action and reason of the only container."""
    [container] = plan.hosts[0].containers
    return container.action, container.reason


def test_a_first_deployment_creates_and_pulls() -> None:
    plan = planning.make(wanted(one(**PORT)), [host()])
    assert only(plan) == ("create", "It does not exist yet.")
    [planned] = plan.hosts
    assert planned.containers[0].name == "shop-web-1"
    assert planned.networks == ("shop_default",)
    assert (planned.images[0].action, planned.pull_bytes) == (PULL, 1000)
    assert (plan.changes, plan.pull_bytes) == (1, 1000)


def test_the_same_again_keeps_everything() -> None:
    wish = wanted(one(**PORT))
    plan = planning.make(wish, [host(containers=(running(wish),), images=(local(),), networks=("shop_default",))])
    assert only(plan) == ("keep", "Unchanged.")
    assert (plan.changes, plan.pull_bytes) == (0, 0)
    assert plan.hosts[0].networks == ()


def test_a_stopped_container_is_kept_and_started() -> None:
    wish = wanted(one())
    plan = planning.make(wish, [host(containers=(running(wish, state="exited"),), images=(local(),))])
    assert only(plan) == ("keep", "Unchanged; it is exited and will be started.")


def test_a_changed_configuration_recreates() -> None:
    before, now = wanted(one()), wanted(one(environment={"A": "1"}))
    plan = planning.make(now, [host(containers=(running(before),), images=(local(),))])
    assert only(plan) == ("recreate", "Its configuration has changed.")


def test_a_newer_image_behind_the_tag_recreates() -> None:
    wish = wanted(one(), image("nginx:1", digest=OTHER))
    plan = planning.make(wish, [host(containers=(running(wish),), images=(local(),))])
    assert only(plan) == ("recreate", "There is a newer nginx:1.")
    assert plan.hosts[0].images[0].action == PULL


def test_another_image_recreates_and_says_which() -> None:
    before, now = wanted(one("nginx:1")), wanted(one("nginx:2"))
    plan = planning.make(now, [host(containers=(running(before),), images=(local(),))])
    assert only(plan) == ("recreate", "The image changes from nginx:1 to nginx:2.")


def test_a_container_made_by_hand_with_the_same_name_is_taken_over() -> None:
    wish = wanted(one())
    plan = planning.make(wish, [host(containers=(running(wish, config_hash=""),), images=(local(),))])
    assert only(plan) == ("recreate", "It was made in another way.")


def test_services_that_are_gone_and_replicas_that_are_too_many_are_removed() -> None:
    before = wanted(
        '{"services": {"web": {"image": "nginx:1", "deploy": {"replicas": 2}}, "old": {"image": "nginx:1"}}}'
    )
    left = (running(before), running(before, number=2), running(before, "old"))
    plan = planning.make(wanted(one()), [host(containers=left, images=(local(),))])
    found = {container.name: (container.action, container.reason) for container in plan.hosts[0].containers}
    assert found["shop-web-1"][0] in {"keep", "recreate"}
    assert found["shop-web-2"] == ("remove", "There are fewer replicas now.")
    assert found["shop-old-1"] == ("remove", "Its service is no longer part of this host's share.")


def test_containers_of_other_projects_and_oneoff_runs_are_left_alone() -> None:
    wish = wanted(one())
    other = running(wanted(one(), name="blog"))
    oneoff = running(wish, name="shop-web-run-1", oneoff=True)
    plan = planning.make(wish, [host(containers=(other, oneoff))])
    assert [container.name for container in plan.hosts[0].containers] == ["shop-web-1"]


def test_a_host_that_is_no_target_any_more_is_emptied() -> None:
    wish = wanted(one())
    before = host("host-2", containers=(running(wish),))
    plan = planning.make(wish, [host()], others=[before])
    assert [(planned.host, planned.containers[0].action) for planned in plan.hosts] == [
        ("host-1", "create"),
        ("host-2", "remove"),
    ]


def test_a_former_host_that_is_away_is_warned_about() -> None:
    wish = wanted(one())
    plan = planning.make(wish, [host()], others=[host("host-2", state="offline", containers=(running(wish),))])
    assert [planned.host for planned in plan.hosts] == ["host-1"]
    assert "host-2 is offline and keeps its containers" in plan.warnings[0]


def test_volumes_that_exist_are_kept() -> None:
    services = '{"web": {"image": "nginx:1", "volumes": ["data:/d", "logs:/l"]}}'
    text = f'{{"services": {services}, "volumes": {{"data": {{}}, "logs": {{}}}}}}'
    plan = planning.make(wanted(text), [host(volumes={"shop_data": ObservedVolume()})])
    assert (plan.hosts[0].volumes, plan.hosts[0].kept_volumes) == (("shop_logs",), ("shop_data",))


# -- images


def test_an_image_that_only_the_host_has_is_used_and_said_so() -> None:
    wish = wanted(
        one(), image("nginx:1", digest="", problem_code="image-not-found", problem_detail="There is no nginx:1.")
    )
    plan = planning.make(wish, [host(images=(local(),))])
    [planned] = plan.hosts[0].images
    assert planned.action == LOCAL_ONLY
    assert planned.note == "There is no nginx:1. The copy on host-1 is used as it is."
    assert planned.pull_bytes == 0


def test_a_local_image_keeps_its_container_when_the_registry_goes_away() -> None:
    before = wanted(one())
    away = wanted(one(), image("nginx:1", digest="", problem_code="registry-unavailable", problem_detail="Away."))
    plan = planning.make(away, [host(containers=(running(before),), images=(local(),))])
    assert only(plan) == ("keep", "Unchanged.")


def test_an_image_that_nobody_has_is_refused_by_name() -> None:
    wish = wanted(one(), image("nginx:1", problem_code="tag-not-found", problem_detail="nginx has no tag 1."))
    [refusal] = refusals(wish, host())
    assert (refusal.code, refusal.service, refusal.detail) == ("tag-not-found", "web", "nginx has no tag 1.")


def test_an_image_that_only_one_host_has_goes_there() -> None:
    wish = wanted(one(), image("nginx:1", problem_code="registry-unavailable", problem_detail="Away."))
    plan = planning.make(wish, [host("host-1"), host("host-2", images=(local(),))])
    assert plan.hosts[0].host == "host-2"


def test_a_built_image_pulls_nothing() -> None:
    hello = image("pierhead/hello:1", "linux/amd64", digest="", build_sha256="c" * 64, build_size=10)
    plan = planning.make(wanted(one("pierhead/hello:1"), hello), [host()])
    assert (plan.hosts[0].images[0].action, plan.pull_bytes) == (BUILD, 0)


def test_pull_policy_never_needs_the_image() -> None:
    wish = wanted(one(pull_policy="never"))
    assert refusals(wish, host())[0].code == "image-absent"
    plan = planning.make(wish, [host(images=(local(digest=OTHER),))])
    assert plan.hosts[0].images[0].action == PRESENT
    assert "keeps its own" in plan.hosts[0].images[0].note


def test_an_unknown_size_is_unknown() -> None:
    wish = wanted(one(), image("nginx:1", size_of=lambda reference, manifest: None))
    assert planning.make(wish, [host()]).pull_bytes is None


# -- platforms


def test_another_platform_is_refused_before_any_pull() -> None:
    wish = wanted(one(), image("nginx:1", "windows/amd64@10.0.20348.1"))
    start = time.perf_counter()
    [refusal] = refusals(wish, host())
    assert time.perf_counter() - start < 1
    assert refusal.code == "platform-mismatch"
    assert refusal.detail == "This image exists for windows/amd64 only; host-1 is linux/amd64."


def test_a_mixed_file_is_split_by_platform() -> None:
    text = '{"services": {"web": {"image": "nginx:1"}, "iis": {"image": "iis:1"}}}'
    wish = wanted(text, image("iis:1", "windows/amd64@10.0.20348.1"))
    plan = planning.make(wish, [host(), windows()])
    assert {planned.host: [one.service for one in planned.containers] for planned in plan.hosts} == {
        "host-1": ["web"],
        "win-1": ["iis"],
    }


def test_a_platform_that_the_image_has_not_is_refused() -> None:
    [refusal] = refusals(wanted(one(platform="linux/s390x")), host())
    assert refusal.detail == "nginx:1 has no platform linux/s390x, which the service asks for."


def test_a_platform_asked_for_must_run_on_the_host() -> None:
    assert refusals(wanted(one(platform="linux/arm64")), host())[0].code == "platform-mismatch"
    assert planning.make(wanted(one(platform="linux/arm64")), [host(architecture="arm64")])


# -- ports


def test_a_port_that_is_taken_is_refused_with_its_holder() -> None:
    [refusal] = refusals(wanted(one(**PORT)), host(containers=(holder("blog-web-1"),)))
    assert refusal.code == "port-taken"
    assert "8080/tcp on host-1 is taken by the container blog-web-1" in refusal.detail


def test_a_port_that_the_application_itself_holds_is_free_for_it() -> None:
    wish = wanted(one(**PORT))
    assert planning.make(wish, [host(containers=(running(wish),), images=(local(),))])


@pytest.mark.parametrize(
    ("port", "free"),
    [
        ("8080:80/udp", True),
        ("8081:80", True),
        ("80", True),
        ("8080-8082:80", True),
        ("127.0.0.1:8080:80", False),
        ("8080:80", False),
    ],
)
def test_which_ports_collide_with_a_holder_of_8080(port: str, free: bool) -> None:
    wish, machine = wanted(one(ports=[port])), host(containers=(holder(),))
    if free:
        assert planning.make(wish, [machine])
    else:
        assert refusals(wish, machine)[0].code == "port-taken"


def test_a_stopped_container_holds_no_port() -> None:
    assert planning.make(wanted(one(**PORT)), [host(containers=(holder(state="exited"),))])


def test_ports_on_different_addresses_do_not_collide() -> None:
    from hosts.observed import HeldPort

    inner = holder(ports=(HeldPort(8080, "tcp", "127.0.0.1"),))
    assert planning.make(wanted(one(ports=["10.0.0.5:8080:80"])), [host(containers=(inner,))])


def test_any_host_means_one_where_the_port_is_free() -> None:
    plan = planning.make(wanted(one(**PORT)), [host("host-1", containers=(holder(),)), host("host-2")])
    assert plan.hosts[0].host == "host-2"


def test_two_services_cannot_share_a_port_on_one_host() -> None:
    service = '{"image": "nginx:1", "ports": ["8080:80"]}'
    text = f'{{"services": {{"a": {service}, "b": {service}}}}}'
    [refusal] = refusals(wanted(text), host())
    assert (refusal.code, refusal.service) == ("port-twice", "b")
    plan = planning.make(wanted(text), [host("host-1"), host("host-2")])
    assert len(plan.hosts) == 2


def test_replicas_share_a_range_of_ports() -> None:
    plan = planning.make(wanted(one(ports=["8080-8089:80"], deploy={"replicas": 2})), [host()])
    assert [container.name for container in plan.hosts[0].containers] == ["shop-web-1", "shop-web-2"]


def test_replicas_cannot_share_a_fixed_port() -> None:
    wish = wanted(one(ports=["8080:80"]))
    twice = replace(wish.project, services=(replace(wish.project.service("web"), replicas=2),))
    [refusal] = refusals(replace(wish, project=twice), host())
    assert (refusal.code, "more than once" in refusal.detail) == ("port-twice", True)


# -- hosts


@pytest.mark.parametrize("state", ["offline", "stale"])
def test_a_named_host_that_is_away_gets_its_part_when_it_is_back(state: str) -> None:
    plan = planning.make(wanted(one(), named=True), [host(state=state)])
    assert [part.host for part in plan.hosts] == ["host-1"]
    assert plan.warnings[0].startswith(f"host-1 is {state}: what it shall run waits in its queue")


@pytest.mark.parametrize("state", ["revoked", "waiting"])
def test_a_named_host_that_does_not_come_back_is_refused(state: str) -> None:
    [refusal] = refusals(wanted(one(), named=True), host(state=state), host("host-2"))
    assert (refusal.code, refusal.host) == ("host-away", "host-1")


def test_of_named_hosts_one_that_is_there_is_preferred() -> None:
    plan = planning.make(wanted(one(), named=True), [host(state="offline"), host("host-2")])
    assert [part.host for part in plan.hosts] == ["host-2"]


def test_what_runs_on_a_named_host_that_is_away_stays_there() -> None:
    wish = wanted(one(), named=True)
    away = host(state="offline", containers=(running(wish),), images=(local(),))
    assert [part.host for part in planning.make(wish, [away, host("host-2")]).hosts] == ["host-1"]


def test_what_is_known_of_a_host_that_is_away_still_counts() -> None:
    [refusal] = refusals(wanted(one(ports=["8080:80"]), named=True), host(state="offline", containers=(holder(),)))
    assert refusal.code == "port-taken"


def test_with_any_host_the_ones_that_are_away_are_passed_over() -> None:
    plan = planning.make(wanted(one()), [host(state="offline"), host("host-2")])
    assert plan.hosts[0].host == "host-2"
    assert plan.warnings == ("host-1 is offline.",)


def test_with_any_host_and_none_that_is_there_it_waits_for_one() -> None:
    plan = planning.make(wanted(one()), [host(state="offline"), host("host-2", state="revoked")])
    assert [part.host for part in plan.hosts] == ["host-1"]


def test_without_any_host_it_is_refused() -> None:
    assert refusals(wanted(one()))[0].code == "no-host"
    assert [refusal.code for refusal in refusals(wanted(one()), host(state="revoked"))] == ["host-away"]


def test_an_engine_that_does_not_answer_is_refused() -> None:
    [refusal] = refusals(wanted(one()), host(engine_error="connection refused"))
    assert refusal.code == "engine-down"
    assert "connection refused" in refusal.detail


def test_too_much_memory_is_refused() -> None:
    assert refusals(wanted(one(mem_limit="9g")), host())[0].code == "memory-short"


def test_much_memory_together_is_a_warning() -> None:
    text = '{"services": {"a": {"image": "nginx:1", "mem_limit": "6g"}, "b": {"image": "nginx:1", "mem_limit": "6g"}}}'
    assert "12.0 GiB" in planning.make(wanted(text), [host()]).warnings[0]


def test_every_reason_is_told_at_once() -> None:
    text = '{"services": {"a": {"image": "nginx:1", "ports": ["8080:80"]}, "b": {"image": "iis:1"}}}'
    wish = wanted(text, image("iis:1", "windows/amd64@10.0.20348.1"))
    codes = {refusal.code for refusal in refusals(wish, host(containers=(holder(),)))}
    assert codes == {"port-taken", "platform-mismatch"}


def test_a_service_stays_where_it_runs_and_the_others_join_it() -> None:
    text = '{"services": {"a": {"image": "nginx:1"}, "b": {"image": "nginx:1"}}}'
    wish = wanted(text)
    plan = planning.make(wish, [host("host-1"), host("host-2", containers=(running(wish, "b"),))])
    assert [planned.host for planned in plan.hosts] == ["host-2"]


# -- the plan itself


def test_a_digest_names_what_is_done_and_not_what_is_said() -> None:
    wish = wanted(one())
    bare, warm = planning.make(wish, [host()]), planning.make(wish, [host(images=(local(),))])
    assert bare.digest == warm.digest
    assert bare.digest.startswith("sha256:")
    assert planning.make(wanted(one(environment={"A": "1"})), [host()]).digest != bare.digest
    kept = planning.make(wish, [host(containers=(running(wish),), images=(local(),))])
    assert kept.digest != bare.digest


def test_the_json_has_the_sums() -> None:
    body = planning.make(wanted(one(**PORT)), [host()]).as_json()
    assert body["digest"].startswith("sha256:")
    assert (body["pull_bytes"], body["changes"]) == (1000, 1)
    assert body["hosts"][0]["containers"][0]["ports"] == [
        {"target": 80, "published": 8080, "protocol": "tcp", "address": ""}
    ]


def test_a_refusal_is_a_problem_with_every_reason() -> None:
    with pytest.raises(PlanRefused) as caught:
        planning.make(wanted(one(**PORT)), [host(containers=(holder(),))])
    body = caught.value.as_dict()
    assert (body["status"], body["code"]) == (422, "port-taken")
    assert body["refusals"][0]["host"] == "host-1"  # type: ignore[index]
    assert "web" in body["errors"]  # type: ignore[operator]


def test_fifty_services_on_ten_hosts_are_planned_within_200_ms() -> None:
    import json

    services = {f"s{number}": {"image": f"image-{number}:1", "ports": [f"{9000 + number}:80"]} for number in range(50)}
    wish = wanted(json.dumps({"services": services}))
    hosts = [host(f"host-{number}", containers=tuple(holder(f"c{i}", i) for i in range(100))) for number in range(10)]
    start = time.process_time()
    plan = planning.make(wish, hosts)
    assert time.process_time() - start < 0.4
    assert plan.changes == 50
