"""Hosts: machines with a Docker Engine and our agent."""

import uuid
from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.people.models import Team

from .enrolments import Enrolment

# A connected agent is heard at least this often; after STALE_AFTER without a word its facts are called stale.
HEARTBEAT = timedelta(seconds=5)
# OFFLINE_AFTER covers a portal node that died without clearing the links it held.
STALE_AFTER = timedelta(seconds=15)
OFFLINE_AFTER = timedelta(seconds=60)
SKEW_SHOWN = 30.0  # seconds


class HostState(models.TextChoices):
    """What is true of a host now; derived, never stored."""

    ONLINE = "online", _("Online")
    STALE = "stale", _("Stale")
    OFFLINE = "offline", _("Offline")
    REVOKED = "revoked", _("Revoked")
    WAITING = "waiting", _("Waiting for approval")


class Host(models.Model):
    """A machine that runs containers for a team.

    public_key: the Ed25519 key the agent proved at enrolment, or later by a rotation; 64 hex digits.
    next_public_key: the key that follows it; the first connection with it makes it the only one.
    waiting_since: an admin has yet to approve it; until then it is told nothing and nothing is kept of what it holds.
    clock_skew: seconds by which the host's clock is ahead of the portal's; negative behind.
    link: name of the live connection, empty when there is none; set and cleared by the agent consumer alone.
    observed_at: when the mirror was last known to be in step with the engine, in the portal's clock.
    conflict: the last time another machine came with this host's identity: {"at", "address", "detail"}; {} = never.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="hosts")
    name = models.CharField(_("name"), max_length=120)
    public_key = models.CharField(max_length=64, unique=True)
    next_public_key = models.CharField(max_length=64, blank=True, db_index=True)
    key_changed_at = models.DateTimeField(null=True, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    clock_skew = models.FloatField(default=0.0)
    engine_id = models.CharField(max_length=128, blank=True, db_index=True)
    labels = models.JSONField(_("labels"), default=dict, blank=True)

    os = models.CharField(max_length=16, blank=True)  # linux or windows
    os_name = models.CharField(max_length=160, blank=True)  # e.g. "Debian GNU/Linux 12 (bookworm)"
    os_version = models.CharField(max_length=64, blank=True)  # Windows: 10.0.20348.2655
    kernel = models.CharField(max_length=128, blank=True)
    architecture = models.CharField(max_length=32, blank=True)  # in Go's words: amd64, arm64, arm
    isolation = models.CharField(max_length=16, blank=True)  # Windows: process or hyperv
    cpus = models.PositiveIntegerField(default=0)
    memory_bytes = models.BigIntegerField(default=0)
    engine_version = models.CharField(max_length=64, blank=True)
    api_version = models.CharField(max_length=16, blank=True)
    engine_error = models.CharField(max_length=400, blank=True)  # why the engine does not answer; empty = it does
    agent_version = models.CharField(max_length=32, blank=True)
    facts = models.JSONField(default=dict, blank=True)

    link = models.CharField(max_length=160, blank=True)
    linked_at = models.DateTimeField(null=True, blank=True)
    address = models.CharField(max_length=64, blank=True)  # the peer of the last connection, as the portal saw it
    last_seen_at = models.DateTimeField(null=True, blank=True)
    observed_at = models.DateTimeField(null=True, blank=True)
    sequence = models.BigIntegerField(default=0)
    conflict = models.JSONField(default=dict, blank=True)
    enrolment = models.ForeignKey(Enrolment, null=True, blank=True, on_delete=models.SET_NULL, related_name="hosts")
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="host_name_once_per_team")]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> HostState:
        """online: linked and heard lately; stale: linked but silent; offline: no link, or silent for long; revoked;
        waiting: for approval, connected or not."""
        if self.revoked_at is not None:
            return HostState.REVOKED
        if self.waiting_since is not None:
            return HostState.WAITING
        if not self.link or self.last_seen_at is None:
            return HostState.OFFLINE
        silent = timezone.now() - self.last_seen_at
        if silent > OFFLINE_AFTER:
            return HostState.OFFLINE
        return HostState.STALE if silent > STALE_AFTER else HostState.ONLINE

    @property
    def heard_lately(self) -> bool:
        """Whether there is a link that was heard within STALE_AFTER, let in or not."""
        if not self.link or self.last_seen_at is None:
            return False
        return timezone.now() - self.last_seen_at <= STALE_AFTER
