"""`Authorization: Bearer TOKEN`, the only way into the API. A session cookie is never looked at there."""

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from portal.problems import SignInNeeded

from .access import Actor
from .requests import peer_address
from .services.tokens import token_use


class BearerAuth(HttpBearer):
    """Leaves the token's Actor in `request.auth`. Raises SignInNeeded, saying what is wrong with the header."""

    def __call__(self, request: HttpRequest) -> Any:
        header = request.headers.get("Authorization", "")
        scheme, _, secret = header.strip().partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise SignInNeeded("Send an API token as `Authorization: Bearer TOKEN`. Make one on the account page.")
        return self.authenticate(request, secret.strip())

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        return token_use(secret=token, address=peer_address(request))
