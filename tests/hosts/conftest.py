"""Things on the hosts of the tests."""

import pytest
from django.utils import timezone

from hosts.models import Container, Host


@pytest.fixture
def web(linux_host: Host) -> Container:
    """A running container on the Linux host."""
    return Container.objects.create(
        host=linux_host,
        cid="ab12" + "0" * 60,
        name="web",
        image="nginx:1",
        image_id="sha256:1",
        state="running",
        ports=[{"address": "0.0.0.0", "published": 8080, "target": 80, "protocol": "tcp"}],
        observed_at=timezone.now(),
    )
