"""How many sockets a process may have open."""

import logging

log = logging.getLogger(__name__)

WANTED = 65_536


def descriptors_raise() -> int:
    """As many as the system lets us, WANTED at most; the usual 1,024 end with the thousandth client.

    Returns what holds.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return WANTED
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    top = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if soft != resource.RLIM_INFINITY and soft < top:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (top, hard))
        except (OSError, ValueError):
            log.warning("the limit of open files stays at %s", soft)
            return soft
        return top
    return WANTED if soft == resource.RLIM_INFINITY else soft
