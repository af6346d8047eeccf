"""The docker client through the endpoint, as ratios to the engine's own socket in the same run, taken in turns.

Where stunnel4 and openssh-server are installed, TLS by stunnel and DOCKER_HOST=ssh:// are measured beside it.
"""

import contextlib
import io
import os
import shutil
import signal
import subprocess
import tarfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.lab.parts import SEARCH_PATH, program
from tests.lab.ports import free_port
from tests.lab.processes import wait_until

from .report import Row, median
from .stage import IMAGE, Stage, settle

MB = 1024 * 1024
HELD = "held:bench"  # an image and a container with a file of 300 MB


@dataclass(frozen=True)
class Case:
    """One command. rounds: how often on each way; words may name {folder}."""

    name: str
    words: Sequence[str]
    rounds: int
    budget: float


CASES = (
    Case("ps", ("ps",), 15, 1.5),
    Case("run --rm", ("run", "--rm", IMAGE, "true"), 8, 1.1),
    Case("exec", ("exec", "bench", "true"), 12, 1.4),
    Case("save of 300 MB", ("save", HELD, "-o", "{folder}/saved"), 4, 1.1),
    Case("cp in of 100 MB", ("cp", "{folder}/in", "bench:/tmp/in"), 5, 2.0),
    Case("cp out of 300 MB", ("cp", "bench:/large", "{folder}/out"), 4, 3.0),
)


def measure(stage: Stage) -> Iterator[Row]:
    with TemporaryDirectory(prefix="ph-bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        ways = {"socket": {"DOCKER_HOST": stage.engine.host}, "endpoint": context(stage, folder)}
        if (stunnel := by_stunnel(stage, folder, stack)) is not None:
            ways["stunnel"] = stunnel
        if (ssh := by_ssh(stage, folder, stack)) is not None:
            ways["ssh"] = ssh
        prepare(stage, folder)
        try:
            for case in CASES:
                yield row_of(case, ways, folder)
        finally:
            settle(stage.engine)


def prepare(stage: Stage, folder: Path) -> None:
    """A running container and an image that hold 300 MB of random bytes, and 100 MB to copy in."""
    (folder / "in").write_bytes(os.urandom(100 * MB))
    (folder / "large").write_bytes(os.urandom(300 * MB))
    docker = stage.engine.docker
    docker("run", "-d", "--name", "bench", IMAGE, "sleep", "3600")
    docker("cp", str(folder / "large"), "bench:/large", timeout=120)
    docker("commit", "bench", HELD, timeout=120)


def row_of(case: Case, ways: Mapping[str, Mapping[str, str]], folder: Path) -> Row:
    """The case on each way in turns; the first round only warms up."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    words = [word.format(folder=folder) for word in case.words]
    for number in range(case.rounds + 1):
        for name, environment in ways.items():
            began = time.monotonic()
            done = subprocess.run(
                [program("docker"), *words], env=clean(folder) | dict(environment), capture_output=True, check=False
            )
            seconds = time.monotonic() - began
            assert done.returncode == 0, f"{name}: docker {' '.join(words)}: {done.stderr.decode()}"
            if number:
                taken[name].append(seconds)
    base = median(taken["socket"])
    ratios = {name: median(values) / base for name, values in taken.items()}
    beside = ", ".join(f"{name} {ratios[name]:.2f}" for name in ("stunnel", "ssh") if name in ratios)
    detail = f"socket {base * 1000:.0f} ms, endpoint {median(taken['endpoint']) * 1000:.0f} ms"
    return Row(
        f"docker {case.name} over the socket", ratios["endpoint"], case.budget, "x", f"{detail}; {beside or '-'}"
    )


def clean(folder: Path) -> dict[str, str]:
    """Our environment without Docker's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")}
    return kept | {"DOCKER_CONFIG": str(folder / "client")}


def context(stage: Stage, folder: Path) -> dict[str, str]:
    """A context as the API gives it, unpacked."""
    request = urllib.request.Request(
        f"{stage.portal.url}/api/v1/docker-contexts",
        b'{"host": "%s"}' % stage.host_id.encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {stage.token}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        archive = io.BytesIO(answer.read())
    place = folder / "endpoint"
    with tarfile.open(fileobj=archive) as tar:
        tar.extractall(place, filter="data")
    address = stage.portal.env["PIERHEAD_DOCKER_ENDPOINT"]
    tls = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(place / "tls" / "docker")}
    return {"DOCKER_HOST": f"tcp://{address}", **tls}


def by_stunnel(stage: Stage, folder: Path, stack: contextlib.ExitStack) -> dict[str, str] | None:
    """stunnel before the engine's socket, with certificates made on the spot."""
    binary = shutil.which("stunnel", path=SEARCH_PATH) or shutil.which("stunnel4", path=SEARCH_PATH)
    if binary is None:
        return None
    from datetime import UTC, datetime, timedelta

    from hosts.gateway.x509 import authority_make, client_make, server_make

    place, port = folder / "stunnel", free_port()
    place.mkdir()
    authority = authority_make("bench")
    server = server_make(authority, names=["127.0.0.1"])
    client = client_make(authority, name="bench", identity="urn:bench", until=datetime.now(UTC) + timedelta(days=1))
    files = {"ca.pem": authority.certificate, "server.pem": server.certificate + server.key}
    files |= {"cert.pem": client.certificate, "key.pem": client.key}
    for name, text in files.items():
        (place / name).write_text(text)
    settings = f"foreground = yes\npid =\n[docker]\naccept = 127.0.0.1:{port}\nconnect = {stage.engine.socket}\n"
    settings += f"cert = {place}/server.pem\nCAfile = {place}/ca.pem\nverifyChain = yes\n"
    (place / "stunnel.conf").write_text(settings)
    started(stack, [binary, str(place / "stunnel.conf")], port)
    return {"DOCKER_HOST": f"tcp://127.0.0.1:{port}", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(place)}


def by_ssh(stage: Stage, folder: Path, stack: contextlib.ExitStack) -> dict[str, str] | None:
    """sshd on loopback, whose docker uses the engine; a client that believes it."""
    sshd, ssh, keygen = (shutil.which(name, path=SEARCH_PATH) for name in ("sshd", "ssh", "ssh-keygen"))
    if sshd is None or ssh is None or keygen is None or os.geteuid() != 0:
        return None
    place, port = folder / "ssh", free_port()
    place.mkdir(mode=0o700)
    for name in ("host", "user"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(place / name)], check=True)
    Path("/run/sshd").mkdir(exist_ok=True)
    (place / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {place}/host\nAuthorizedKeysFile {place}/user.pub\n"
        f"PidFile none\nStrictModes no\nPermitRootLogin yes\nUsePAM no\nSetEnv DOCKER_HOST={stage.engine.host}\n"
    )
    wrapper = place / "bin" / "ssh"
    wrapper.parent.mkdir()
    known = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
    wrapper.write_text(f'#!/bin/sh\nexec {ssh} -F /dev/null -i {place}/user {known} "$@"\n')
    wrapper.chmod(0o755)
    started(stack, [sshd, "-D", "-e", "-f", str(place / "sshd_config")], port)
    return {"DOCKER_HOST": f"ssh://root@127.0.0.1:{port}", "PATH": f"{wrapper.parent}:{os.environ['PATH']}"}


def started(stack: contextlib.ExitStack, argv: Sequence[str], port: int) -> None:
    """A server of this run, until its end."""
    import socket

    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.send_signal, signal.SIGTERM)

    def listens() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    wait_until(listens, seconds=10, what=argv[0], every=0.1)
