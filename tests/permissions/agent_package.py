"""The agent's package: it holds no secret, and machines ask for it before they are known."""

from . import Row


def free(path: str, status: int = 200) -> Row:
    """Everybody gets the same."""
    return Row("GET", path, anonymous=status, viewer=status, deployer=status, admin=status, stranger=status)


ROWS = [
    free("/agent/"),
    free("/agent/install.sh"),
    free("/agent/install.ps1"),
    free("/agent/requirements.txt"),
    free("/agent/ca.pem", 404),
    free("/agent/files/"),
    free("/agent/files/absent.whl", 404),
    free("/agent/simple/"),
    free("/agent/simple/pierhead-engine-agent/"),
]
