"""May this image run on this host, and why not. Pure; the rules are in docs/placement.md.

Architectures follow the engine's own matching [containerd platforms.Only]; Windows builds follow the version
compatibility of Windows containers [Microsoft, version compatibility; hcsshim osversion].
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gallery.registry.types import Platform, PlatformManifest
from hosts.observed import ONLINE, ObservedHost
from hosts.windows.types import isolation_mode

LTSC_BUILDS = (14393, 17763, 20348, 26100)
FIRST_FLEXIBLE = 20348  # from this build on, a host runs containers of an older build in process isolation
FIRST_WITHOUT_REVISION = 17763  # from this build on, the fourth part of the version need not match

_SAME = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "armhf": "arm", "armel": "arm", "i386": "386"}
_ARM_VARIANTS = ("v5", "v6", "v7", "v8")


@dataclass(frozen=True)
class Fit:
    """Whether an image runs on a host. manifest: the one the engine takes; reason: why not, a sentence; code: for
    scripts (platform-mismatch, windows-build, host-away, engine-down, memory-short, cpus-short)."""

    ok: bool
    manifest: PlatformManifest | None = None
    reason: str = ""
    code: str = ""


def host_ready(host: ObservedHost) -> Fit:
    """Whether anything can be started there now."""
    if host.state != ONLINE:
        return Fit(False, reason=host.away or f"{host.name} is {host.state}.", code="host-away")
    if host.engine_error:
        return Fit(
            False,
            reason=f"The Docker Engine on {host.name} does not answer: {host.engine_error}",
            code="engine-down",
        )
    return Fit(True)


def image_fits(host: ObservedHost, manifests: Sequence[PlatformManifest], *, isolation: str = "") -> Fit:
    """Whether one of an image's platforms runs on the host. isolation: the service's own, "" for the host's default."""
    if not host.os or not host.architecture:
        return Fit(False, reason=f"The platform of {host.name} is not known yet.", code="platform-mismatch")
    same_os = [manifest for manifest in manifests if manifest.platform.os == host.os]
    ranked = [(rank, index) for index, one in enumerate(same_os) if (rank := _rank(host, one.platform)) is not None]
    if not ranked:
        return Fit(False, reason=_platform_reason(host, manifests), code="platform-mismatch")
    if host.os != "windows":
        return Fit(True, same_os[min(ranked)[1]])
    machine = [same_os[index] for _, index in ranked]
    return _windows_fit(host, machine, isolation)


def resources_fit(host: ObservedHost, *, memory: int | None, cpus: float | None) -> Fit:
    """Whether one container's limits are within the machine. Unknown sizes of a host refuse nothing."""
    if memory and host.memory_bytes and memory > host.memory_bytes:
        return Fit(
            False,
            reason=f"It may use {_size(memory)} of memory; {host.name} has {_size(host.memory_bytes)}.",
            code="memory-short",
        )
    if cpus and host.cpus and cpus > host.cpus:
        return Fit(False, reason=f"It may use {cpus:g} CPUs; {host.name} has {host.cpus}.", code="cpus-short")
    return Fit(True)


def architecture_of(name: str) -> str:
    """An architecture in Go's words."""
    return _SAME.get(name.lower(), name.lower())


def build_of(version: str) -> tuple[int, int] | None:
    """Build and revision of a four-part Windows version, None when it is none."""
    parts = version.split(".")
    if len(parts) < 3 or not parts[2].isdigit():
        return None
    return int(parts[2]), int(parts[3]) if len(parts) > 3 and parts[3].isdigit() else 0


def _rank(host: ObservedHost, platform: Platform) -> int | None:
    """How far the platform is from the host's own, 0 = its own; None = it does not run there."""
    own, wanted = architecture_of(host.architecture), architecture_of(platform.architecture)
    variant = platform.variant
    if own == wanted == "amd64":
        return 0 if variant in ("", "v1") else None
    if own == "amd64" and wanted == "386":
        return 1 if host.os == "linux" else None
    if own in ("arm", "arm64") and wanted == "arm":
        top = "v8" if own == "arm64" else "v7"
        known = variant or "v7"
        if known not in _ARM_VARIANTS or known > top:
            return None
        return (1 if own == "arm64" else 0) + _ARM_VARIANTS.index(top) - _ARM_VARIANTS.index(known)
    return 0 if own == wanted else None


def _platform_reason(host: ObservedHost, manifests: Sequence[PlatformManifest]) -> str:
    names = sorted({str(Platform(m.platform.os, m.platform.architecture, m.platform.variant)) for m in manifests})
    shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    return f"This image exists for {shown or 'no known platform'} only; {host.name} is {host.os}/{host.architecture}."


def _windows_fit(host: ObservedHost, manifests: Sequence[PlatformManifest], isolation: str) -> Fit:
    own = build_of(host.os_version)
    if own is None:
        return Fit(True, manifests[0])
    mode = isolation_mode(isolation, host.isolation, host.os_name)
    fitting = [one for one in manifests if _build_runs(own, build_of(one.platform.os_version), mode)]
    if fitting:
        return Fit(True, max(fitting, key=lambda one: build_of(one.platform.os_version) or (0, 0)))
    builds = sorted({build[0] for one in manifests if (build := build_of(one.platform.os_version))})
    runs = _runs_text(own[0], mode)
    return Fit(
        False,
        reason=(
            f"This image is made for Windows build {', '.join(map(str, builds))}; {host.name} has build {own[0]}, "
            f"which runs {runs}. Choose a tag for that build (error 0xc0370101 otherwise)."
        ),
        code="windows-build",
    )


def _build_runs(host: tuple[int, int], image: tuple[int, int] | None, mode: str) -> bool:
    if image is None:
        return True
    if mode == "hyperv":
        return image[0] <= host[0]
    if host[0] < FIRST_FLEXIBLE:
        same_revision = host[0] >= FIRST_WITHOUT_REVISION or not image[1] or not host[1] or image[1] == host[1]
        return image[0] == host[0] and same_revision
    return _floor(host[0]) <= image[0] <= host[0]


def _floor(build: int) -> int:
    """The oldest container build that a host of this build runs in process isolation."""
    below = [ltsc for ltsc in LTSC_BUILDS if FIRST_FLEXIBLE <= ltsc < build]
    return max(below, default=FIRST_FLEXIBLE)


def _runs_text(build: int, mode: str) -> str:
    if mode == "hyperv":
        return f"builds up to {build} with Hyper-V isolation"
    if build < FIRST_FLEXIBLE or _floor(build) == build:
        return f"build {build} alone in process isolation"
    return f"builds {_floor(build)} to {build} in process isolation"


def _size(value: int) -> str:
    return f"{value / 2**30:.1f} GiB" if value >= 2**30 else f"{value / 2**20:.0f} MiB"
