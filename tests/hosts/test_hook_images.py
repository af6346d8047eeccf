"""A call of the registry, carried out: the tag is asked about at the real registry, and the policy decides."""

import json

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from gallery.images import resolve_image
from hosts.models import HookDelivery, Host
from hosts.services.applications import application_create
from hosts.services.deployments import deployment_start
from hosts.services.hook_deliveries import hook_carry
from hosts.services.hooks import hook_make
from hosts.services.update_policies import update_policy_set
from portal.people.access import actor_for_user
from portal.people.models import Team, User
from tests.gallery.registry.test_real_registry import upload
from tests.lab.registry import Registry

from .deploying import finish

pytestmark = pytest.mark.django_db
LINUX = {"os": "linux", "architecture": "amd64"}


def test_a_push_is_deployed_at_once(
    team: Team, linux_host: Host, deployer: User, registry: Registry, settings: Settings
) -> None:
    settings.REGISTRY_URL = registry.url
    actor = actor_for_user(deployer)
    upload(registry.url, "team/told", "1", LINUX)
    text = "services: {web: {image: 'team/told:1'}}"
    application, revision = application_create(team=team, name="told", compose=text, actor=actor)
    finish(deployment_start(revision=revision, actor=actor, resolve=resolve_image))
    update_policy_set(application=application, service="web", mode="at-once", actor=actor)
    hook, secret = hook_make(application=application, actor=actor)
    second = upload(registry.url, "team/told", "1", LINUX, {"os": "linux", "architecture": "arm64"})
    body = json.dumps({"events": [{"action": "push", "target": {"repository": "team/told", "tag": "1"}}]})
    kind = "application/vnd.docker.distribution.events.v1+json"
    assert Client().generic("POST", f"/api/v1/hooks/{hook.pk}/{secret}", body, kind).status_code == 202
    row = HookDelivery.objects.get()
    assert hook_carry(delivery_id=row.pk) == "done"
    row.refresh_from_db()
    assert row.detail == "Asked the registry about team/told:1. What is new is being deployed."
    assert application.revisions.get(number=2).pins == {"team/told:1": second}
