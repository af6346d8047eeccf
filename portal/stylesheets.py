"""The style sheets in the order of their weight, and the storage that serves them as one file once they are collected.

While nothing is collected (tests, development) each is linked by itself, so that a change shows at once. Modules of
JavaScript import each other by their hashed names, so that all of them can be kept for good by browsers and proxies.
"""

from collections.abc import Iterator
from typing import Any

from django.contrib.staticfiles.storage import HashedFilesMixin, staticfiles_storage
from django.core.files.base import ContentFile
from django.templatetags.static import static
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

SHEETS = (
    "tokens",
    "base",
    "layout",
    "controls",
    "menus",
    "forms",
    "rows",
    "tables",
    "components",
    "cards",
    "snippets",
    "prose",
    "feedback",
    "deployment",
    "hosts",
    "logs",
    "terminal",
    "stats",
    "editor",
    "phone",
)
BUNDLE = "css/pierhead.css"
MODULES = (
    "words",
    "toast",
    "dialog",
    "requests",
    "menu",
    "copy",
    "time",
    "rows",
    "theme",
    "keys",
    "follow",
    "morph",
    "live",
)


IMPORT = (
    r"""(?P<matched>import(?s:(?P<import>[\s\{].*?))\s*from\s*["'](?P<url>[./].*?)["']\s*;)""",
    """import%(import)s from "%(url)s";""",
)


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Hashed and compressed files, the style sheets as one, modules that import each other by hashed names."""

    # `import … from "./x.js"`, in our modules alone: files of packages may name what is absent.
    patterns = (*HashedFilesMixin.patterns, ("js/*.js", (IMPORT,)))

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        sheets = [f"css/{name}.css" for name in SHEETS]
        if not dry_run and all(name in paths for name in sheets):
            text = b"\n".join(_content(*paths[name]) for name in sheets)
            if self.exists(BUNDLE):
                self.delete(BUNDLE)
            self._save(BUNDLE, ContentFile(text))
            paths[BUNDLE] = (self, BUNDLE)
        yield from super().post_process(paths, dry_run=dry_run, **options)


def _content(storage: Any, path: str) -> bytes:
    with storage.open(path) as file:
        return bytes(file.read())


def stylesheet_addresses() -> list[str]:
    """What a page links: the one file where it was collected, else each sheet."""
    collected = getattr(staticfiles_storage, "hashed_files", {})
    if BUNDLE in collected:
        return [static(BUNDLE)]
    return [static(f"css/{name}.css") for name in SHEETS]


def module_addresses() -> list[str]:
    """What a page may ask for ahead; empty where the modules are not hashed, since their imports would miss it."""
    if not getattr(staticfiles_storage, "hashed_files", None):
        return []
    return [static(f"js/{name}.js") for name in MODULES]
