"""What machines have cost so far: hours that they ran, as seen here, times the price of their size. An estimate."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from hosts.models import AzureRun


@dataclass(frozen=True)
class Cost:
    """hours: all that it ran; unpriced: of these, hours without a known price. priced_at: age of the newest price."""

    amount: Decimal
    currency: str
    hours: float
    unpriced: float
    priced_at: datetime | None

    @property
    def known(self) -> bool:
        return self.priced_at is not None


def costs_of(machine_ids: Iterable[int], *, now: datetime | None = None) -> dict[int, Cost]:
    """By machine; one question to the database."""
    now = now or timezone.now()
    runs: dict[int, list[AzureRun]] = {}
    for run in AzureRun.objects.filter(machine_id__in=list(machine_ids)):
        runs.setdefault(run.machine_id, []).append(run)
    return {machine_id: _sum(rows, now) for machine_id, rows in runs.items()}


def total_of(costs: Iterable[Cost]) -> Cost | None:
    """All of them as one; None when there are none."""
    found = list(costs)
    if not found:
        return None
    dates = [one.priced_at for one in found if one.priced_at]
    return Cost(
        sum((one.amount for one in found), Decimal(0)),
        next((one.currency for one in found if one.currency), ""),
        sum(one.hours for one in found),
        sum(one.unpriced for one in found),
        max(dates) if dates else None,
    )


def _sum(runs: list[AzureRun], now: datetime) -> Cost:
    amount, hours, unpriced, dates = Decimal(0), 0.0, 0.0, []
    for run in runs:
        span = ((run.ended_at or now) - run.started_at).total_seconds() / 3600
        hours += span
        if run.hourly is None:
            unpriced += span
        else:
            amount += run.hourly * Decimal(str(span))
        if run.priced_at is not None:
            dates.append(run.priced_at)
    currency = next((run.currency for run in runs if run.currency), "")
    return Cost(amount, currency, hours, unpriced, max(dates) if dates else None)
