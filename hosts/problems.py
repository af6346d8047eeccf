"""Problems of this app, beside those in `portal.problems`.

Problem
├── BodyTooLarge      413  a call of a webhook is larger than any that is known
└── Unavailable
    └── HostAway      503  the host is not connected; a retry helps once its agent is back
"""

from portal.problems import Problem, Unavailable


class BodyTooLarge(Problem):
    status = 413
    code = "too-large"
    title = "The body is too large"


class HostAway(Unavailable):
    """Nobody can ask the host now. The wording is the Docker client's own, with the host's name."""

    code = "host-away"
    title = "The host is not connected"
