"""Waking a worker for a solution: at once when its machines have come on, else by the periodic job."""

from uuid import UUID

import django_rq
from django.db import transaction
from django.utils import timezone

from hosts import live
from hosts.models import Solution

JOB = "hosts.jobs.solution_look"


def solution_topics(solution: Solution) -> list[str]:
    """What to publish when a solution changed."""
    return ["azure", f"solution:{solution.pk}"]


def solution_wake(*, batch_id: UUID) -> None:
    """Let a worker look at the solution of these machines, if they are of one, once this transaction has committed."""
    found = Solution.objects.filter(batch_id=batch_id).first()
    if found is None:
        return
    Solution.objects.filter(pk=found.pk).update(next_at=timezone.now())
    live.publish(solution_topics(found))
    pk = str(found.pk)
    transaction.on_commit(lambda: django_rq.get_queue().enqueue(JOB, pk), robust=True)
