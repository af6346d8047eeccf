"""How long to wait before a child that ended is started again."""

from dataclasses import dataclass


@dataclass
class Backoff:
    """Doubles from `first` to `longest` seconds while children end early; one that ran `calm` seconds starts anew."""

    first: float = 0.5
    longest: float = 30.0
    calm: float = 60.0
    failures: int = 0

    def after(self, ran_seconds: float) -> float:
        """The wait in seconds after a child that ran for `ran_seconds`; counts the failure."""
        if ran_seconds >= self.calm:
            self.failures = 0
        wait = min(self.longest, self.first * 2.0**self.failures)
        self.failures += 1
        return wait
