"""What a simulated Windows engine holds, and its own ways: builds, isolation, nat, folders of drives."""

from dataclasses import dataclass

from tests.sim import windows_checks
from tests.sim.world import Behaviour, Container, Image, Json, Refusal, World

MISMATCH = (
    "container {id} encountered an error during hcsshim::CreateComputeSystem: failure in a Windows system call: The "
    "operating system of the container does not match the operating system of the host. (0xc0370101)"
)


@dataclass(frozen=True)
class Edition:
    """Which Windows this is. build: the third part of the version; revision: the fourth (UBR)."""

    build: int = 20348
    revision: int = 2655
    name: str = "Microsoft Windows Server Version 21H2 (OS Build 20348.2655)"
    isolation: str = "process"

    @property
    def version(self) -> str:
        return f"10.0.{self.build}.{self.revision}"


LTSC2019 = Edition(17763, 6293, "Microsoft Windows Server Version 1809 (OS Build 17763.6293)")
LTSC2022 = Edition()
LTSC2025 = Edition(26100, 1742, "Microsoft Windows Server Version 24H2 (OS Build 26100.1742)")
CLIENT = Edition(22631, 4317, "Microsoft Windows 11 Pro", "hyperv")


def runs(host: int, image: int, *, hyperv: bool) -> bool:
    """Whether a host of one build runs a container of another. [hcsshim osversion, CheckHostAndContainerCompat]"""
    if hyperv:
        return image <= host
    if host < 20348:
        return image == host
    floor = 20348 if host <= 26100 else 26100
    return floor <= image <= host


class WindowsWorld(World):
    """folders, files: paths in lower case that are on the host's drives. usual: how what is pulled from a registry
    behaves. mirror: a registry, host:port, that stands for Docker Hub; "" for none."""

    NETWORKS = {"nat": "nat", "none": "null"}
    DEFAULT_NETWORK = "nat"
    SUBNET = "172.20.0.0/20"
    VOLUME_FOLDER = "C:\\ProgramData\\docker\\volumes\\{name}\\_data"
    STOPPED = KILLED = 3221225786  # STATUS_CONTROL_C_EXIT

    def __init__(self, edition: Edition = LTSC2022) -> None:
        super().__init__()
        self.edition = edition
        self.folders = {"c:", "c:\\data", "c:\\inetpub"}
        self.files = {"c:\\conf\\web.config"}
        self.usual = Behaviour()
        self.mirror = ""

    def add_image(self, reference: str, behaviour: Behaviour | None = None, *, build: int = 0) -> Image:
        """An image that is on the host; of the host's own build unless another is given."""
        image = super().add_image(reference, behaviour)
        image.os, image.os_version = "windows", f"10.0.{build or self.edition.build}.1"
        return image

    def offer_image(self, reference: str, behaviour: Behaviour | None = None, *, build: int = 0) -> Image:
        """An image that can be pulled; of the host's own build unless another is given."""
        image = super().offer_image(reference, behaviour)
        image.os, image.os_version = "windows", f"10.0.{build or self.edition.build}.1"
        return image

    def hyperv(self, host_config: Json) -> bool:
        """Whether a container is isolated by Hyper-V."""
        asked = str(host_config.get("Isolation") or "").lower()
        return (asked if asked in {"process", "hyperv"} else self.edition.isolation) == "hyperv"

    def create(self, name: str, body: Json) -> Container:
        """POST /containers/create, after the checks of a Windows engine."""
        host = body.setdefault("HostConfig", {}) or {}
        windows_checks.at_decode(host)
        warnings = windows_checks.resources(host, hyperv=self.hyperv(host))
        points = windows_checks.mounts(host, self.folders, self.files)
        container = super().create(name, body)
        container.warnings, container.mounts = warnings, points
        return container

    def start(self, container: Container) -> bool:
        """POST /containers/{id}/start, after the checks of a Windows engine."""
        if not container.running:
            if container.image.os != "windows":
                raise Refusal(500, "linux containers are not supported on this platform")
            host = container.host_config
            hyperv = self.hyperv(host)
            windows_checks.at_start(host, self.networks, hyperv=hyperv)
            build = int(container.image.os_version.split(".")[2])
            if not runs(self.edition.build, build, hyperv=hyperv):
                raise Refusal(500, MISMATCH.format(id=container.id))
        return super().start(container)

    def run(self, container: Container, words: list[str]) -> tuple[int, bytes]:
        """`ver` tells the version of the image, as in a container; all else is repeated."""
        if words[-1].lower() == "ver":
            return 0, f"\r\nMicrosoft Windows [Version {container.image.os_version}]\r\n".encode()
        code, text = super().run(container, words)
        return code, text.replace(b"\n", b"\r\n")

    def update(self, container: Container, body: Json) -> None:
        """POST /containers/{id}/update: the restart policy alone."""
        if any(value for name, value in body.items() if name != "RestartPolicy"):
            raise Refusal(500, "resource updating isn't supported on Windows")
        super().update(container, body)

    def top(self, container: Container, arguments: str) -> Json:
        """GET /containers/{id}/top."""
        if arguments:
            raise Refusal(500, "Windows does not support arguments to top")
        titles = ["Name", "PID", "CPU", "Private Working Set"]
        return {"Titles": titles, "Processes": [["smss.exe", "1234", "00:00:00.046", "233.5kB"]]}

    def create_network(self, body: Json) -> Json:
        """POST /networks/create."""
        windows_checks.network(body)
        return super().create_network(body)
