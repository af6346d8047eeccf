"""The OpenAPI description, which takes some tenths of a second to make and does not change while the portal runs."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

View = Callable[..., HttpResponse]


def rendered_once(view: View) -> View:
    """`view` with its first answer kept for all who ask later."""
    kept: list[bytes] = []

    @require_safe
    def described(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not kept:
            kept.append(view(request, **kwargs).content)
        return HttpResponse(kept[0], content_type="application/json")

    return described
