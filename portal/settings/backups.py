"""Backups of volumes: where they are kept, how much, how long."""

from . import env
from .paths import DATA_DIR

BACKUP_DIR = DATA_DIR / "backups"
BACKUP_TEAM_GIB = env.number("PIERHEAD_BACKUP_TEAM_GIB", 20)
BACKUP_DAYS = env.number("PIERHEAD_BACKUP_DAYS", 30)
BACKUP_AT_ONCE = env.number("PIERHEAD_BACKUP_AT_ONCE", 2)
