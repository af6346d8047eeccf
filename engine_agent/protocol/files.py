"""What a container gets besides its create body: files written before it starts, commands run inside of it."""

import msgspec


class FileSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A file of a container, put there through the engine's archive before the container starts.

    path: absolute, in the container. content: its text; of a secret the secret itself, so never log it.
    """

    path: str
    content: str
    mode: int = 0o444
    uid: int = 0
    gid: int = 0

    def __repr__(self) -> str:
        return f"FileSpec({self.path!r}, {len(self.content)} characters)"


class HookSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A command run in the running container. environment: ("NAME=value", ...)."""

    command: tuple[str, ...]
    user: str = ""
    working_dir: str = ""
    privileged: bool = False
    environment: tuple[str, ...] = ()
