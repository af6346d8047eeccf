"""A secret that is shown on the next page and never again."""

from django.http import HttpRequest

KEY = "shown_once"


def keep_once(request: HttpRequest, kind: str, label: str, secret: str) -> None:
    """Keep `secret` for the next page that asks for `kind`."""
    request.session[KEY] = {"kind": kind, "label": label, "secret": secret}


def take_once(request: HttpRequest, kind: str) -> dict[str, str] | None:
    """{"label", "secret"} if there is one of this kind; it is gone after this."""
    kept = request.session.get(KEY)
    if not isinstance(kept, dict) or kept.get("kind") != kind:
        return None
    del request.session[KEY]
    return {"label": str(kept["label"]), "secret": str(kept["secret"])}
