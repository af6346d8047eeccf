"""From a click on Deploy to a running container, image present, against the engine's own `docker run`.

The click is the form's POST as the browser sends it; "running" is when the engine says that the container started. The
baseline is the time from starting `docker run -d` to the same event, the client's own start included.
"""

import re
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar

from .report import Row, median, spread
from .stage import IMAGE, EngineEvents, Stage, settle

ROUNDS = 20
BUDGET_MS = 60


def measure(stage: Stage) -> Iterator[Row]:
    events = EngineEvents(stage.engine)
    form = DeployForm(stage)
    ours: list[float] = []
    engines: list[float] = []
    try:
        for number in range(-2, ROUNDS):  # two rounds to warm up
            plain = docker_run(stage, events, number)
            deployed = form.deploy(events, f"bench-{number + 2}")
            if number >= 0:
                engines.append(plain)
                ours.append(deployed)
    finally:
        events.close()
        settle(stage.engine)
    yield Row(
        "deploy of a present image over `docker run`",
        median(ours) - median(engines),
        BUDGET_MS,
        "ms",
        f"click to running {spread(ours)}, docker run {spread(engines)}, {ROUNDS} each in turns",
    )


def docker_run(stage: Stage, events: EngineEvents, number: int) -> float:
    """Milliseconds from the command to the engine's start event."""
    events.forget()
    began = time.time()
    stage.engine.docker("run", "-d", "--name", f"plain-{number + 2}", IMAGE)
    _name, at = events.started()
    return (at - began) * 1000


class DeployForm:
    """A signed-in browser's side of the deploy page, without the browser."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.jar = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        link = stage.portal.sign_in_link
        self._post(link, {"csrfmiddlewaretoken": self._csrf(self._get(link))})

    def _get(self, url: str) -> str:
        with self.opener.open(url, timeout=30) as answer:
            return str(answer.read().decode())

    def _post(self, url: str, fields: dict[str, str]) -> str:
        request = urllib.request.Request(url, urllib.parse.urlencode(fields).encode())
        request.add_header("Referer", url)
        with self.opener.open(request, timeout=30) as answer:
            return str(answer.geturl())

    @staticmethod
    def _csrf(page: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found, "the page has no form"
        return found[1]

    def deploy(self, events: EngineEvents, name: str) -> float:
        """Milliseconds from the POST to the engine's start event of the new container."""
        url = f"{self.stage.portal.url}/deploy/?{urllib.parse.urlencode({'image': IMAGE})}"
        fields = form_fields(self._get(url)) | {"name": name}
        fields |= self.choice()
        events.forget()
        began = time.time()
        landed = self._post(f"{self.stage.portal.url}/deploy/", fields)
        assert "/deployments/" in landed, f"the form was refused: {landed}"
        _name, at = events.started()
        return (at - began) * 1000

    def choice(self) -> dict[str, str]:
        """Where it should run."""
        return {"target": "hosts", "hosts": self.stage.host_id}


def form_fields(page: str) -> dict[str, str]:
    """The values that a browser would send for the page's deploy form as it stands (single-valued fields)."""
    from html.parser import HTMLParser

    fields: dict[str, str] = {}

    class Reader(HTMLParser):
        select = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            values = dict(attrs)
            name = values.get("name") or ""
            if tag == "input" and name:
                kind = values.get("type", "text")
                if kind in {"checkbox", "radio"} and "checked" not in values:
                    return
                if kind not in {"submit", "button", "image"}:
                    fields[name] = values.get("value") or ""
            elif tag == "select":
                self.select = name
            elif tag == "option" and self.select and ("selected" in values or self.select not in fields):
                fields[self.select] = values.get("value") or ""
            elif tag == "textarea" and name:
                fields[name] = ""

        def handle_endtag(self, tag: str) -> None:
            if tag == "select":
                self.select = ""

    Reader().feed(page)
    return fields
