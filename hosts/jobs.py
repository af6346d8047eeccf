"""Background jobs of the hosts app. Those that come again are listed in portal/settings/jobs.py."""

from hosts.services.commands import commands_expire


def commands_sweep() -> int:
    """End what waited past its expiry, also where no agent is connected; how many."""
    return commands_expire()
