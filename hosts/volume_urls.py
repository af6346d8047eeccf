"""Addresses of volumes, their backups and what is under way with them."""

from django.urls import path

from hosts.views import volume_actions, volume_files, volumes

VOLUME = "hosts/<uuid:host_id>/volumes/<str:name>/"
BACKUP = "volumes/backups/<uuid:backup_id>/"

urlpatterns = [
    path("volumes/backups/", volumes.backup_table, name="backups"),
    path("volumes/backups/rows/", volumes.backup_rows, name="backups-fragment"),
    path("volumes/backups/upload/", volume_files.backup_send, name="backup-upload"),
    path(f"{BACKUP}file/", volume_files.backup_file, name="backup-file"),
    path(f"{BACKUP}restore/", volume_actions.backup_restore, name="backup-restore"),
    path(f"{BACKUP}delete/", volume_actions.backup_remove, name="backup-delete"),
    path("volumes/runs/<uuid:run_id>/cancel/", volume_actions.run_stop, name="volume-run-cancel"),
    path(VOLUME, volumes.volume_detail, name="volume"),
    path(f"{VOLUME}content/", volumes.volume_content, name="volume-fragment"),
    path(f"{VOLUME}backup/", volume_actions.volume_backup, name="volume-backup"),
    path(f"{VOLUME}copy/", volume_actions.volume_copy, name="volume-copy"),
]
