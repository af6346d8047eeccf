"""Versions of Windows by their build, as images and hosts name them. [Windows container version compatibility]"""

WINDOWS_VERSIONS: tuple[tuple[str, str], ...] = (
    ("26100", "Windows Server 2025"),
    ("20348", "Windows Server 2022"),
    ("17763", "Windows Server 2019"),
    ("14393", "Windows Server 2016"),
)
BUILDS = tuple(build for build, _ in WINDOWS_VERSIONS)


def windows_name(os_version: str) -> str:
    """ "Windows Server 2022" of "10.0.20348.2655"; the build alone when it is another one, "" of nothing."""
    build = os_version.split(".")[2] if os_version.count(".") >= 2 else os_version
    return dict(WINDOWS_VERSIONS).get(build, build)
