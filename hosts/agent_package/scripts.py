"""install.sh and install.ps1, with this portal's address and the digest of its list of files written into them."""

import hashlib
import shlex

from django.template.loader import render_to_string


def install_script(kind: str, *, portal: str, requirements: str) -> str:
    """The script of a kind, "sh" or "ps1". requirements: the list that the script checks and installs."""
    context = {
        "portal": portal,
        "portal_quoted": shlex.quote(portal),
        "portal_powershell": "'" + portal.replace("'", "''") + "'",
        "list_sha256": hashlib.sha256(requirements.encode()).hexdigest(),
    }
    return render_to_string(f"agent/install.{kind}", {name: _Raw(text) for name, text in context.items()})


class _Raw(str):
    """A value that a template writes as it is: scripts are no HTML."""

    def __html__(self) -> str:
        return str(self)
