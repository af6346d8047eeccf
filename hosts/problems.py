"""Problems of this app, beside those in `portal.problems`.

Problem
├── BodyTooLarge      413  a call of a webhook is larger than any that is known
├── Refused
│   └── AzureRefused  422  Azure says no; a person has to change something
└── Unavailable
    ├── AzureAway     503  Azure or its price service does not answer now
    └── HostAway      503  the host is not connected; a retry helps once its agent is back
"""

from portal.problems import Problem, Refused, Unavailable


class BodyTooLarge(Problem):
    status = 413
    code = "too-large"
    title = "The body is too large"


class HostAway(Unavailable):
    """Nobody can ask the host now. The wording is the Docker client's own, with the host's name."""

    code = "host-away"
    title = "The host is not connected"


class AzureAway(Unavailable):
    """Azure does not answer, or asks to wait."""

    code = "azure-away"
    title = "Azure does not answer"


class AzureRefused(Refused):
    """What Azure will not do, in its own words."""

    code = "azure-refused"
    title = "Azure refuses it"
