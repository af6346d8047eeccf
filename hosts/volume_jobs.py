"""Jobs of volumes: processes for what is due, and the end of what was kept long enough."""

from uuid import UUID

from hosts.services.volume_backups import backups_expire
from hosts.services.volume_steps import run_spawn, runs_due


def volumes_sweep() -> int:
    """Start a process for each backup, restore and copy that no process works on; how many."""
    due = runs_due()
    for run_id in due:
        run_spawn(run_id=run_id)
    return len(due)


def volume_run_begin(run_id: str) -> bool:
    """The same for one that has just been asked for; whether there was room for it."""
    due = UUID(run_id) in runs_due()
    if due:
        run_spawn(run_id=UUID(run_id))
    return due


def backups_sweep() -> int:
    """Delete backups whose time is over; how many."""
    return backups_expire()
