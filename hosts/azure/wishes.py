"""What machines somebody wants: how many, of which image and size, where."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

MAX_COUNT = 100


class System(StrEnum):
    """What the machines run."""

    LINUX = "linux"
    WINDOWS = "windows"


@dataclass(frozen=True)
class Image:
    """A Marketplace image. plan: the name of what is bought with it, empty for images that cost nothing beside."""

    publisher: str
    offer: str
    sku: str
    version: str = "latest"
    plan: str = ""

    @property
    def reference(self) -> dict[str, str]:
        return {"publisher": self.publisher, "offer": self.offer, "sku": self.sku, "version": self.version}


IMAGES: Mapping[str, tuple[System, str, Image]] = {
    "ubuntu-24.04": (System.LINUX, "Ubuntu Server 24.04 LTS", Image("Canonical", "ubuntu-24_04-lts", "server")),
    "ubuntu-22.04": (
        System.LINUX,
        "Ubuntu Server 22.04 LTS",
        Image("Canonical", "0001-com-ubuntu-server-jammy", "22_04-lts-gen2"),
    ),
    "windows-2022": (
        System.WINDOWS,
        "Windows Server 2022 Core",
        Image("MicrosoftWindowsServer", "WindowsServer", "2022-datacenter-azure-edition-core"),
    ),
    "windows-2025": (
        System.WINDOWS,
        "Windows Server 2025 Core",
        Image("MicrosoftWindowsServer", "WindowsServer", "2025-datacenter-azure-edition-core"),
    ),
}


_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")


def image_key(system: System, image: Image) -> str:
    """A Marketplace image as text: "linux:Canonical:ubuntu-24_04-lts:server:latest", its plan at the end if any."""
    parts = [system.value, image.publisher, image.offer, image.sku, image.version]
    return ":".join([*parts, image.plan] if image.plan else parts)


def image_of(key: str) -> tuple[System, str, Image]:
    """System, title and image of a key of IMAGES, or of the text that `image_key` gives. Raises ValueError."""
    if key in IMAGES:
        return IMAGES[key]
    system, *parts = key.split(":")
    if system not in set(System) or len(parts) not in {4, 5} or not all(_PART.match(part) for part in parts):
        raise ValueError("an image is named system:publisher:offer:sku:version")
    image = Image(*parts)
    return System(system), f"{image.publisher} {image.offer} {image.sku}", image


def image_title(key: str) -> str:
    """For people; "" when it names no image, as with machines that were imported."""
    try:
        return image_of(key)[1]
    except ValueError:
        return ""


@dataclass(frozen=True)
class Wish:
    """The machines somebody wants. image: a key for `image_of`; zones: spread over these, none for Azure's own choice.

    role: what the machines are for among those of other kinds, "" when all are of one kind. open_ports: TCP ports
    that are reached from outside.
    """

    name: str
    region: str
    image: str
    size: str
    count: int = 1
    zones: tuple[str, ...] = ()
    spot: bool = False
    disk_gib: int = 64
    role: str = ""
    open_ports: tuple[int, ...] = ()

    @property
    def system(self) -> System:
        return image_of(self.image)[0]

    def parameter(self, name: str) -> str:
        """What a parameter of these machines is called in the template: size, or sizeWeb for the role web."""
        return f"{name}{self.role.capitalize()}"
