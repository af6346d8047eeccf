"""Several files -> one tree: interpolated, extended, merged, included. [Compose Specification, Merge, Include, Extends]

The order is compose's: each file is interpolated and its `extends` followed, files are merged in turn, and then what
they include is brought in. Every step is bounded: files read, depth, values and characters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .dotenv import read_dotenv
from .errors import ComposeInvalid
from .interpolation import Unresolved, interpolate
from .merge import Merger, untagged
from .nodes import UNRESOLVED, Entry, Items, Map, Node, Scalar, load, transform, weigh
from .reader import Reader
from .rebase import rebased
from .secrecy import note_plain_secrets
from .sources import MAX_FILES, MAX_TOTAL, Outside, Sources, project_path

MAX_LOADS = 200
MAX_DEPTH = 12
SECTIONS = ("services", "networks", "volumes", "configs", "secrets", "models")

Values = Mapping[str, str]
Chain = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _File:
    """One file as it stands: its tree, where its relative paths start, and what its variables stand for."""

    path: str
    directory: str
    values: Values = field(repr=False)
    tree: Map = field(repr=False)


class Loader:
    """Brings the files of one project together, noting in `reader` what is wrong with them."""

    def __init__(self, sources: Sources, reader: Reader) -> None:
        self.sources = sources
        self.reader = reader
        self.merger = Merger(reader)
        self.loads = 0
        self._texts: dict[tuple[int, str], str | Unresolved] = {}
        self._files: dict[tuple[str, str, int], _File] = {}
        self._values_kept: list[Values] = []  # so that the id of each stays its own

    def project(self, values: Values) -> Map:
        """The whole project's tree. Raises ComposeInvalid when a file cannot be read at all or all is too large."""
        total = sum(len(text) for text in self.sources.files.values())
        if len(self.sources.files) > MAX_FILES or total > MAX_TOTAL:
            self.reader.refuse("", None, f"There are more than {MAX_FILES} files, or more than 4 MiB in them.")
            raise ComposeInvalid(self.reader.refusals)
        directory = project_path("", self.sources.compose[0]).rpartition("/")[0]
        tree = self._model(self.sources.compose, directory, values, ())
        if any("!reset" in text or "!override" in text for text in self.sources.files.values()):
            found = untagged(tree)
            tree = found if isinstance(found, Map) else tree
        if not weigh(tree):
            message = "It is too large once variables, aliases, “extends” and “include” are followed."
            self.reader.refuse("", tree, message, "Make it smaller.")
            raise ComposeInvalid(self.reader.refusals)
        return tree

    def _model(self, paths: tuple[str, ...], directory: str, values: Values, above: tuple[str, ...]) -> Map:
        merged: Map | None = None
        for path in paths:
            file = self._file(path, directory, values)
            tree = self._extended(file, merged)
            merged = tree if merged is None else self.merger.model(merged, tree)
        if merged is None:
            merged = Map()
        return self._included(merged, directory, values, (*above, *paths))

    def _file(self, path: str, directory: str, values: Values) -> _File:
        mark = (path, directory, id(values))
        if mark not in self._files:
            self._files[mark] = self._loaded(path, directory, values)
        return self._files[mark]

    def _loaded(self, path: str, directory: str, values: Values) -> _File:
        self.loads += 1
        label = self.sources.label(path)
        if self.loads > MAX_LOADS:
            message = f"More than {MAX_LOADS} files are read by “extends” and “include”."
            self.reader.refuse("", Map(file=label), message, "Make it simpler.")
            raise ComposeInvalid(self.reader.refusals)
        tree = load(self.sources.files.get(path, ""), label)
        note_plain_secrets(self.reader, tree)
        tree = self._interpolated(tree, values)
        return _File(path, directory, values, rebased(tree, directory))

    def _interpolated(self, tree: Map, values: Values) -> Map:
        self._values_kept.append(values)
        mark = id(values)

        def change(scalar: Scalar, path: str) -> Scalar:
            if "$" not in scalar.text:
                return scalar
            found = self._texts.get((mark, scalar.text))
            if found is None:
                try:
                    found = interpolate(scalar.text, values)
                except Unresolved as error:
                    found = error
                self._texts[(mark, scalar.text)] = found
            if isinstance(found, Unresolved):
                self.reader.refuse(path, scalar, str(found), found.remedy)
                return replace(scalar, text="", kind=UNRESOLVED)
            return replace(scalar, text=found)

        changed = transform(tree, change)
        return changed if isinstance(changed, Map) else tree

    # extends

    def _extended(self, file: _File, before: Map | None) -> Map:
        """The file's tree with every `extends` of its services followed. before: what earlier files gave."""
        services = file.tree.get("services")
        if not isinstance(services, Map):
            return file.tree
        if not any(isinstance(one.value, Map) and "extends" in one.value.entries for one in services.entries.values()):
            return file.tree
        found = {
            key: replace(entry, value=self._service(file, entry, ((file.path, key),), before))
            for key, entry in services.entries.items()
        }
        entries = dict(file.tree.entries)
        entries["services"] = replace(entries["services"], value=replace(services, entries=found))
        return replace(file.tree, entries=entries)

    def _service(self, file: _File, entry: Entry, chain: Chain, before: Map | None = None) -> Node:
        own = entry.value
        extends = own.entries.get("extends") if isinstance(own, Map) else None
        if extends is None or not isinstance(own, Map):
            return own
        rest = replace(own, entries={key: one for key, one in own.entries.items() if key != "extends"})
        base = self._base(file, entry.key, extends, chain, before)
        return rest if base is None else self.merger.service(base, rest, entry.key)

    def _base(self, file: _File, name: str, extends: Entry, chain: Chain, before: Map | None) -> Node | None:
        """The service that `extends` names, its own `extends` followed; None when it is refused."""
        path = f"services.{name}.extends"
        wanted, other = self._extends_words(extends.value, path, file)
        if wanted is None:
            return None
        link = ((other or file).path, wanted)
        if link in chain:
            names = " → ".join(service for _, service in (*chain, link))
            self.reader.refuse(path, extends, f"Services extend each other in a circle: {names}.", "Break the circle.")
            return None
        if len(chain) > MAX_DEPTH:
            self.reader.refuse(path, extends, f"“extends” goes more than {MAX_DEPTH} levels deep.", "Make it simpler.")
            return None
        source = other or file
        entry = _entry(source.tree, "services", wanted) or (_entry(before, "services", wanted) if not other else None)
        if entry is None:
            where = f" in {other.path}" if other else ""
            self.reader.refuse(
                path, extends, f"There is no service “{wanted}”{where}.", "Name a service that is there."
            )
            return None
        return self._service(source, entry, (*chain, link))

    def _extends_words(self, node: Node, path: str, file: _File) -> tuple[str | None, _File | None]:
        """(the service named, the file it is in unless it is the same one)."""
        if not isinstance(node, Map):
            return self.reader.text(node, path), None
        known = self.reader.checked(node, path, ("service", "file"))
        wanted = self.reader.text(known.get("service"), f"{path}.service")
        if wanted is None and known.get("service") is None:
            self.reader.refuse(path, node, "“service”, the service to extend, is missing.")
        place = known.get("file")
        name = self.reader.text(place, f"{path}.file")
        if name is None or wanted is None or place is None:
            return wanted, None
        found = self._path(place, f"{path}.file", file.directory, name)
        if found is None:
            return None, None
        return wanted, self._file(found, found.rpartition("/")[0], file.values)

    def _path(self, place: Node, path: str, directory: str, name: str) -> str | None:
        """The project's file that is named, or None when it is refused."""
        try:
            found = project_path(directory, name)
        except Outside as error:
            self.reader.refuse(path, place, str(error), "Put the file into the application and name it by its path.")
            return None
        if found not in self.sources.files:
            message = f"There is no file “{found}” in the application."
            self.reader.refuse(path, place, message, "Add the file to the application, or correct the path.")
            return None
        return found

    # include

    def _included(self, tree: Map, directory: str, values: Values, above: tuple[str, ...]) -> Map:
        node = tree.get("include")
        if node is None:
            return tree
        rest = replace(tree, entries={key: entry for key, entry in tree.entries.items() if key != "include"})
        if not isinstance(node, Items):
            self.reader.refuse("include", node, "This must be a list of files.")
            return rest
        for number, item in enumerate(node.items):
            found = self._include(item, f"include[{number}]", directory, values, above)
            if found is not None:
                rest = self._imported(rest, found, item)
        return rest

    def _include(self, node: Node, path: str, directory: str, values: Values, above: tuple[str, ...]) -> Map | None:
        names: tuple[str, ...] = ()
        env_files: tuple[str, ...] = ()
        folder: str | None = None
        if isinstance(node, Map):
            known = self.reader.checked(node, path, ("path", "env_file", "project_directory"))
            names = self.reader.texts(known.get("path"), f"{path}.path")
            env_files = self.reader.texts(known.get("env_file"), f"{path}.env_file")
            folder = self.reader.text(known.get("project_directory"), f"{path}.project_directory")
            if not names:
                self.reader.refuse(path, node, "“path”, the file to include, is missing.")
        else:
            names = self.reader.texts(node, path)
        found = [self._path(node, path, directory, name) for name in names]
        paths = tuple(one for one in found if one is not None)
        if not paths or len(paths) < len(names):
            return None
        if len(above) > MAX_DEPTH:
            self.reader.refuse(
                path, node, f"Files include each other more than {MAX_DEPTH} levels deep.", "Make it flatter."
            )
            return None
        if set(paths) & set(above):
            self.reader.refuse(
                path, node, f"Files include each other in a circle: {', '.join((*above, *paths))}.", "Break it."
            )
            return None
        home = self._folder(node, path, directory, folder, paths[0])
        if home is None:
            return None
        return self._model(paths, home, self._include_values(node, path, directory, home, env_files, values), above)

    def _folder(self, place: Node, path: str, directory: str, folder: str | None, first: str) -> str | None:
        """Where relative paths of an included file start."""
        if folder is None:
            return first.rpartition("/")[0]
        try:
            return project_path(directory, folder)
        except Outside as error:
            self.reader.refuse(f"{path}.project_directory", place, str(error), "Name a folder of the application.")
            return None

    def _include_values(
        self, place: Node, path: str, directory: str, home: str, names: tuple[str, ...], values: Values
    ) -> Values:
        """The project's own values go before those of the included file's env files."""
        found: dict[str, str] = {}
        paths = [self._path(place, f"{path}.env_file", directory, name) for name in names]
        beside = f"{home}/.env" if home else ".env"
        if not names and beside in self.sources.files:
            paths = [beside]
        for one in paths:
            if one is not None:
                more, refusals = read_dotenv(self.sources.files[one], {**found, **values}, self.sources.label(one))
                found |= more
                self.reader.refusals += refusals
        return {**found, **values} if found else values

    def _imported(self, tree: Map, other: Map, place: Node) -> Map:
        """`tree` with what an included file declares; the same name for something else is refused."""
        entries = dict(tree.entries)
        for section in SECTIONS:
            more = other.get(section)
            if not isinstance(more, Map):
                continue
            own = tree.get(section)
            merged = dict(own.entries) if isinstance(own, Map) else {}
            for key, entry in more.entries.items():
                if key in merged and plain(merged[key].value) != plain(entry.value):
                    message = f"“{key}” is there already, and differs from that in {entry.file or 'the main file'}."
                    self.reader.refuse(f"{section}.{key}", merged[key], message, "Rename one of them.")
                merged.setdefault(key, entry)
            at = entries.get(section) or Entry(section, Map(), place.line, place.column, place.file)
            entries[section] = replace(at, value=Map(merged, at.line, at.column, at.file))
        return replace(tree, entries=entries)


def _entry(tree: Map | None, section: str, key: str) -> Entry | None:
    node = tree.get(section) if tree is not None else None
    return node.entries.get(key) if isinstance(node, Map) else None


def plain(node: Node) -> object:
    """The value without its places, for comparing."""
    if isinstance(node, Scalar):
        return (node.kind, node.text)
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    return {key: plain(entry.value) for key, entry in node.entries.items()}
