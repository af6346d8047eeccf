"""What Azure says of the machines of a batch, kept: power, size, tags, and the times they ran, with their price."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from hosts.azure.client import AzureClient
from hosts.azure.errors import AzureError
from hosts.azure.prices import Price, price_for
from hosts.azure.types import Machine
from hosts.models import AzureBatch, AzureMachine, AzureRun, Host
from hosts.selectors.azure_market import prices_of
from portal.problems import Problem

# What an asked-for action ends in.
DONE_POWER = {"start": "running", "restart": "running", "redeploy": "running", "stop": "deallocated"}
MOST_CONSOLES = 5
CONSOLE_KEPT = 8000
TOKEN = re.compile(r"phe_[\w-]+")
FREE = {"deallocated", "deallocating"}  # a machine that is only stopped is paid for
SEEN = ("power", "size", "os", "tags", "asked", "expected_power", "expected_size", "seen_at", "gone_at")


def machines_see(*, batch: AzureBatch, azure: AzureClient) -> None:
    """Keep what Azure says of each machine. One that Azure no longer has stays, marked as gone. Raises AzureError."""
    now = timezone.now()
    seen = {machine.name: machine for machine in azure.machines(batch.group)}
    known = {row.name: row for row in batch.machines.all()}
    if batch.imported:  # there may be others in that group
        seen = {name: machine for name, machine in seen.items() if name in known}
    fresh = [AzureMachine(batch=batch, name=name, seen_at=now) for name in seen if name not in known]
    for row in fresh:
        row.expected_power, row.expected_size = "running", seen[row.name].size
    rows = [row for name, row in known.items() if name in seen]
    for row in [*fresh, *rows]:
        _take(row, seen[row.name], now)
    gone = [row for name, row in known.items() if name not in seen]
    deleted = [row.pk for row in gone if row.asked == "delete"]
    for row in gone:
        row.gone_at, row.power = row.gone_at or now, ""
    AzureMachine.objects.filter(pk__in=deleted).delete()
    AzureMachine.objects.bulk_create(fresh)
    AzureMachine.objects.bulk_update([*rows, *(row for row in gone if row.pk not in deleted)], SEEN, batch_size=200)
    _runs(batch, [*fresh, *rows, *(row for row in gone if row.pk not in deleted)], now)


def _take(row: AzureMachine, machine: Machine, now: datetime) -> None:
    row.power, row.size, row.os, row.tags = machine.power, machine.size, machine.os, dict(machine.tags)
    row.seen_at, row.gone_at = now, None
    resized = row.asked == "resize" and row.expected_size.lower() == machine.size.lower()
    if resized or (row.asked and DONE_POWER.get(row.asked) == machine.power):
        row.asked = ""


def _runs(batch: AzureBatch, rows: list[AzureMachine], now: datetime) -> None:
    """Begin and end the times for which a machine is paid for; fill in prices that were unknown."""
    open_runs = {run.machine_id: run for run in AzureRun.objects.filter(machine__batch=batch, ended_at=None)}
    ended: list[AzureRun] = []
    begun: list[AzureRun] = []
    priced: list[AzureRun] = []
    prices: dict[tuple[str, str], tuple[Price, datetime] | None] = {}
    for row in rows:
        run = open_runs.get(row.pk)
        paid = row.gone_at is None and (row.power not in FREE if row.power else run is not None)
        if run is not None and (not paid or run.size != row.size):
            run.ended_at = now
            ended.append(run)
            run = None
        if paid and run is None and row.power:
            run = AzureRun(machine=row, size=row.size, started_at=now)
            begun.append(run)
        elif paid and run is not None and run.hourly is None:
            priced.append(run)
        if paid and run is not None and run.hourly is None:
            _price(run, batch, row, prices)
    AzureRun.objects.bulk_update(ended, ["ended_at"])
    AzureRun.objects.bulk_create(begun)
    AzureRun.objects.bulk_update(priced, ["hourly", "currency", "priced_at"])


def _price(
    run: AzureRun,
    batch: AzureBatch,
    row: AzureMachine,
    prices: dict[tuple[str, str], tuple[Price, datetime] | None],
) -> None:
    key = (row.size, row.os)
    if key not in prices:
        prices[key] = _price_of(batch, *key)
    if (found := prices[key]) is not None:
        price, run.priced_at = found
        run.hourly, run.currency = Decimal(str(price.hourly)), price.currency


def _price_of(batch: AzureBatch, size: str, os: str) -> tuple[Price, datetime] | None:
    try:
        kept = prices_of(batch.region, size)
    except Problem:
        return None
    price = price_for(kept.value, windows=os == "windows", spot=batch.spot)
    return (price, kept.fetched_at) if price else None


def consoles_keep(*, batch: AzureBatch, azure: AzureClient, hosts: Sequence[Host]) -> None:
    """Keep the end of the console of machines that have not become hosts, at most five; without enrolment tokens."""
    there = {host.name for host in hosts}
    for row in batch.machines.exclude(name__in=there)[:MOST_CONSOLES]:
        try:
            text = azure.console(batch.group, row.name)
        except AzureError as error:
            text = error.detail
        row.run_text = TOKEN.sub("phe_…", text)[-CONSOLE_KEPT:]
        row.save(update_fields=["run_text"])
