"""The one place that knows which operating system this is.

Both modules give the same names:
    DEFAULT_ENGINES       engine addresses to try, best first
    default_state_dir()   where an agent keeps its key and journal when nobody says otherwise
    machine()             facts of the machine that need no engine
    free_bytes(path)      room on the disk that holds `path`, 0 when unknown
    open_pipe(name)       a connection to a Windows named pipe
    lock_file(path)       hold a file for this process alone; None when another holds it
    private_folder(path)  make a folder that only its owner (and the system) can use
    private_opener        an `opener` for open() that makes files only this user can read
    sync_folder(path)     make a rename in a folder durable
    engine_hint()         what to type when the engine does not answer
    service_install(...)  and service_remove()
    policy_path()         where the owner of the host keeps the policy
    policy_distrust(path) why the policy file may not be the owner's own, "" when it is
    CAN_BECOME            whether a running agent can turn into another version of itself
    machine_tags()        ends of the platform tags of wheels that may run here
    venv_python(folder)   the Python of a virtual environment
    folder_mode(path)     whether a folder is there, is ours, and its permission bits
    real_path(path)       where a path leads when its links are followed
"""

import sys

if sys.platform == "win32":
    from .windows import (
        DEFAULT_ENGINES,
        default_state_dir,
        engine_hint,
        free_bytes,
        lock_file,
        machine,
        open_pipe,
        private_folder,
        private_opener,
        service_install,
        service_remove,
        sync_folder,
    )
    from .windows_policy import folder_mode, policy_distrust, policy_path, real_path
    from .windows_venv import CAN_BECOME, machine_tags, venv_python
else:
    from .linux import (
        DEFAULT_ENGINES,
        default_state_dir,
        engine_hint,
        free_bytes,
        lock_file,
        machine,
        open_pipe,
        private_folder,
        private_opener,
        service_install,
        service_remove,
        sync_folder,
    )
    from .linux_policy import folder_mode, policy_distrust, policy_path, real_path
    from .linux_venv import CAN_BECOME, machine_tags, venv_python

__all__ = [
    "CAN_BECOME",
    "DEFAULT_ENGINES",
    "default_state_dir",
    "engine_hint",
    "folder_mode",
    "free_bytes",
    "lock_file",
    "machine",
    "machine_tags",
    "open_pipe",
    "policy_distrust",
    "policy_path",
    "private_folder",
    "private_opener",
    "real_path",
    "service_install",
    "service_remove",
    "sync_folder",
    "venv_python",
]
