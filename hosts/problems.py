"""Problems of this app, beside those in `portal.problems`.

Unavailable
└── HostAway      503  the host is not connected; a retry helps once its agent is back
"""

from portal.problems import Unavailable


class HostAway(Unavailable):
    """Nobody can ask the host now. The wording is the Docker client's own, with the host's name."""

    code = "host-away"
    title = "The host is not connected"
