"""Private Docker Engines: real ones, several beside each other, gone without a trace when they stop.

    with start_engine("alpha") as engine:
        engine.image_from_busybox("web:1", files={"www/index.html": b"hello"}, changes=WEB_CHANGES)
        engine.docker("run", "-d", "-p", "127.0.0.1:8080:8080", "web:1")

An engine has its own data, identity, containerd, socket and bridge. On the test machine itself it writes no packet
rules (published ports go through Docker's own proxy); in a network namespace of its own it is a host, rules and all.
"""

import contextlib
import json
import os
import signal
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Self

import psutil

from .folders import processes_of
from .images import busybox_tar, import_arguments
from .network import Namespace, make_bridge
from .part import Part
from .parts import LabError, as_root, program, run
from .processes import Server

SOCKET_LIMIT = 107


class Engine(Part):
    """A private dockerd. `host` is its DOCKER_HOST; `address` is where its published ports answer."""

    def __init__(
        self, name: str, *, namespace: Namespace | None = None, settings: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__("e")
        self.name = name
        self.namespace = namespace
        self.socket = self.folder / "docker.sock"
        self.address = namespace.address if namespace else "127.0.0.1"
        self._extra = dict(settings or {})
        self._server: Server | None = None
        self._write_config()

    @property
    def host(self) -> str:
        """The value of DOCKER_HOST."""
        return f"unix://{self.socket}"

    @property
    def running(self) -> bool:
        return self._server is not None and self._server.running

    @property
    def id(self) -> str:
        """The engine's own id, as its /info gives it."""
        return self.docker("info", "--format", "{{.ID}}").strip()

    def _write_config(self) -> None:
        if len(str(self.socket)) > SOCKET_LIMIT:
            raise LabError(f"{self.socket} is too long for a unix socket")
        data = self.folder / "data"
        data.mkdir()
        # Engines before 23 take their id from a key file that all share; later ones keep it with their data.
        (data / "engine-id").write_text(str(uuid.uuid4()), encoding="ascii")
        config: dict[str, Any] = {
            "data-root": str(data),
            "exec-root": str(self.folder / "exec"),
            "pidfile": str(self.folder / "docker.pid"),
            "hosts": [self.host],
            "group": str(os.getgid()),
            "shutdown-timeout": 5,
            "features": {"buildkit": False},
        }
        if _engine_major() < 23:
            config["deprecated-key-path"] = str(self.folder / "key.json")
        if self.namespace is None:
            bridge = make_bridge(self.folder)
            config |= {
                "bridge": bridge.name,
                "iptables": False,
                "ip6tables": False,
                "default-address-pools": [{"base": bridge.pool, "size": 24}],
            }
        (self.folder / "daemon.json").write_text(json.dumps(config | self._extra), encoding="utf-8")

    def start(self) -> Self:
        """Start the daemon on its data, and return when it answers. Raises LabError with the end of its log."""
        for stale in ("docker.pid", "exec/containerd/containerd.pid", "docker.sock"):
            run(as_root(["rm", "-f", str(self.folder / stale)]))
        command = [program("dockerd"), "--config-file", str(self.folder / "daemon.json")]
        prefix = self.namespace.prefix if self.namespace else []
        self._server = Server([*prefix, *command], log=self.folder / "dockerd.log", root=True)
        self._server.wait_ready(self._answers, seconds=60)
        return self

    def _answers(self) -> bool:
        return self.socket.exists() and self._cli("version", "--format", "ok").returncode == 0

    def docker(self, *words: str, check: bool = True, timeout: float = 60, stdin: bytes | None = None) -> str:
        """What the docker client prints on standard output. Raises LabError when it fails and `check` is true."""
        done = self._cli(*words, timeout=timeout, stdin=stdin)
        if check and done.returncode != 0:
            shown = " ".join(("docker", *words))
            raise LabError(f"{shown} ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode(errors="replace")

    def _cli(self, *words: str, timeout: float = 60, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")}
        environment |= {"DOCKER_HOST": self.host, "DOCKER_CONFIG": str(self.folder / "client")}
        return subprocess.run(
            [program("docker"), *words],
            input=stdin if stdin is not None else b"",
            capture_output=True,
            timeout=timeout,
            env=environment,
            check=False,
        )

    def image_from_busybox(
        self,
        tag: str,
        *,
        files: Mapping[str, bytes] | None = None,
        changes: Sequence[str] = (),
    ) -> str:
        """Make an image from the static busybox and return its id ("sha256:…").

        files: path in the image -> content. changes: Dockerfile instructions as `docker import --change` takes them.
        For other platforms publish in a registry: `tests.lab.oci`.
        """
        return self.docker(*import_arguments(tag, changes), stdin=busybox_tar(files)).strip()

    def remove_containers(self) -> None:
        """Remove every container with its anonymous volumes, running or not."""
        if found := self.docker("ps", "-aq").split():
            self.docker("rm", "-f", "-v", *found, check=False)

    def tidy(self) -> None:
        """Remove every container, volume and network that somebody made; images stay."""
        self.remove_containers()
        if volumes := self.docker("volume", "ls", "-q").split():
            self.docker("volume", "rm", "-f", *volumes, check=False)
        self.docker("network", "prune", "-f")

    def halt(self, *, crash: bool = False) -> None:
        """Stop the daemon and keep its data, to `start` it again; `crash` kills it, and leaves its containers be."""
        if self._server is None:
            return
        if crash:
            self._server.kill()
            self._end_containerd()
        else:
            self._server.stop(seconds=20)
        self._server = None

    def _end_containerd(self) -> None:
        # It dies with its dockerd, but not at once, and a new dockerd would wait for the dying one.
        for process in processes_of(self.folder):
            with contextlib.suppress(psutil.Error):
                if process.name() == "containerd":
                    run(as_root(["kill", "-9", str(process.pid)]), check=False)

    def freeze(self) -> None:
        """The daemon stops answering, and its socket stays open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """End of `freeze`."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        # Started through nsenter and sudo the pid is still dockerd's or sudo's; the pid file is always right.
        pid = run(as_root(["cat", str(self.folder / "docker.pid")])).strip()
        run(as_root(["kill", f"-{int(number)}", pid]))

    def stop(self) -> None:
        """Remove the containers, stop the daemon and take away everything that was the engine's."""
        if self.running:
            self.thaw()
            self.remove_containers()
        super().stop()


def start_engine(
    name: str = "engine", *, namespace: Namespace | None = None, settings: Mapping[str, Any] | None = None
) -> Engine:
    """One engine, running. `settings` are added to its daemon.json."""
    return Engine(name, namespace=namespace, settings=settings).started()


def _engine_major() -> int:
    words = run([program("dockerd"), "--version"]).split()  # Docker version 20.10.24+dfsg1, build 5d6db84
    return int(words[2].split(".")[0])
