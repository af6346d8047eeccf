"""Keeping a host in order: what may be thrown away on it, and a new key for it."""

import msgspec


class PruneWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What may be thrown away on a host.

    kinds: of containers (stopped ones), dangling-images, unused-images, anonymous-volumes, unused-volumes, networks,
    build-cache. older_seconds: only what was made so long ago, the cache: not used so long; 0 = whatever its age.
    keep_labels: "name" or "name=value"; what has one of them stays.
    projects: what belongs to these stays (containers, networks, volumes). images, volumes: references and names that
    applications need.
    """

    kinds: tuple[str, ...]
    older_seconds: int = 0
    keep_labels: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()


class Prune(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="prune"):
    """Throw away what nothing uses. It waits until no other command is carried out, and others wait for it.

    Its result: {"freed": bytes, "removed": {kind: number}, "left": [{"kind", "name", "why"}]}.
    """

    wish: PruneWish


class PrunePreview(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="prune_preview"):
    """What Prune would remove now, a query. Answer: {"items": [{"kind", "name", "size"}], "kept": [{..., "why"}],
    "size": bytes, "counts": {kind: number}}; the lists hold the largest 500."""

    wish: PruneWish


class RotateKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="rotate_key"):
    """Make a new key pair on the host. Its result: {"public_key", "signature"} in hex, over identity.rotation_bytes."""
