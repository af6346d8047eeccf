"""`manage.py up`: start the whole portal and keep it running until Ctrl-C."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.up.prepare import NotPrepared, prepare
from portal.up.setup import setup_hand_over


class Command(BaseCommand):
    help = (
        "Starts everything: database, a private Redis, the portal node, a worker, and this machine's Docker Engine "
        "enrolled as the first host. Ctrl-C stops all that it started."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--no-local-host", action="store_true", help="leave this machine's Docker Engine alone; enrol no host"
        )
        parser.add_argument(
            "--demo", action="store_true", help="deploy the sample application once this machine is a host"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if sys.platform == "win32":
            raise CommandError("The portal runs on Linux and macOS. On Windows start it in WSL; hosts may be Windows.")
        try:
            setup = prepare(local_host=not options["no_local_host"], demo=options["demo"], say=self._say)
        except NotPrepared as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Interrupted.", returncode=130) from None
        # From here on a small process without Django: it keeps this process id and the lock of the data directory.
        descriptor = setup_hand_over(setup)
        sys.stdout.flush()
        sys.stderr.flush()
        os.chdir(setup.base_dir)
        os.execv(sys.executable, [sys.executable, "-m", "portal.up", str(descriptor)])  # noqa: S606

    def _say(self, text: str) -> None:
        self.stderr.write(f"{'up':<7}| {text}")
