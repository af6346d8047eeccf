"""Docker Hub's JSON, as recorded and as specified, from the stand-in's content."""

import hashlib
from typing import Any

from .content import LABELS, NAMES, StandInRepository, StandInTag

BUCKETS = [(1_000_000_000, "1B+"), (500_000_000, "500M+"), (100_000_000, "100M+"), (50_000_000, "50M+"),
           (10_000_000, "10M+"), (5_000_000, "5M+"), (1_000_000, "1M+"), (500_000, "500K+"), (100_000, "100K+"),
           (50_000, "50K+"), (10_000, "10K+")]  # fmt: skip
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.docker.container.image.v1+json"


def digest_of(*words: object) -> str:
    return "sha256:" + hashlib.sha256("/".join(map(str, words)).encode()).hexdigest()


def bucket(pulls: int) -> str:
    return next((word for low, word in BUCKETS if pulls >= low), str(pulls))


def categories(one: StandInRepository) -> list[dict[str, str]]:
    return [{"name": NAMES.get(slug, slug.replace("-", " ").capitalize()), "slug": slug} for slug in one.categories]


def search_v4(one: StandInRepository) -> dict[str, Any]:
    platforms = [platform for tag in one.tags[:20] for platform in tag.platforms]
    official = one.namespace == "library"
    systems = sorted({os for os, *_ in platforms})
    architectures = [*sorted({architecture for _, architecture, *_ in platforms}), "unknown"]
    return {
        "id": one.full_name,
        "name": one.name if official else one.full_name,
        "slug": one.name if official else one.full_name,
        "type": "image",
        "publisher": {"id": one.namespace, "name": "Docker" if official else one.namespace.title()},
        "created_at": "2014-06-05T19:14:45Z",
        "updated_at": one.updated,
        "short_description": one.summary,
        "badge": one.badge or "none",
        "star_count": one.stars,
        "pull_count": bucket(one.pulls),
        "operating_systems": [{"name": os, "label": os.capitalize()} for os in systems],
        "architectures": [{"name": name, "label": LABELS.get(name, name)} for name in architectures],
        "logo_url": {"large": "https://example.com/l.png", "small": ""} if one.logo else {"large": "", "small": ""},
        "extension_reviewed": False,
        "categories": categories(one),
        "archived": one.status == 6,
    }


def search_v2(one: StandInRepository) -> dict[str, Any]:
    return {
        "repo_name": one.name if one.namespace == "library" else one.full_name,
        "short_description": one.summary,
        "star_count": one.stars,
        "pull_count": one.pulls,
        "repo_owner": "",
        "is_automated": False,
        "is_official": one.namespace == "library",
    }


def row(one: StandInRepository) -> dict[str, Any]:
    return {
        "name": one.name,
        "namespace": one.namespace,
        "repository_type": "image",
        "status": one.status,
        "status_description": "archived" if one.status == 6 else "active",
        "description": one.summary,
        "is_private": one.private,
        "star_count": one.stars,
        "pull_count": one.pulls,
        "last_updated": one.updated,
        "last_modified": one.updated,
        "date_registered": "2014-06-05T19:14:45.105Z",
        "affiliation": "",
        "media_types": [INDEX],
        "content_types": ["image"],
        "categories": categories(one),
        "storage_size": 488_723_114_800,
    }


def detail(one: StandInRepository) -> dict[str, Any]:
    return {
        **row(one),
        "user": one.namespace,
        "is_automated": False,
        "collaborator_count": 0,
        "affiliation": None,
        "hub_user": one.namespace,
        "has_starred": False,
        "full_description": one.readme,
        "permissions": {"read": True, "write": False, "admin": False},
        "immutable_tags_settings": {"enabled": False, "rules": [".*"]},
        "source": None,
        **one.extra,
    }


def tag(one: StandInRepository, given: StandInTag) -> dict[str, Any]:
    images = [
        _image(one, given, os, architecture, variant, os_version)
        for os, architecture, variant, os_version in given.platforms
    ]
    if given.attested:
        images.append(_image(one, given, "unknown", "unknown", None, None))
    found: dict[str, Any] = {
        "creator": 7,
        "id": zlib_id(one.full_name + given.name),
        "images": images,
        "last_updated": given.pushed,
        "last_updater": 7,
        "last_updater_username": "doijanky",
        "name": given.name,
        "repository": 21_171,
        "full_size": images[0]["size"] if images else 0,
        "v2": True,
        "tag_status": "active",
        "tag_last_pulled": "0001-01-01T00:00:00Z",
        "tag_last_pushed": given.pushed,
        "media_type": INDEX if len(given.platforms) > 1 else CONFIG,
        "content_type": "image",
    }
    if given.with_digest:
        found["digest"] = digest_of(one.full_name, given.image or given.name)
    return found


def images(one: StandInRepository, given: StandInTag) -> list[dict[str, Any]]:
    """The bare array with layers."""
    found: list[dict[str, Any]] = tag(one, given)["images"]
    for image in found:
        image["layers"] = [
            {"digest": image["digest"], "size": image["size"], "instruction": "ADD file:1 in / "},
            {"size": 0, "instruction": ' EXPOSE 80"'},
        ]
    return found


def zlib_id(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)


def _image(
    one: StandInRepository, given: StandInTag, os: str, architecture: str, variant: str | None, os_version: str | None
) -> dict[str, Any]:
    words = (one.full_name, given.image or given.name, os, architecture, variant, os_version)
    return {
        "architecture": architecture,
        "features": "",
        "variant": variant,
        "digest": digest_of(*words),
        "os": os,
        "os_features": "",
        "os_version": os_version,
        "size": 20_000_000 + zlib_id("/".join(map(str, words))) % 60_000_000,
        "status": "active",
        "last_pulled": "2026-11-20T09:08:21.390357865Z",
        "last_pushed": given.pushed,
    }
