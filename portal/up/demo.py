"""`python -m portal.up.demo`: deploy the sample application on the first host, when nothing was deployed yet."""

import sys
import time
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from hosts.models import Host

WAIT_SECONDS = 600.0
TEMPLATE = "hello"
PORT = "8088"


def wait_for_host(seconds: float = WAIT_SECONDS, *, look_every: float = 1.0) -> "Host | None":
    """The first host that is online, as soon as there is one; None after `seconds`."""
    from hosts.models import Host
    from hosts.models.hosts import HostState

    limit = time.monotonic() + seconds
    while True:
        for host in Host.objects.filter(revoked_at=None).select_related("team").order_by("created_at"):
            if host.state is HostState.ONLINE and host.observed_at is not None:
                return host
        if time.monotonic() >= limit:
            return None
        time.sleep(look_every)


def demo_deploy(host: "Host") -> str:
    """Deploy the sample on `host`; a sentence for people. Nothing is done when anything was ever deployed."""
    from gallery.catalogue.loader import template_get
    from hosts.models import Application
    from hosts.services.applications import application_create
    from hosts.services.deployments import deployment_start
    from portal.people.access import portal_actor

    if Application.objects.exists():
        return "Something is deployed already; the sample is left out."
    actor = portal_actor("manage.py up --demo")
    template = template_get(TEMPLATE)
    _, revision = application_create(
        team=host.team,
        name=template.slug,
        compose=template.compose,
        values={one.name: one.default for one in template.parameters} | {"PORT": PORT},
        targets={"hosts": [str(host.pk)]},
        template=template.slug,
        actor=actor,
    )
    deployment_start(revision=revision, actor=actor)
    return f"The sample application is being deployed on {host.name}; it will answer at port {PORT} there."


def main() -> int:
    django.setup()
    from portal.problems import Problem

    host = wait_for_host()
    if host is None:
        sys.stderr.write("No host came online, so the sample application was not deployed.\n")
        return 1
    try:
        said, code = demo_deploy(host), 0
    except Problem as problem:
        said, code = f"The sample application was not deployed: {problem.detail or problem.title}", 1
    sys.stderr.write(f"{said}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
