"""What is said of applications, and what the home page points at, is true of the mirror."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from gallery.fits import fits, host_images
from hosts.models import Application, Container, Deployment, Host
from hosts.selectors.applications import application_status, application_statuses
from hosts.selectors.attention import attention_list, change_list, first_run
from hosts.selectors.hosts import facts_fresh, facts_observed_at, host_counts, host_load
from hosts.services.applications import application_remove
from portal.people.access import actor_for_user, portal_actor
from portal.people.models import Team, User
from tests.hosts.deploying import finish, make, start
from tests.hosts.shapes import platform

ACTOR = portal_actor()


def contain(host: Host, name: str = "shop-app-1", **changes: Any) -> Container:
    """A container of the application shop."""
    usual: dict[str, Any] = {
        "cid": name.ljust(64, "0"),
        "name": name,
        "image": "nginx:1",
        "image_id": "sha256:1",
        "state": "running",
        "project": "shop",
        "service": "app",
        "started": timezone.now(),
        "observed_at": timezone.now(),
    }
    return Container.objects.create(host=host, **(usual | changes))


def deployed(team: Team, **service: Any) -> Application:
    deployment = start(make(team, {"image": "nginx:1", **service}))
    finish(deployment)
    return deployment.application


@pytest.mark.parametrize(
    ("containers", "state", "part"),
    [
        ([{}], "running", "1 of 1 service running on linux-host since "),
        ([{"health": "healthy"}], "running", "1 of 1 service healthy on linux-host since "),
        ([{"health": "starting"}], "starting", "0 of 1 service"),
        ([{"health": "unhealthy"}], "degraded", "0 of 1 service"),
        ([{"state": "restarting"}], "degraded", "0 of 1 service"),
        ([{"state": "exited"}], "stopped", "0 of 1 service"),
        ([], "stopped", "0 of 1 service"),
    ],
)
def test_the_state_of_an_application(linux_host: Host, containers: list[dict[str, Any]], state: str, part: str) -> None:
    application = deployed(linux_host.team)
    for changes in containers:
        contain(linux_host, **changes)
    status = application_status(application=application)
    assert (status.state, status.sentence.startswith(part)) == (state, True), status.sentence


def test_what_runs_once_is_done_when_it_ended_well_before_its_deployment(linux_host: Host) -> None:
    application = deployed(linux_host.team)
    ended = Deployment.objects.get().finished_at
    assert ended is not None
    done = contain(linux_host, state="exited", exit_code=0, finished=ended - timedelta(seconds=1))
    status = application_status(application=application)
    assert (status.state, status.sentence) == ("done", "1 of 1 service done on linux-host")
    assert kinds() == []
    for changes in ({"exit_code": 1}, {"exit_code": 0, "finished": ended + timedelta(seconds=1)}):
        Container.objects.filter(pk=done.pk).update(**changes)
        assert application_status(application=application).state == "stopped", changes


def test_replicas_that_are_missing_are_seen(linux_host: Host) -> None:
    application = deployed(linux_host.team, deploy={"replicas": 2})
    contain(linux_host)
    [service] = application_status(application=application).services
    assert (service.state, service.running, service.wanted) == ("partial", 1, 2)


def test_of_a_host_that_is_away_nothing_is_claimed(linux_host: Host) -> None:
    application = deployed(linux_host.team)
    contain(linux_host)
    Host.objects.update(link="", observed_at=timezone.now() - timedelta(hours=1))
    status = application_status(application=application)
    assert (status.state, status.sentence) == ("unknown", "Not known: linux-host is not connected.")
    assert status.services[0].state == "unknown"


def test_before_during_and_after(linux_host: Host) -> None:
    revision = make(linux_host.team)
    assert application_status(application=revision.application).state == "never-deployed"
    deployment = start(revision)
    assert application_status(application=revision.application).sentence == "Revision 1 is being deployed."
    finish(deployment)
    application_remove(application=revision.application, actor=ACTOR)
    revision.application.refresh_from_db()
    assert application_status(application=revision.application).state == "removing"


def test_another_teams_containers_of_the_same_name_do_not_count(linux_host: Host, other_team: Team) -> None:
    from tests.people import make_host

    application = deployed(linux_host.team)
    contain(make_host(other_team, "theirs"))
    assert application_status(application=application).state == "stopped"


def test_a_page_of_applications_takes_the_same_queries_as_one(
    linux_host: Host, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [make(linux_host.team, {"image": "nginx:1"}, name=f"app-{number}").application for number in range(6)]
    for row in rows:
        finish(start(row.revisions.get()))
    with django_assert_max_num_queries(5):
        assert len(application_statuses(applications=rows)) == 6


# -- attention


def kinds(user: User | None = None) -> list[str]:
    actor = actor_for_user(user) if user else ACTOR
    return [row.kind for row in attention_list(actor=actor)]


def test_all_is_well(linux_host: Host) -> None:
    contain(linux_host)
    assert kinds() == []


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"link": ""}, "host-away"),
        ({"last_seen_at": timezone.now() - timedelta(hours=2)}, "host-away"),
        ({"engine_error": "permission denied"}, "engine-down"),
        ({"facts": {"agent_disk_full": True}}, "disk-full"),
        ({"facts": {"data_root_free_bytes": 1}}, "disk-full"),
        ({"conflict": {"at": timezone.now().isoformat(), "detail": "Another"}}, "host-conflict"),
    ],
)
def test_hosts_that_need_attention(linux_host: Host, changes: dict[str, Any], kind: str) -> None:
    Host.objects.update(**({"last_seen_at": timezone.now()} | changes))
    assert kinds() == [kind]


def test_a_stale_host_needs_attention(linux_host: Host) -> None:
    Host.objects.update(last_seen_at=timezone.now() - timedelta(seconds=30))
    assert kinds() == ["host-stale"]


def test_containers_that_are_not_well(linux_host: Host) -> None:
    contain(linux_host, "a", health="unhealthy")
    contain(linux_host, "b", state="restarting", exit_code=1)
    contain(linux_host, "c", state="exited", exit_code=1)
    assert sorted(kinds()) == ["restarting", "unhealthy"]


def test_a_failed_deployment_until_a_later_one_succeeds(linux_host: Host) -> None:
    revision = make(linux_host.team)
    finish(start(revision), "failed", error="It exited.")
    [row] = attention_list(actor=ACTOR)
    assert (row.kind, row.detail) == ("deployment-failed", "linux-host: It exited.")
    finish(start(revision))
    contain(linux_host)
    assert kinds() == []


@pytest.mark.parametrize(
    ("containers", "kind", "detail"),
    [
        ([{}], "application-degraded", "1 of 2 of app are running"),
        ([], "application-stopped", "app is missing"),
        ([{"state": "exited", "exit_code": 3}], "application-stopped", "app has stopped with exit code 3"),
    ],
)
def test_applications_that_lost_something(
    linux_host: Host, stranger: User, containers: list[dict[str, Any]], kind: str, detail: str
) -> None:
    application = deployed(linux_host.team, deploy={"replicas": 2})
    for changes in containers:
        contain(linux_host, **changes)
    [row] = attention_list(actor=ACTOR)
    assert (row.kind, row.detail, row.url_kwargs) == (kind, detail, {"application_id": application.pk})
    assert kinds(stranger) == []


def test_of_an_application_whose_host_is_away_only_the_host_is_told(linux_host: Host) -> None:
    deployed(linux_host.team)
    Host.objects.update(link="", observed_at=timezone.now() - timedelta(hours=1))
    assert kinds() == ["host-away"]


def test_a_deployment_that_does_not_get_on(linux_host: Host) -> None:
    start(make(linux_host.team))
    Deployment.objects.update(created_at=timezone.now() - timedelta(minutes=3))
    assert kinds() == ["deployment-stuck"]


def test_another_teams_troubles_are_not_shown(linux_host: Host, stranger: User, viewer: User) -> None:
    Host.objects.update(link="")
    assert kinds(stranger) == []
    assert kinds(viewer) == ["host-away"]
    assert change_list(actor=actor_for_user(stranger)) == []


def test_what_changed_last(linux_host: Host) -> None:
    finish(start(make(linux_host.team)))
    changes = change_list(actor=ACTOR)
    assert [(change.kind, change.state) for change in changes] == [("deployment", "succeeded"), ("host", "online")]


def test_the_first_run_guide(team: Team) -> None:
    from tests.people import make_host

    assert not first_run(actor=ACTOR).has_host
    make_host(team, "one", os="linux", architecture="amd64")
    revision = make(team)
    assert (first_run(actor=ACTOR).has_application, first_run(actor=ACTOR).done) == (True, False)
    finish(start(revision))
    assert first_run(actor=ACTOR).done


# -- hosts


def test_counts_and_load(linux_host: Host, windows_host: Host) -> None:
    Host.objects.filter(pk=windows_host.pk).update(link="")
    contain(linux_host, health="unhealthy")
    linux_host.images.create(image_id="x", size=7, observed_at=timezone.now())
    counts = host_counts(actor=ACTOR)
    assert (counts.total, counts.online, counts.offline, counts.stale) == (2, 1, 1, 0)
    load = host_load(host=linux_host)
    assert (load.containers, load.running, load.unhealthy, load.image_bytes) == (1, 1, 1, 7)


def test_a_row_is_as_fresh_as_its_host(linux_host: Host) -> None:
    hour_ago = timezone.now() - timedelta(hours=1)
    assert facts_observed_at(host=linux_host, row_observed_at=hour_ago) == linux_host.observed_at
    assert facts_fresh(host=linux_host)
    linux_host.observed_at = hour_ago
    assert not facts_fresh(host=linux_host)
    linux_host.observed_at = None
    assert facts_observed_at(host=linux_host) is None


def test_the_gallery_learns_which_hosts_fit(linux_host: Host, windows_host: Host, stranger: User) -> None:
    found = {fit.host_name: fit for fit in fits(ACTOR, [platform("linux/amd64")])}
    assert found["linux-host"].ok
    assert "linux/amd64 only" in found["windows-host"].reason
    assert fits(actor_for_user(stranger), [platform("linux/amd64")]) == []
    Host.objects.update(link="")
    [away, _] = sorted(fits(ACTOR, [platform("linux/amd64")]), key=lambda fit: fit.host_name)
    assert (away.ok, away.reason) == (False, "linux-host is offline.")


def test_the_gallery_learns_what_lies_on_hosts(linux_host: Host, windows_host: Host) -> None:
    for host in (linux_host, windows_host):
        host.images.create(image_id="x", tags=["own:1", "own:2"], size=7, observed_at=timezone.now())
    linux_host.images.create(image_id="y", tags=[], observed_at=timezone.now())
    found = {image.reference: image for image in host_images(ACTOR, query="own")}
    assert set(found) == {"own:1", "own:2"}
    assert sorted(name for _id, name in found["own:1"].hosts) == ["linux-host", "windows-host"]
    assert [image.reference for image in host_images(ACTOR, query="own:2")] == ["own:2"]
    linux_host.images.create(image_id="z", tags=["pierhead/volume-carrier:1"], observed_at=timezone.now())
    assert {image.reference for image in host_images(ACTOR)} == {"own:1", "own:2"}, "the portal's own is left out"
