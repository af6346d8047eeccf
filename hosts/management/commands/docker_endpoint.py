"""`manage.py docker_endpoint`: the Docker endpoint and the byte streams of this node. `up` starts it by itself."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Serve the Docker endpoint and the byte streams of this portal node, in the foreground."
    requires_system_checks: list[str] = []  # `up` has checked; a start must be quick

    def handle(self, *args: Any, **options: Any) -> None:
        from hosts.gateway.process import run

        try:
            run()
        except OSError as error:
            raise CommandError(f"The gateway cannot listen: {error}") from error
        except KeyboardInterrupt:
            raise CommandError("Interrupted.", returncode=130) from None
