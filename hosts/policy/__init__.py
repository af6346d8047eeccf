"""The policy of Engine API requests: pure, default deny, one engine for pages, API, compose and the Docker endpoint.

    request = request_parse(method=..., target=..., body=None)   # from the head alone
    body_wanted(request.method, request.path)                 # then read it whole (2 MiB at most) and parse again
    request = request_parse(method=..., target=..., body=..., content_type=..., user=...)   # raises Unclear
    wanted = names_of(request, role=..., policy=...)          # look these up: whose they are, and their documents
    decision = decide(role=..., policy=..., request=request, resources={(kind, name): Resource(...), ...})
    filter = answer_filter(role=..., policy=..., request=request)

`refusals_of` says the same of a create body, with every reason.
"""

from .endpoints import body_wanted
from .engine import decide, network_refusals, present_volume_refusals, refusals_of, volume_refusals
from .filters import answer_filter, event_filter, stamped
from .names import names_of
from .options import Options, options_from
from .targets import request_parse
from .types import Decision, Finding, Named, Ownership, Policy, Request, Resource, Resources, Unclear

__all__ = [
    "Decision",
    "Finding",
    "Named",
    "Options",
    "Ownership",
    "Policy",
    "Request",
    "Resource",
    "Resources",
    "Unclear",
    "answer_filter",
    "body_wanted",
    "decide",
    "event_filter",
    "names_of",
    "network_refusals",
    "options_from",
    "present_volume_refusals",
    "refusals_of",
    "request_parse",
    "stamped",
    "volume_refusals",
]
