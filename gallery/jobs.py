"""Background jobs of the gallery. Those that come again are listed in portal/settings/jobs.py."""

from gallery.index.feeding import feed
from gallery.services.image_checks import images_check
from gallery.services.template_lists import lists_refresh_due


def index_feed() -> int:
    """Take repositories that were seen since the last time into the local search; how many."""
    return feed()


def lists_sweep() -> int:
    """Fetch lists of templates that were not looked at for a day; how many. What is new waits for an admin."""
    return lists_refresh_due()


def images_sweep() -> int:
    """Look whether images of templates that were not looked at for a week are still there; how many questions."""
    return images_check()
