"""The template library `updates`: what is new of the images of one host or application that is being shown."""

from collections.abc import Sequence

from django import template

from hosts.models import Application, Host
from hosts.selectors.updates import Update, application_updates, host_updates

register = template.Library()


@register.simple_tag
def updates_of(thing: Host | Application) -> Sequence[Update]:
    """The updates of a host or an application."""
    return host_updates(thing) if isinstance(thing, Host) else application_updates(thing)
