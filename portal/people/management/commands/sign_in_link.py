"""`manage.py sign_in_link --user NAME`: a one-time link for somebody who is locked out, and nothing else on stdout."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from portal.people.access import portal_actor
from portal.people.models import User
from portal.people.services.sign_in import sign_in_link_create
from portal.problems import Problem


class Command(BaseCommand):
    help = "Print a link that signs a user in once, within 24 hours."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", required=True, help="name of the user whom the link signs in")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["user"]
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(
                f"There is no user {name}. Make one with `manage.py token_create` or on the team's page."
            )
        try:
            secret = sign_in_link_create(user=user, actor=portal_actor("manage.py sign_in_link"))
        except Problem as problem:
            raise CommandError(problem.detail or problem.title) from None
        self.stdout.write(f"{settings.PUBLIC_URL}{reverse('people:sign-in-link', kwargs={'secret': secret})}")
