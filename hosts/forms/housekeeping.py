"""The forms of the page "Clean up"."""

from datetime import time

from django import forms
from django.utils.translation import gettext_lazy as _

from hosts.models import Housekeeping
from hosts.models.housekeeping import PruneKind
from hosts.services.housekeeping import MAX_DAYS

USUAL = [PruneKind.CONTAINERS, PruneKind.DANGLING, PruneKind.NETWORKS, PruneKind.CACHE]


class SweepForm(forms.Form):
    """What shall go."""

    kinds = forms.MultipleChoiceField(
        label=_("What"),
        choices=PruneKind.choices,
        initial=[kind.value for kind in USUAL],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.IntegerField(
        label=_("Older than, in days"),
        min_value=0,
        max_value=MAX_DAYS,
        initial=7,
        help_text=_("Counted from when a thing was made; for the build cache from its last use. 0: whatever its age."),
    )
    keep = forms.CharField(
        label=_("Keep what has one of these labels"),
        required=False,
        max_length=2000,
        help_text=_("name or name=value, separated by commas."),
    )

    def keep_labels(self) -> list[str]:
        """The labels, one by one."""
        return str(self.cleaned_data["keep"]).split(",")


class ScheduleForm(SweepForm):
    """What shall go every day, and when."""

    enabled = forms.BooleanField(label=_("Clean up every day"), required=False)
    at = forms.TimeField(
        label=_("At, in UTC"), initial=time(3, 0), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )

    @classmethod
    def of(cls, row: Housekeeping | None) -> "ScheduleForm":
        """The form as the schedule is now."""
        if row is None:
            return cls(prefix="daily", initial={"enabled": False})
        return cls(
            prefix="daily",
            initial={
                "kinds": row.kinds,
                "days": row.days,
                "keep": ", ".join(row.keep_labels),
                "enabled": row.enabled,
                "at": row.at,
            },
        )
