"""The agent's package: it holds no secret, and machines ask for it before they are known."""

from . import Row


def free(path: str, status: int = 200) -> Row:
    """Everybody gets the same."""
    return Row("GET", path, anonymous=status, viewer=status, deployer=status, admin=status, stranger=status)


UPDATED = "/hosts/{page_host}/update-agent/"

ROWS = [
    Row("POST", UPDATED, anonymous=302, viewer=403, deployer=403, admin=409, stranger=404),
    Row("POST", "/agent/update-hosts/", anonymous=302, viewer=403, deployer=403, admin=302, stranger=302),
    Row(
        "POST",
        "/api/v1/hosts/{page_host}/agent-update",
        anonymous=401,
        viewer=403,
        deployer=403,
        admin=409,
        stranger=404,
    ),
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
