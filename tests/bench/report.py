"""Numbers to lines."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measured thing. value and budget in `unit`; detail: the baseline and how it was taken."""

    name: str
    value: float
    budget: float
    unit: str
    detail: str = ""

    @property
    def within(self) -> bool:
        return self.value <= self.budget

    def __str__(self) -> str:
        verdict = "within" if self.within else "OVER"
        measured = f"{self.name:<46} {self.value:9.1f} {self.unit:<3}"
        return f"{measured} budget {self.budget:g} {self.unit}: {verdict}. {self.detail}"


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of all lie, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float]) -> str:
    """Median and the span around it, in milliseconds."""
    return f"{median(values):.0f} ms (p10 {percentile(values, 0.1):.0f}, p90 {percentile(values, 0.9):.0f})"
