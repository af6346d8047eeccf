"""`manage.py volume_run ID`: carry out one backup, restore or copy of a volume. Workers start it by themselves."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Carry out one backup, restore or copy of a volume that waits for it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", type=UUID)

    def handle(self, *args: Any, **options: Any) -> None:
        from hosts.services.volume_steps import run_carry

        run_carry(run_id=options["run"])
