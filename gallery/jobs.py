"""Background jobs of the gallery. Those that come again are listed in portal/settings/jobs.py."""

from gallery.index.feeding import feed


def index_feed() -> int:
    """Take repositories that were seen since the last time into the local search; how many."""
    return feed()
