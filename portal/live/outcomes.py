"""How asking for a fragment can end. No Django here: the watch and its tests build on this alone."""

from dataclasses import dataclass


class Gone(Exception):
    """Absent, not permitted, or not a fragment: the three are never told apart."""


class Failed(Exception):
    """It could not be rendered this time."""


class SignedOut(Exception):
    """The session has ended, or its user may no longer sign in."""


@dataclass(frozen=True)
class Rendered:
    """html as it is sent; digest is equal for two renderings that show the same."""

    html: str
    digest: bytes
