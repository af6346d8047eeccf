"""Jobs that come again by themselves: (dotted path of a function without arguments, period in seconds).

A worker puts each into the queue once a period (portal/up/periodic.py). They must bear to be run late, twice or never.
"""

PERIODIC_JOBS: tuple[tuple[str, float], ...] = (
    ("hosts.jobs.commands_sweep", 20.0),
    ("hosts.jobs.azure_sweep", 10.0),
    ("hosts.jobs.azure_catalogue", 120.0),
    ("hosts.jobs.azure_orphans_sweep", 86400.0),
    ("hosts.jobs.housekeeping_start", 60.0),
    ("hosts.jobs.updates_sweep", 300.0),
    ("hosts.jobs.updates_carry_out", 30.0),
    ("hosts.jobs.webhooks_sweep", 10.0),
    ("hosts.jobs.hooks_sweep", 20.0),
    ("hosts.jobs.git_sweep", 20.0),
    ("hosts.volume_jobs.volumes_sweep", 10.0),
    ("hosts.volume_jobs.backups_sweep", 3600.0),
    ("gallery.jobs.index_feed", 30.0),
    ("gallery.jobs.lists_sweep", 600.0),
    ("gallery.jobs.images_sweep", 900.0),
)
