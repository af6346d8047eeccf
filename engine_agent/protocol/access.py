"""How an engine signs in to a registry. In memory and on the wire alone: neither side stores, logs or shows it."""

import msgspec


class RegistryAuth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Credentials the engine sends when it pulls from `registry` (the Engine API's AuthConfig)."""

    registry: str
    username: str = ""
    password: str = ""
    identity_token: str = ""


def auth_config(auth: RegistryAuth | None) -> dict[str, str] | None:
    """The same as the Engine API's AuthConfig."""
    if auth is None:
        return None
    named = {
        "username": auth.username,
        "password": auth.password,
        "identitytoken": auth.identity_token,
        "serveraddress": auth.registry,
    }
    return {name: value for name, value in named.items() if value}
