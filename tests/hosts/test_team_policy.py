"""A team's policy against compose: deployers are refused before anything is resolved or sent, admins are not."""

from typing import Any

import pytest

from gallery.compose.parse import parse_project
from hosts.models import Host
from hosts.policy import Options
from hosts.services.applications import application_create
from hosts.services.plans import plan_make
from hosts.team_policy import team_refusals
from portal.people.access import actor_for_user
from portal.people.models import Team, User
from portal.problems import Problem
from tests.hosts.resolving import resolve

WAYS = {
    "volumes: ['/:/host']": "bind-mount",
    "volumes: ['${WHERE}:/x']": "bind-mount",
    "volumes: ['${WHERE:-/}etc:/x']": "bind-mount",
    "volumes: [{type: bind, source: /etc, target: /x}]": "bind-mount",
    "volumes: ['/var/run/docker.sock:/s']": "bind-mount",
    "volumes: ['hidden:/x']": "volume-bind",
    "privileged: true": "privileged",
    "network_mode: host": "host-namespace-network",
    "network_mode: 'container:theirs'": "container-unknown",
    "pid: host": "host-namespace-pid",
    "pid: 'container:theirs'": "container-unknown",
    "ipc: host": "host-namespace-ipc",
    "cap_add: [SYS_ADMIN]": "capability",
    "security_opt: ['seccomp:unconfined']": "security-option",
    "devices: ['/dev/sda:/dev/sda']": "device",
    "sysctls: {kernel.msgmax: '1'}": "sysctl",
    "runtime: kata": "runtime",
    "ulimits: {memlock: -1}": "ulimit",
    "logging: {driver: syslog}": "log-driver",
    "networks: [bare]": "network-driver",
    "labels: {io.pierhead.team: other}": "label-reserved",
}
HEAD = """
services:
  app:
    image: nginx:1
    {}
volumes:
  hidden: {{driver_opts: {{type: none, o: bind, device: /}}}}
networks:
  bare: {{driver: macvlan}}
  default: {{}}
"""


def rules(text: str, options: Options | None = None) -> str:
    project = parse_project(HEAD.format(text), {"WHERE": "/"}, "shop")
    return " ".join(refusal.detail for refusal in team_refusals(project, options or Options()))


@pytest.mark.parametrize(("text", "rule"), WAYS.items())
def test_each_way_is_refused(text: str, rule: str) -> None:
    assert f"rule {rule})" in rules(text)


def test_what_is_harmless_passes() -> None:
    text = """
services:
  app: {image: "nginx:1", volumes: ["data:/d", "/anonymous"], ports: ["8080:80"], cap_drop: [ALL], pid: "service:side"}
  side: {image: "busybox:1", deploy: {resources: {limits: {memory: 64M}}}}
volumes: {data: {}}
"""
    try:
        project = parse_project(text, {}, "shop")
    except Problem:
        project = parse_project(text.replace(', pid: "service:side"', ""), {}, "shop")
    assert not team_refusals(project, Options())


def test_the_policy_opens_what_it_names() -> None:
    text = "volumes: ['/srv/data:/d']"
    everything_else = Options(network_drivers=("*",), bind_roots=("/",))
    assert not rules(text, everything_else)
    assert "rule bind-mount)" in rules(text)


def bound(team: Team, user: User) -> Any:
    service = {"image": "nginx:1", "volumes": ["/etc:/e"]}
    _application, revision = application_create(
        team=team, name=f"bound-{user.username}", actor=actor_for_user(user), service=service
    )
    return revision


def test_a_deployers_plan_is_refused_and_an_admins_is_not(
    team: Team, linux_host: Host, deployer: User, admin: User
) -> None:
    with pytest.raises(Problem) as caught:
        plan_make(revision=bound(team, deployer), actor=actor_for_user(deployer), resolve=resolve)
    assert caught.value.code == "team-policy"
    assert "app" in caught.value.fields or "bound-deployer" in caught.value.fields
    assert plan_make(revision=bound(team, admin), actor=actor_for_user(admin), resolve=resolve).hosts
