"""/healthz for load balancers and `up`, /metrics for Prometheus."""

import hmac
import ipaddress

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from portal import VERSION, measures
from portal.people.services.tokens import token_use
from portal.probes import OK, PROBES, ask_all
from portal.problems import NotAllowed, Problem

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Whether this node can work: 200 when each part answers, else 503 and the failing part; in under two seconds."""
    parts = ask_all(PROBES)
    healthy = all(state == OK for state in parts.values())
    body = {"status": OK if healthy else "failing", **parts, "version": VERSION}
    return JsonResponse(body, status=200 if healthy else 503)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The portal in numbers, for addresses in PIERHEAD_METRICS_ALLOWED that come directly, for PIERHEAD_METRICS_TOKEN
    and for an administrator's API token. Raises NotAllowed."""
    if not (_allowed_address(request) or _allowed_token(request)):
        raise NotAllowed(
            "Metrics are for the addresses in PIERHEAD_METRICS_ALLOWED, and for scrapers that send "
            "`Authorization: Bearer TOKEN` with PIERHEAD_METRICS_TOKEN or an administrator's API token."
        )
    return HttpResponse(measures.text(), content_type=CONTENT_TYPE_LATEST)


def _allowed_address(request: HttpRequest) -> bool:
    """Whether the peer itself is allowed. What a proxy passes on carries the proxy's address, so it never counts."""
    if any(name in request.META for name in FORWARDED):
        return False
    try:
        peer = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(peer in network for network in _networks(settings.METRICS_ALLOWED))


def _networks(words: list[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    networks = []
    for word in words:
        try:
            networks.append(ipaddress.ip_network(word, strict=False))
        except ValueError:
            continue  # a word that is no address allows nobody
    return networks


def _allowed_token(request: HttpRequest) -> bool:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        return False
    if settings.METRICS_TOKEN and hmac.compare_digest(secret.encode(), settings.METRICS_TOKEN.encode()):
        return True
    try:
        return token_use(secret=secret, address=request.META.get("REMOTE_ADDR")).administers_portal
    except Problem:
        return False
