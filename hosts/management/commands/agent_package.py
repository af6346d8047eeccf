"""`manage.py agent_package`: collect what hosts without internet install the agent from."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hosts.agent_package.offer import offer
from hosts.agent_package.wheels import PYTHONS, TARGETS, NotCollected


class Command(BaseCommand):
    help = "Collects the wheels of the agent for Linux and Windows, so that hosts need no internet."

    def add_arguments(self, parser: CommandParser) -> None:
        keys = [target.key for target in TARGETS]
        parser.add_argument(
            "--for", dest="targets", action="append", choices=keys, help="one kind of host; default: all"
        )

        parser.add_argument(
            "--python", dest="pythons", action="append", choices=PYTHONS, help="one version; default: all"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = [target for target in TARGETS if target.key in (options["targets"] or [one.key for one in TARGETS])]
        now = offer()
        try:
            count = now.house.collect(now.pins, wanted, options["pythons"] or PYTHONS)
        except NotCollected as error:
            raise CommandError(f"Not every file could be had; what came is kept. pip says: {error}") from error
        self.stdout.write(f"{now.wheel.name} and {count} wheels of what it needs are ready in {now.house.folder}.")
