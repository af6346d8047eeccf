"""Update policies: what acts by itself, when, with whose rights, once for each digest; and what people do by hand."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from gallery.images import ResolvedImage
from gallery.models import WatchedTag
from hosts.jobs import updates_carry_out
from hosts.models import Application, Deployment, Host, UpdateAct
from hosts.selectors.image_changes import ImageChange, application_changes
from hosts.selectors.update_policies import service_policies
from hosts.services.applications import application_revise
from hosts.services.image_updates import application_update, updates_apply
from hosts.services.update_policies import application_windows_set, update_policy_set
from portal.people.access import actor_for_user
from portal.people.models import AuditEntry, Membership, Role, Team, User
from portal.problems import Conflict, NotAllowed, NotFound, Unavailable
from tests.hosts.answers import Api, answer

from .deploying import finish, make, start
from .resolving import resolve as nginx
from .shapes import DIGEST

pytestmark = pytest.mark.django_db
NEW = "sha256:" + "e" * 64
NEWER = "sha256:" + "f" * 64
TEXT = "services: {web: {image: 'nginx:1', ports: ['8080:80']}}"
LABELLED = "services: {web: {image: 'nginx:1', labels: {pierhead.update: %s}}}"


def resolve(reference: str) -> ResolvedImage:
    """nginx:1 as usual, and by any digest."""
    name, at, digest = reference.partition("@")
    found = nginx(name)
    return ResolvedImage(reference, digest, found.platforms) if at else found


def fresh(reference: str) -> ResolvedImage:
    """The same where the manifests of another digest are others."""
    found = resolve(reference)
    if found.index_digest == DIGEST:
        return found
    manifests = tuple(type(one)(one.platform, found.index_digest) for one in found.platforms)
    return ResolvedImage(reference, found.index_digest, manifests)


@pytest.fixture
def application(team: Team, linux_host: Host, deployer: User) -> Application:
    """Deployed with nginx:1; since then nothing has changed."""
    revision = make(team, compose=TEXT, actor=actor_for_user(deployer))
    finish(start(revision))
    WatchedTag.objects.create(repository="library/nginx", tag="1", digest=DIGEST, checked_at=timezone.now())
    return revision.application


def push(digest: str = NEW) -> None:
    WatchedTag.objects.update(digest=digest)


def policy(application: Application, mode: str, user: User) -> None:
    update_policy_set(application=application, service="web", mode=mode, actor=actor_for_user(user))


def changes(application: Application) -> list[ImageChange]:
    return application_changes(application=application, now=timezone.now())


def apply(now: datetime | None = None) -> list[Deployment]:
    return updates_apply(now=now or timezone.now(), resolve=fresh)


def test_what_is_as_deployed_is_no_change(application: Application) -> None:
    assert changes(application) == []


def test_notify_only_says_so(application: Application) -> None:
    push()
    [change] = changes(application)
    assert (change.reference, change.digest, change.before, change.state) == ("nginx:1", NEW, DIGEST, "notify")
    assert apply() == []


def test_at_once_makes_a_revision_with_the_new_digest_and_deploys_it(application: Application, deployer: User) -> None:
    policy(application, "at-once", deployer)
    push()
    [deployment] = apply()
    revision = deployment.revision
    assert (revision.number, revision.pins["nginx:1"], revision.created_by) == (2, NEW, deployer)
    assert changes(application)[0].state == "waiting"
    finish(deployment)
    assert changes(application) == []
    act = UpdateAct.objects.get()
    assert (act.outcome, act.deployment, act.by) == ("deployed", deployment, f"Update policy of {deployer.label}")
    entry = AuditEntry.objects.get(action="application.update")
    assert entry.actor_label == f"Update policy of {deployer.label}"
    assert entry.detail["images"] == {"nginx:1": NEW}


def test_a_failed_update_is_not_tried_again_for_the_same_digest(application: Application, deployer: User) -> None:
    policy(application, "at-once", deployer)
    push()
    [deployment] = apply()
    finish(deployment, "rolled_back", error="unhealthy")
    [change] = changes(application)
    assert change.state == "failed"
    assert "unhealthy" in change.detail
    assert apply() == []
    push(NEWER)
    [again] = apply()
    assert again.revision.pins["nginx:1"] == NEWER


def test_a_window_holds_it_back_until_it_opens(application: Application, deployer: User) -> None:
    policy(application, "window", deployer)
    push()
    assert "no time window" in changes(application)[0].detail
    window = {"weekdays": ["sat"], "opens": "02:00", "closes": "04:00", "zone": "UTC"}
    application_windows_set(application=application, windows=[window], actor=actor_for_user(deployer))
    friday = datetime(2026, 11, 27, 12, tzinfo=UTC)
    [held] = application_changes(application=application, now=friday)
    assert held.detail == "It waits for the time window, which opens at 2026-11-28 02:00 UTC."
    assert apply(friday) == []
    assert len(apply(datetime(2026, 11, 28, 3, 59, tzinfo=UTC))) == 1


def test_the_most_careful_policy_of_an_image_counts(team: Team, linux_host: Host, deployer: User) -> None:
    text = "services: {a: {image: 'nginx:1'}, b: {image: 'nginx:1', labels: {pierhead.update: at-once}}}"
    revision = make(team, compose=text, actor=actor_for_user(deployer))
    finish(start(revision))
    WatchedTag.objects.create(repository="library/nginx", tag="1", digest=NEW)
    [change] = changes(revision.application)
    assert (change.services, change.state) == (("a", "b"), "notify")
    assert apply() == []


def test_a_label_in_the_text_is_a_policy_and_what_was_set_counts_more(
    team: Team, linux_host: Host, deployer: User
) -> None:
    revision = make(team, compose=LABELLED % "at-once", actor=actor_for_user(deployer))
    application = revision.application
    assert [(one.mode, one.origin) for one in service_policies(application=application, revision=revision)] == [
        ("at-once", "label")
    ]
    policy(application, "notify", deployer)
    assert [one.origin for one in service_policies(application=application, revision=revision)] == ["set"]
    other = application_revise(application=application, compose=LABELLED % "soon", actor=actor_for_user(deployer))
    application.update_policies.all().delete()
    [found] = service_policies(application=application, revision=other)
    assert (found.mode, found.origin) == ("notify", "usual")
    assert "soon" in found.note


def test_it_acts_with_the_rights_of_who_set_it(application: Application, deployer: User) -> None:
    policy(application, "at-once", deployer)
    push()
    Membership.objects.filter(user=deployer).update(role=Role.VIEWER)
    [change] = changes(application)
    assert change.state == "refused"
    assert "may not deploy here any more" in change.detail
    assert apply() == []
    assert not UpdateAct.objects.exists()


def test_it_waits_for_a_deployment_that_is_open(application: Application, deployer: User) -> None:
    policy(application, "at-once", deployer)
    push()
    running = start(application.revisions.get(number=1))
    assert apply() == []
    finish(running)
    assert len(apply()) == 1


def test_what_was_deployed_before_and_left_is_not_carried_out_by_itself(
    application: Application, deployer: User
) -> None:
    policy(application, "at-once", deployer)
    push()
    [deployment] = apply()
    finish(deployment)
    finish(start(application.revisions.get(number=1)))  # somebody went back
    UpdateAct.objects.all().delete()
    assert changes(application)[0].state == "skipped"
    assert apply() == []


def test_what_changes_nothing_on_the_hosts_is_skipped(team: Team, linux_host: Host, deployer: User) -> None:
    text = "services: {web: {image: 'nginx:1', deploy: {replicas: 0}}}"
    revision = make(team, compose=text, actor=actor_for_user(deployer))
    finish(start(revision))
    WatchedTag.objects.create(repository="library/nginx", tag="1", digest=NEW)
    policy(revision.application, "at-once", deployer)
    assert apply() == []
    act = UpdateAct.objects.get()
    assert (act.outcome, act.deployment) == ("skipped", None)
    assert revision.application.revisions.count() == 1


def test_a_refused_plan_is_told_and_not_tried_again(application: Application, deployer: User) -> None:
    def refuses(reference: str) -> ResolvedImage:
        return ResolvedImage(reference, NEW, nginx("iis:1").platforms)

    policy(application, "at-once", deployer)
    push()
    assert updates_apply(now=timezone.now(), resolve=refuses) == []
    act = UpdateAct.objects.get()
    assert act.outcome == "refused"
    assert act.detail
    assert application.revisions.count() == 1
    assert AuditEntry.objects.get(action="application.update").result == "failed"
    assert updates_apply(now=timezone.now(), resolve=fresh) == []


def test_a_person_carries_it_out_whatever_was_done_before(application: Application, deployer: User) -> None:
    push()
    UpdateAct.objects.create(application=application, reference="nginx:1", digest=NEW, outcome="refused")
    actor = actor_for_user(deployer)
    deployment = application_update(application=application, actor=actor, now=timezone.now(), resolve=fresh)
    assert deployment.revision.pins["nginx:1"] == NEW
    assert UpdateAct.objects.get().deployment == deployment


def test_by_hand_what_is_not_there_is_refused(application: Application, deployer: User, viewer: User) -> None:
    now = timezone.now()
    with pytest.raises(Conflict, match="is what its tag names"):
        application_update(application=application, actor=actor_for_user(deployer), now=now)
    with pytest.raises(NotFound, match="redis:7"):
        application_update(application=application, actor=actor_for_user(deployer), now=now, references=["redis:7"])
    with pytest.raises(NotAllowed):
        application_update(application=application, actor=actor_for_user(viewer), now=now)


def test_a_registry_that_is_away_gives_the_claim_up(
    application: Application, deployer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**given: Any) -> None:
        raise Unavailable("The registry does not answer.")

    policy(application, "at-once", deployer)
    push()
    with monkeypatch.context() as patched:
        patched.setattr("hosts.services.image_updates.plan_prepare", away)
        assert apply() == []
    assert not UpdateAct.objects.exists()
    assert len(apply()) == 1


def test_the_job_runs_without_anything_to_do(db: None) -> None:
    assert updates_carry_out() == 0


def test_over_the_api(api_of: Api, application: Application, deployer: User, admin: User) -> None:
    api, path = api_of(deployer), f"applications/{application.pk}"
    assert answer(api.call("PUT", f"{path}/update-policies/web", {"mode": "at-once"}), 204) is None
    [row] = answer(api.get(f"{path}/update-policies"))["items"]
    assert (row["service"], row["mode"], row["origin"], row["set_by"]) == ("web", "at-once", "set", deployer.label)
    wrong = answer(api.call("PUT", f"{path}/update-policies/web", {"mode": "soon"}), 422)
    assert "notify, window, at-once" in wrong["detail"]
    assert answer(api.call("PUT", f"{path}/update-policies/none", {"mode": "notify"}), 404)
    window = {"weekdays": ["mon"], "opens": "02:00", "closes": "04:00", "zone": "Europe/Berlin"}
    assert answer(api.call("PUT", f"{path}/update-windows", {"windows": [window]}))["windows"] == [window]
    bad = answer(api.call("PUT", f"{path}/update-windows", {"windows": [{**window, "zone": "Mars/Base"}]}), 422)
    assert "Mars/Base" in bad["detail"]
    assert answer(api.get(f"{path}/update-windows"))["windows"] == [window]
    team = f"teams/{application.team.slug}/update-windows"
    assert answer(api.call("PUT", team, {"windows": []}), 403)
    assert answer(api_of(admin).call("PUT", team, {"windows": [window]}))["windows"] == [window]
    push()
    [found] = answer(api.get(f"{path}/updates"))["items"]
    assert (found["reference"], found["state"]) == ("nginx:1", "waiting")
    assert answer(api.get(f"{path}/updates/history"))["items"] == []
    assert answer(api.call("DELETE", f"{path}/update-policies/web"), 204) is None
    assert answer(api.get(f"{path}/updates"))["items"][0]["state"] == "notify"


def test_on_the_page(client_of: Any, application: Application, deployer: User, viewer: User) -> None:
    push()
    client, where = client_of(deployer), f"/applications/{application.pk}/updates/"
    assert "Update now" in client.get(where).content.decode()
    assert "Update now" not in client_of(viewer).get(where).content.decode()
    client.post(f"{where}act/", {"act": "policies", "mode-web": "window"})
    assert "there is none" in client.get(where).content.decode()
    window = {"act": "window-add", "weekdays": ["sat", "sun"], "opens": "22:00", "closes": "02:00", "zone": "UTC"}
    refused = client.post(f"{where}act/", {**window, "zone": "Mars/Base"})
    assert refused.status_code == 422
    assert "no time zone called Mars/Base" in refused.content.decode()
    client.post(f"{where}act/", window)
    assert "Sat, Sun" in client.get(where).content.decode()
    client.post(f"{where}act/", {"act": "window-remove", "number": "0"})
    assert "Sat, Sun" not in client.get(where).content.decode()
    page = client.get(f"/applications/{application.pk}/").content.decode()
    assert f'href="{where}"' in page
    assert "Waiting" in page
