"""Join tokens of clusters: sealed at rest, and put into a command only on its way to the host."""

from typing import Any
from uuid import UUID

import msgspec

from engine_agent.protocol.swarm import SwarmJoin
from hosts.models import Cluster, ClusterMember
from hosts.models.clusters import MemberRole
from portal.people.secrets import seal, unseal

PURPOSE = "cluster-join-token"


def tokens_store(*, cluster: Cluster, worker: str, manager: str) -> None:
    """Keep what an engine told."""
    sealed = {
        "worker_token": seal(worker.encode(), purpose=PURPOSE) if worker else b"",
        "manager_token": seal(manager.encode(), purpose=PURPOSE) if manager else b"",
    }
    Cluster.objects.filter(pk=cluster.pk).update(**sealed)


def with_join_token(body: Any, *, host_id: UUID) -> Any:
    """The same command with the token that its host needs, for the wire alone. Raises SecretUnreadable."""
    if not isinstance(body, SwarmJoin) or body.token:
        return body
    member = ClusterMember.objects.select_related("cluster").filter(host_id=host_id).first()
    if member is None:
        return body
    cluster = member.cluster
    sealed = cluster.manager_token if member.role == MemberRole.MANAGER else cluster.worker_token
    token = unseal(bytes(sealed), purpose=PURPOSE).decode() if sealed else ""
    return msgspec.structs.replace(body, token=token)
