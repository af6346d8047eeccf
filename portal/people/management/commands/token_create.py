"""`manage.py token_create --user NAME --team TEAM --role ROLE`: an API token, and nothing else on stdout."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.text import slugify

from portal.people.access import Actor, portal_actor
from portal.people.models import Membership, Role, Team, User
from portal.people.services.teams import member_add, member_role_change, role_parse, team_create
from portal.people.services.tokens import role_of, token_create
from portal.people.services.users import user_create
from portal.problems import Problem


class Command(BaseCommand):
    help = "Print a new API token. Makes the user and the team when they do not exist."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", required=True, help="name of the user the token belongs to")
        parser.add_argument("--team", required=True, help="name or address name (slug) of the team it works in")
        parser.add_argument("--role", required=True, help=f"what it may do: {', '.join(Role.values)}")
        parser.add_argument("--name", default="command line", help="what the token is for")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                secret = self.token(options["user"], options["team"], options["role"], options["name"])
        except Problem as problem:
            texts = [text for texts in problem.fields.values() for text in texts]
            raise CommandError(" ".join(texts) or problem.detail or problem.title) from None
        self.stdout.write(secret)

    def token(self, username: str, team_name: str, role: str, name: str) -> str:
        """The secret of a token of that user, after making what is missing."""
        wanted = role_parse(role)
        actor = portal_actor("manage.py token_create")
        user = User.objects.filter(username=username).first() or user_create(username=username, actor=actor)
        team = self.team(team_name, actor)
        self.let_in(user, team, wanted, actor)
        _token, secret = token_create(user=user, team=team, role=wanted, name=name, actor=actor)
        return secret

    def team(self, name: str, actor: Actor) -> Team:
        found = Team.objects.filter(name=name).first() or Team.objects.filter(slug=name).first()
        found = found or Team.objects.filter(slug=slugify(name)).first()
        return found or team_create(name=name, actor=actor)

    def let_in(self, user: User, team: Team, wanted: Role, actor: Actor) -> None:
        """A token has at most its owner's role: give the owner that role where it is missing, and say so."""
        own = role_of(user, team)
        if own is not None and own.includes(wanted):
            return
        if Membership.objects.filter(user=user, team=team).exists():
            member_role_change(team=team, user=user, role=wanted, actor=actor)
        else:
            member_add(team=team, user=user, role=wanted, actor=actor)
        self.stderr.write(f"{user.username} is now {wanted.value} of {team.name}.")
