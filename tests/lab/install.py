"""Installs the Debian packages that the tests need, and leaves none of their services running.

`python -m tests.lab.install` is a moment's check when everything is there. Packages that start a service when they are
installed (docker.io, redis-server, postgresql, docker-registry) are kept from it, and a service that this very
installation started all the same is stopped; one that ran before is left alone.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.windows.portable import NoPython, prepare

from .parts import PACKAGE_OF, MissingPart, as_root, program

DEBIAN = (
    "docker.io",
    "docker-compose",
    "docker-registry",
    "redis-server",
    "postgresql",
    "chromium",
    "iptables",
    "iproute2",
    "podman",
    "runc",
    "wine",
)
PACKAGES = (*DEBIAN, "busybox-static")
SERVICES = ("docker", "containerd", "docker-registry", "redis-server", "postgresql")
POLICY = Path("/usr/sbin/policy-rc.d")
NO_SERVICES = "#!/bin/sh\n# Written by Pierhead's tests while they install packages: start no service.\nexit 101\n"


class NotInstalled(Exception):
    """Something is missing and was not installed; the text is what to do."""


def missing_packages() -> list[str]:
    """Debian packages whose programs are not here, sorted."""
    missing = set()
    for name, package in PACKAGE_OF.items():
        try:
            program(name)
        except MissingPart:
            missing.add(package)
    # Both busybox packages have /bin/busybox; only the static one runs inside an empty image.
    if "busybox-static" not in missing and not _installed("busybox-static"):
        missing.add("busybox-static")
    return sorted(missing)


def _installed(package: str) -> bool:
    if shutil.which("dpkg-query") is None:
        return True
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout == "installed"


def install(packages: Sequence[str], *, pause: float = 5) -> None:
    """Install the packages with apt as root. Raises NotInstalled with the one line to type.

    pause: seconds before the second try of a command that failed; a third waits twice as long.
    """
    line = f"apt-get install --yes --no-install-recommends {' '.join(packages)}"
    if shutil.which("apt-get") is None:
        raise NotInstalled(f"The tests need the programs of these Debian packages: {' '.join(packages)}")
    try:
        prefix = as_root([])
    except MissingPart:
        prefix = None
    if prefix is None or (prefix and subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode):
        raise NotInstalled(
            f"The tests need more Debian packages, and installing them needs root. Type:\n\n    sudo {line}"
        )
    print(f"  installing the Debian packages {' '.join(packages)}", flush=True)
    before = _running_services()
    with _no_service_starts():
        apt = as_root(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"])
        _apt([*apt, "update"], tries=3, pause=pause)
        _apt([*apt, *line.split()[1:]], tries=2, pause=pause)
    for service in sorted(_running_services() - before):
        print(f"  stopping {service}, which its package started")
        subprocess.run(as_root(["service", service, "stop"]), capture_output=True, check=False)
    if still := [package for package in packages if package in missing_packages()]:
        raise NotInstalled(f"After {line}\nthese are still missing: {' '.join(still)}")


def _apt(argv: Sequence[str], *, tries: int, pause: float) -> None:
    for attempt in range(tries):
        done = subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode == 0:
            return
        if attempt + 1 < tries:
            time.sleep(pause * (attempt + 1))
    output = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
    raise NotInstalled(f"{' '.join(argv)} failed (exit code {done.returncode}). It said:\n\n{output}")


@contextlib.contextmanager
def _no_service_starts() -> Iterator[None]:
    """While inside, Debian packages start no service; an existing policy is left as it is."""
    if POLICY.exists():
        yield
        return
    subprocess.run(as_root(["tee", str(POLICY)]), input=NO_SERVICES.encode(), stdout=subprocess.DEVNULL, check=True)
    subprocess.run(as_root(["chmod", "755", str(POLICY)]), check=True)
    try:
        yield
    finally:
        subprocess.run(as_root(["rm", "-f", str(POLICY)]), check=True)


def _running_services() -> set[str]:
    if shutil.which("service", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None:
        return set()
    return {name for name in SERVICES if Path(f"/etc/init.d/{name}").exists() and _service_runs(name)}


def _service_runs(name: str) -> bool:
    return subprocess.run(as_root(["service", name, "status"]), capture_output=True, check=False).returncode == 0


def main() -> int:
    """0 when every package is there in the end, 1 with what to do otherwise.

    Without a Windows Python the other tests can run; those marked `windows` fail, and say why.
    """
    try:
        if missing := missing_packages():
            install(missing)
    except NotInstalled as error:
        print(f"\nThe tests cannot run yet. {error}", file=sys.stderr)
        return 1
    try:
        prepare()
    except NoPython as error:
        print(f"\nThe tests marked `windows` will fail. {error}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
