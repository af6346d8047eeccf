"""A volume that a host has already: what the text says of it has to be true, and a policy sees what it really is."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.utils import timezone

from engine_agent.protocol.volume_options import blanked
from gallery.compose.types import Project
from hosts import planning
from hosts.models import Cluster, Host, Volume
from hosts.models.clusters import ClusterMember
from hosts.observed import ObservedVolume
from hosts.plan_types import PlanRefused, Refusal
from hosts.policy import Options, Ownership, Policy
from hosts.services.applications import application_create
from hosts.services.plans import plan_make
from hosts.team_policy import present_refusals
from hosts.volume_checks import volume_conflicts, volume_warnings
from portal.people.access import actor_for_user
from portal.people.models import Team, User
from tests.hosts.resolving import resolve
from tests.hosts.shapes import host, project, wanted

OWN = {"com.docker.compose.project": "shop"}
ROOT = {"type": "none", "o": "bind", "device": "/"}
NFS = {"type": "nfs", "o": "addr=10.0.0.1,rw", "device": ":/data"}


def text(**volume: Any) -> str:
    services = {"web": {"image": "nginx:1", "volumes": ["data:/d"]}}
    return json.dumps({"services": services, "volumes": {"data": volume}})


def told(volume: Mapping[str, Any], there: ObservedVolume | None) -> tuple[list[Refusal], list[str]]:
    parsed = project(text(**volume))
    name = parsed.volumes["data"].name
    seen = host(volumes={name: there} if there else {})
    return list(volume_conflicts(parsed, parsed.services, seen)), list(volume_warnings(parsed, parsed.services, seen))


@pytest.mark.parametrize(
    ("volume", "there"),
    [
        ({}, None),
        ({}, ObservedVolume(labels=OWN)),
        ({"driver": "local"}, ObservedVolume("local", labels=OWN)),
        ({"driver_opts": NFS}, ObservedVolume("local", NFS, OWN)),
        ({"driver_opts": NFS}, ObservedVolume("local", None, OWN)),  # not known is no difference
        ({}, ObservedVolume("", {"com.docker.something": "1"}, OWN)),
        ({"external": True}, ObservedVolume("rexray", ROOT)),  # taken as it is
        (
            {"driver_opts": {"type": "cifs", "o": "username=a,password=b"}},
            ObservedVolume("local", {"type": "cifs", "o": "username=a,password=***"}, OWN),
        ),
    ],
)
def test_what_fits_is_used_without_a_word(volume: dict[str, Any], there: ObservedVolume | None) -> None:
    assert told(volume, there) == ([], [])


@pytest.mark.parametrize(
    ("volume", "there", "code", "words"),
    [
        ({"driver": "nfs"}, ObservedVolume("local", labels=OWN), "volume-differs", "the driver local instead of nfs"),
        ({}, ObservedVolume("local", ROOT, OWN), "volume-differs", "device is /, the text does not say it"),
        (
            {"driver_opts": NFS},
            ObservedVolume("local", {}, OWN),
            "volume-differs",
            "type is not set, the text says nfs",
        ),
        (
            {"driver_opts": NFS},
            ObservedVolume("local", {**NFS, "device": ":/old"}, OWN),
            "volume-differs",
            "device is :/old, the text says :/data",
        ),
        ({"external": True}, None, "volume-not-found", "host-1 does not have it"),
    ],
)
def test_what_does_not_fit_is_refused(
    volume: dict[str, Any], there: ObservedVolume | None, code: str, words: str
) -> None:
    [refusal], _warnings = told(volume, there)
    assert (refusal.code, refusal.host) == (code, "host-1")
    assert words in refusal.detail


@pytest.mark.parametrize(
    ("labels", "words"),
    [({"com.docker.compose.project": "mail"}, "made for the project mail"), ({}, "outside of any project")],
)
def test_a_volume_of_something_else_is_warned_about(labels: dict[str, str], words: str) -> None:
    refusals, [warning] = told({}, ObservedVolume(labels=labels))
    assert not refusals
    assert words in warning
    assert "external: true" in warning


def test_only_the_hosts_that_would_mount_it_count() -> None:
    other = host("host-2", volumes={"shop_data": ObservedVolume("local", ROOT, OWN)})
    wish = wanted(text())
    assert planning.make(wish, [host()], others=[other]).hosts[0].volumes == ("shop_data",)
    with pytest.raises(PlanRefused) as caught:
        planning.make(wish, [other])
    assert caught.value.code == "volume-differs"


def test_passwords_are_told_to_nobody() -> None:
    options = {"o": "addr=nas,username=me,Password=secret,vers=3.0", "secret_key": "k", "device": "//nas/a"}
    assert blanked(options) == {
        "o": "addr=nas,username=me,Password=***,vers=3.0",
        "secret_key": "***",
        "device": "//nas/a",
    }


# -- the team's policy


def forbidden(there: ObservedVolume, policy: Policy | None = None, **volume: Any) -> list[str]:
    parsed: Project = project(text(**(volume or {"external": True})))
    seen = host(volumes={parsed.volumes["data"].name: there})
    return [one.rule for one in present_refusals(parsed, parsed.services, seen, policy or Policy())]


def test_a_bind_that_hides_in_a_volume_is_one() -> None:
    assert forbidden(ObservedVolume("local", ROOT)) == ["volume-bind"]
    assert forbidden(ObservedVolume("local", {**ROOT, "o": "rbind,ro"})) == ["volume-bind"]
    assert forbidden(ObservedVolume("local", {"type": "ext4", "device": "/dev/sda1"})) == ["volume-options"]
    assert forbidden(ObservedVolume("rexray", {})) == ["volume-driver"]
    assert not forbidden(ObservedVolume("local", {**ROOT, "device": "/srv/a"}), Policy(Options(bind_roots=("/srv",))))
    assert not forbidden(ObservedVolume("local", {"size": "1G"}))


def test_a_volume_whose_options_are_not_known_is_none_that_is_allowed() -> None:
    assert forbidden(ObservedVolume("local", None)) == ["volume-unknown"]


def test_another_team_s_volume_is_absent_on_a_shared_host() -> None:
    shared = Policy(ownership=Ownership(team="ours", shared=True, projects=frozenset({"shop"})))
    assert forbidden(ObservedVolume(labels={"com.docker.compose.project": "theirs"}), shared) == ["volume-not-found"]
    assert not forbidden(ObservedVolume(labels=OWN), shared)


def volume_row(host: Host, name: str, options: dict[str, str] | None, **labels: str) -> None:
    Volume.objects.create(
        host=host, name=name, driver="local", options=options, labels=labels, observed_at=timezone.now()
    )


def refused(team: Team, user: User, name: str, targets: dict[str, Any], compose: str) -> PlanRefused:
    actor = actor_for_user(user)
    _row, revision = application_create(team=team, name=name, actor=actor, compose=compose, targets=targets)
    with pytest.raises(PlanRefused) as caught:
        plan_make(revision=revision, actor=actor, resolve=resolve)
    return caught.value


def test_a_deployer_gets_no_further_by_a_volume_that_is_there(
    team: Team, linux_host: Host, deployer: User, admin: User
) -> None:
    volume_row(linux_host, "host-root", ROOT)
    targets = {"hosts": [str(linux_host.pk)]}
    compose = text(external=True, name="host-root")
    problem = refused(team, deployer, "around", targets, compose)
    assert problem.code == "team-policy"
    assert [(one.rule, one.host) for one in problem.refusals] == [("volume-bind", linux_host.name)]
    assert "host-root" in problem.detail
    _row, revision = application_create(
        team=team, name="meant", actor=actor_for_user(admin), compose=compose, targets=targets
    )
    assert plan_make(revision=revision, actor=actor_for_user(admin), resolve=resolve).hosts[0].kept_volumes


def test_nor_in_a_cluster(team: Team, linux_host: Host, deployer: User) -> None:
    volume_row(linux_host, "host-root", ROOT)
    cluster = Cluster.objects.create(team=team, name="swarm")
    ClusterMember.objects.create(cluster=cluster, host=linux_host)
    problem = refused(team, deployer, "around", {"cluster": str(cluster.pk)}, text(external=True, name="host-root"))
    assert [one.rule for one in problem.refusals] == ["volume-bind"]
