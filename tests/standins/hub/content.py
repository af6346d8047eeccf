"""What the stand-in holds: a few repositories of our own words, and the official images of the reference data."""

import hashlib
import json
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ARCHITECTURES = {
    "amd64": ("amd64", None), "arm32v5": ("arm", "v5"), "arm32v6": ("arm", "v6"), "arm32v7": ("arm", "v7"),
    "arm64v8": ("arm64", "v8"), "i386": ("386", None), "windows-amd64": ("amd64", None),
}  # fmt: skip
LABELS = {
    "amd64": "x86-64",
    "arm64": "ARM 64",
    "arm": "ARM",
    "s390x": "IBM Z",
    "ppc64le": "PowerPC 64 LE",
    "386": "386",
}
NAMES = {
    "web-servers": "Web servers",
    "databases-and-storage": "Databases & storage",
    "message-queues": "Message queues",
}
README = (
    "# What is {name}?\n\nIt is a **stand-in** with a [link](https://example.com/).\n\n"
    "```console\n$ docker run {name}\n```\n"
)


def picture(red: int, green: int, blue: int) -> bytes:
    """A real PNG of 8x8 pixels in one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\x00" + bytes([red, green, blue]) * 8
    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row * 8)) + chunk(b"IEND", b"")


@dataclass(frozen=True)
class StandInTag:
    """platforms: (os, architecture, variant, os_version). image: names that share it have the same digest."""

    name: str
    platforms: tuple[tuple[str, str, str | None, str | None], ...]
    pushed: str = "2026-11-01T10:00:00.123456789Z"
    with_digest: bool = True
    attested: bool = True
    image: str = ""


@dataclass(frozen=True)
class StandInRepository:
    """One repository. badge: official, verified_publisher, open_source or ""."""

    namespace: str
    name: str
    summary: str = ""
    readme: str = ""
    badge: str = ""
    pulls: int = 0
    stars: int = 0
    categories: tuple[str, ...] = ()
    tags: tuple[StandInTag, ...] = ()
    logo: bytes = b""
    logo_type: str = "image/png"
    status: int = 1
    private: bool = False
    updated: str = "2026-11-01T10:00:00.5Z"
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        return f"{self.namespace}/{self.name}"


LINUX = (
    ("linux", "amd64", None, None),
    ("linux", "arm64", "v8", None),
    ("linux", "arm", "v7", None),
)
WINDOWS = (
    ("windows", "amd64", None, "10.0.20348.2655"),
    ("windows", "amd64", None, "10.0.26100.1742"),
)


def own_content() -> list[StandInRepository]:
    """A few repositories that cover what pages must show."""
    tags = tuple(StandInTag(name, LINUX) for name in ("latest", "1.27", "1.27-alpine", "1.26", "stable-alpine"))
    many = tuple(
        StandInTag(f"1.0.{number}", LINUX[:1], f"2026-0{1 + number % 9}-01T00:00:00Z") for number in range(130)
    )
    return [
        StandInRepository(
            "library",
            "nginx",
            "Official build of Nginx.",
            README.format(name="nginx"),
            "official",
            12_981_954_060,
            21_268,
            ("web-servers",),
            tags,
            picture(0, 150, 57),
        ),
        StandInRepository(
            "library",
            "postgres",
            "The PostgreSQL object-relational database system.",
            README.format(name="postgres"),
            "official",
            10_400_000_000,
            14_000,
            ("databases-and-storage",),
            (StandInTag("17", (*LINUX, *WINDOWS)), StandInTag("16", LINUX)),
            picture(51, 103, 145),
        ),
        StandInRepository(
            "nginx",
            "nginx-ingress",
            "NGINX Ingress Controllers for Kubernetes",
            "",
            "verified_publisher",
            1_085_123_768,
            120,
            ("web-servers",),
            tags[:2],
        ),
        StandInRepository(
            "acme",
            "windows-app",
            "Runs on Windows only.",
            "",
            "",
            275,
            0,
            (),
            (StandInTag("ltsc2022", WINDOWS[:1]), StandInTag("old", (), with_digest=False, attested=False)),
        ),
        StandInRepository("acme", "many", "Has more than a hundred tags.", "", "open_source", 5_000, 3, (), many),
        StandInRepository("acme", "retired", "No longer kept.", "", "", 12, 1, (), tags[:1], status=6),
    ]


def shared_content(folder: Path) -> list[StandInRepository]:
    """The official images of the reference data, with their READMEs, logos and tags."""
    found: list[StandInRepository] = []
    for file in sorted((folder / "official-images").glob("*.json")):
        given = json.loads(file.read_text())
        if "tags" not in given or "name" not in given:
            continue
        logo = given.get("logo") or {}
        images = {tag: entry["tags"][0] for entry in given.get("entries", ()) for tag in entry["tags"]}
        logo_file = folder / "official-images" / str(logo.get("file", "none"))
        found.append(
            StandInRepository(
                "library",
                given["name"],
                given.get("short_description") or "",
                given.get("full_description") or given.get("content_md") or "",
                "official",
                pulls=int(hashlib.sha256(given["name"].encode()).hexdigest()[:7], 16),
                stars=len(given["name"]) * 7,
                categories=tuple(given.get("categories") or ()),
                tags=tuple(_shared_tag(name, given["tags"][name], images.get(name, name)) for name in given["tags"]),
                logo=logo_file.read_bytes() if logo_file.is_file() else b"",
                logo_type=str(logo.get("type", "image/png")),
            )
        )
    return found


def _shared_tag(name: str, architectures: list[str], image: str) -> StandInTag:
    platforms = []
    for one in architectures:
        os = "windows" if one.startswith("windows") else "linux"
        architecture, variant = ARCHITECTURES.get(one, (one, None))
        platforms.append((os, architecture, variant, "10.0.20348.2655" if os == "windows" else None))
    return StandInTag(name, tuple(platforms), image=image)
