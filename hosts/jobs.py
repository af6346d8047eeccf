"""Background jobs of the hosts app. Those that come again are listed in portal/settings/jobs.py."""

from django.utils import timezone

from hosts.services.commands import commands_expire
from hosts.services.housekeeping import housekeeping_run
from hosts.services.updates import updates_check


def commands_sweep() -> int:
    """End what waited past its expiry, also where no agent is connected; how many."""
    return commands_expire()


def updates_sweep() -> int:
    """Ask registries about the tags that run and are due, by HEAD, and judge what runs; how many verdicts changed."""
    return updates_check()


def housekeeping_start() -> int:
    """Begin the daily housekeeping of hosts for which it is time; how many."""
    return housekeeping_run(now=timezone.now())
