"""Who may ask for what of the gallery: everybody who is signed in, since it shows what is public and nothing of a team.

Outside sources are closed in tests: what needs Docker Hub is away (503), what has a stand-in of its own answers.
"""

from . import Row, api, page

REPOSITORY = "/gallery/hub/library/nginx/"
API_REPOSITORY = "/gallery/repositories/hub/library/nginx"

ROWS = [
    page("/gallery/", stranger=200),
    page("/gallery/templates/hello/", stranger=200),
    page(REPOSITORY, stranger=200),
    page(f"{REPOSITORY}tags/", stranger=200),
    page(f"{REPOSITORY}logo/", stranger=200),
    Row("POST", "/gallery/again/hub/", 302, 302, 302, 302, 302),
    api("GET", "/gallery/search", stranger=200),
    api("GET", "/gallery/templates", stranger=200),
    api("GET", "/gallery/templates/hello", stranger=200),
    api("GET", API_REPOSITORY, 503, stranger=503),
    api("GET", f"{API_REPOSITORY}/tags", 503, stranger=503),
]
