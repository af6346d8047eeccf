"""`manage.py gallery_seed`: fill the local search, from Docker Hub's official images or from a file of rows."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gallery.hub.errors import HubError
from gallery.index.feeding import seed_file, seed_official


class Command(BaseCommand):
    help = "Fill the local search of the gallery. Without a file, Docker's official images are asked for."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, help="a JSON object a line: path, summary, pulls, facets, ...")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = seed_file(options["file"]) if options["file"] else seed_official()
        except HubError as error:
            raise CommandError(str(error)) from error
        except (OSError, ValueError, KeyError) as error:
            raise CommandError(f"The file cannot be read: {error!r}") from error
        self.stdout.write(f"{count} repositories are in the local search now.")
