"""The API itself: every app's router under /api/v1/."""

from importlib import import_module

from ninja import NinjaAPI

from portal import VERSION
from portal.people.api_auth import BearerAuth

from . import answers
from .body import JsonParser
from .description import rendered_once

APPS = ("portal.people", "gallery", "hosts")

api = NinjaAPI(
    title="Pierhead",
    version=VERSION,
    description="Run containers on your hosts. Lists are `{items, next}`; errors are RFC 9457 problem details.",
    urls_namespace="api",
    docs_url=None,  # its page would load scripts from elsewhere
    docs_decorator=rendered_once,
    auth=BearerAuth(),
    parser=JsonParser(),
)
answers.register(api)

for name in APPS:
    api.add_router("", import_module(f"{name}.api").router)
