"""The policy file on Linux: where it is, who may write it, and where paths lead."""

import errno
import os
import stat
from pathlib import Path

MAX_LINKS = 40


def policy_path() -> Path:
    """Where the owner of the host keeps the policy."""
    return Path("/etc/pierhead-agent/policy.toml")


def policy_distrust(path: Path) -> str:
    """Why the file cannot be trusted to be the owner's own, in words; "" when it can. Raises OSError.

    Others than root must not be able to write or replace it. An agent that runs as root can write any file, so there
    the file is as safe as root is.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        return f"{path} is no ordinary file"
    real = Path(os.path.realpath(path))
    return _writable_by_others(real, status) or next(
        (trouble for folder in real.parents if (trouble := _writable_by_others(folder, folder.stat()))), ""
    )


def _writable_by_others(path: Path, status: os.stat_result) -> str:
    me = os.geteuid()
    if me != 0 and status.st_uid == me:
        return f"{path} belongs to the user the agent runs as; give it to root (chown root {path})"
    if status.st_uid != 0 and status.st_uid != me:
        return f"{path} belongs to another user than root (chown root {path})"
    others = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    sticky = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
    if others and not sticky:
        return f"{path} can be written by others than its owner (chmod go-w {path})"
    return ""


def real_path(path: str) -> str:
    """Where a path leads when its links are followed; parts that do not exist are kept. Raises OSError.

    Unlike os.path.realpath it says so when it may not look, instead of taking what it cannot see for a plain folder.
    """
    done, left, links = "/", [part for part in reversed(path.split("/")) if part], 0
    while left:
        part = left.pop()
        if part == ".":
            continue
        if part == "..":
            done = os.path.dirname(done)
            continue
        here = os.path.join(done, part)
        try:
            status = os.lstat(here)
        except (FileNotFoundError, NotADirectoryError):
            done = here
            continue
        if not stat.S_ISLNK(status.st_mode):
            done = here
            continue
        links += 1
        if links > MAX_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        target = os.readlink(here)
        if target.startswith("/"):
            done = "/"
        left += [word for word in reversed(target.split("/")) if word]
    return done


def folder_mode(path: Path) -> tuple[bool, bool, int | None]:
    """Whether a folder is there, whether it is ours (root's look counts as ours), and its permission bits."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return False, False, None
    except OSError:
        return True, False, None
    return True, os.geteuid() in {0, status.st_uid}, stat.S_IMODE(status.st_mode)
