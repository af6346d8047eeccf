"""`--demo`: the sample of the gallery, deployed once on the first host, as a person would deploy it."""

import pytest

from gallery.catalogue.loader import template_get
from hosts.models import Application, Deployment, DeploymentTarget, Host, Revision
from portal.up.demo import demo_deploy, wait_for_host

pytestmark = pytest.mark.django_db


def test_the_sample_is_the_gallerys_template(linux_host: Host) -> None:
    said = demo_deploy(linux_host)
    assert "port 8088" in said
    revision = Revision.objects.get()
    template = template_get("hello")
    assert (revision.template, revision.compose) == ("hello", template.compose)
    assert revision.values == {"PORT": "8088", "GREETING": "It runs."}
    deployment = Deployment.objects.get()
    assert list(DeploymentTarget.objects.filter(deployment=deployment).values_list("host_id", flat=True)) == [
        linux_host.pk
    ]


def test_nothing_is_deployed_beside_what_is_there(linux_host: Host) -> None:
    Application.objects.create(team=linux_host.team, name="mine")
    assert "already" in demo_deploy(linux_host)
    assert not Deployment.objects.exists()


def test_a_host_that_never_comes_is_not_waited_for_for_ever(db: None) -> None:
    assert wait_for_host(0.05, look_every=0.01) is None
