"""The engine's messages of a pull or a push as steps: one for the image, one for each layer."""

from dataclasses import dataclass

from ..engine.types import Progress
from .outcome import Reporter

# The engine's words (moby, pkg/streamformatter, distribution/pull_v2 and push_v2) -> state of the layer.
STATES = {
    "Pulling fs layer": "waiting",
    "Waiting": "waiting",
    "Downloading": "running",
    "Verifying Checksum": "running",
    "Download complete": "running",
    "Extracting": "running",
    "Pull complete": "done",
    "Already exists": "done",
    "Preparing": "waiting",
    "Pushing": "running",
    "Pushed": "done",
    "Layer already exists": "done",
}
MOUNTED = "Mounted from "  # another repository of the same registry has the layer


@dataclass(slots=True)
class Layer:
    """state as in StepReport; downloaded, size: bytes; here: it was on the host before."""

    state: str = "waiting"
    detail: str = ""
    downloaded: int = 0
    size: int = 0
    here: bool = False


class Layers:
    """The layers of one pull or push, told as steps under `key`."""

    def __init__(self, reporter: Reporter, key: str, title: str) -> None:
        self._reporter = reporter
        self._key = key
        self._title = title
        self._layers: dict[str, Layer] = {}
        self.summary = ""
        reporter.step(key, title, "running")

    def hear(self, line: Progress) -> None:
        """One message of the pull."""
        if line.status.startswith("Status: "):
            self.summary = line.status.removeprefix("Status: ")
        state = "done" if line.status.startswith(MOUNTED) else STATES.get(line.status)
        if state is None or not line.id:
            return
        layer = self._layers.setdefault(line.id, Layer())
        self._follow(layer, line, state)
        shown = line.progress_detail if line.progress_detail and line.progress_detail.total else None
        self._reporter.step(
            f"{self._key}:{line.id}",
            line.id,
            state,
            parent=self._key,
            detail=line.status,
            current=layer.size if state == "done" else shown.current if shown else layer.downloaded,
            total=shown.total if shown else layer.size,
        )
        self._tell("running", f"{self._done} of {len(self._layers)} layers")

    def interrupted(self, detail: str) -> None:
        """The line broke; layers that are not whole begin again."""
        for layer in self._layers.values():
            if layer.state != "done":
                layer.downloaded = 0
        self._tell("running", detail)

    def end(self, state: str, detail: str) -> None:
        """The pull ended, done or failed; open layers end with it."""
        for name, layer in self._layers.items():
            if layer.state != "done":
                layer.state = state
                last = "skipped" if state == "failed" else state
                self._reporter.step(
                    f"{self._key}:{name}", name, last, parent=self._key, current=layer.downloaded, total=layer.size
                )
        self._tell(state, detail)

    def _follow(self, layer: Layer, line: Progress, state: str) -> None:
        layer.state = state
        layer.detail = line.status
        if line.status in {"Already exists", "Layer already exists"} or line.status.startswith(MOUNTED):
            layer.here = True
        progress = line.progress_detail
        if line.status in {"Downloading", "Pushing"} and progress is not None:
            layer.downloaded = progress.current
            layer.size = max(layer.size, progress.total)
        elif line.status in {"Verifying Checksum", "Download complete", "Extracting", "Pull complete", "Pushed"}:
            layer.downloaded = layer.size

    @property
    def _done(self) -> int:
        return sum(layer.state == "done" for layer in self._layers.values())

    def _tell(self, state: str, detail: str) -> None:
        self._reporter.step(
            self._key,
            self._title,
            state,
            detail=detail,
            current=sum(layer.downloaded for layer in self._layers.values()),
            total=sum(layer.size for layer in self._layers.values()),
        )
