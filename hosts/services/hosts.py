"""Hosts: name, labels, revocation, removal."""

from collections.abc import Mapping

from hosts.models import Host
from portal.people.access import Actor


def host_rename(*, host: Host, name: str, actor: Actor) -> Host:
    """Raises Invalid for a bad name, Conflict when the team has a host of that name."""
    raise NotImplementedError


def host_label(*, host: Host, labels: Mapping[str, str], actor: Actor) -> Host:
    """Replace the labels. Raises Invalid."""
    raise NotImplementedError


def host_revoke(*, host: Host, actor: Actor) -> Host:
    """Shut the host out: its connection is closed within two seconds and its key is never welcome again."""
    raise NotImplementedError


def host_remove(*, host: Host, actor: Actor) -> None:
    """Revoke and forget the host with everything mirrored from it. What runs there keeps running.

    Raises Conflict while an application is deployed there.
    """
    raise NotImplementedError
