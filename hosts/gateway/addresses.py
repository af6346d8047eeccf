"""How Docker clients reach the endpoint of this portal."""

from urllib.parse import urlsplit

from django.conf import settings

ANYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 - addresses that name every interface


def endpoint_url() -> str:
    """For DOCKER_HOST and contexts: "tcp://portal.example:2376"."""
    if settings.DOCKER_ENDPOINT_URL:
        return str(settings.DOCKER_ENDPOINT_URL)
    host, port = settings.DOCKER_ENDPOINT
    if host in ANYWHERE:
        host = _public_host()
    return f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"


def server_names() -> list[str]:
    """What the endpoint's certificate is made out to."""
    names = ["localhost", "127.0.0.1", "::1", _public_host(), urlsplit(endpoint_url()).hostname or ""]
    host, _port = settings.DOCKER_ENDPOINT
    if host not in ANYWHERE:
        names.append(host)
    names += [name for name in settings.ALLOWED_HOSTS if "*" not in name and not name.startswith(".")]
    return list(dict.fromkeys(name.strip("[]") for name in names if name))


def _public_host() -> str:
    return urlsplit(settings.PUBLIC_URL).hostname or "localhost"
