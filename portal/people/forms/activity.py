"""The filters of the activity page; they live in the address."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import AuditEntry, Team
from ..selectors.audit import AuditFilter

ACTIONS = ["application", "command", "container", "deployment", "enrolment", "host", "image", "member", "team", "token"]


class ActivityForm(forms.Form):
    """Every field may be empty."""

    team = forms.ModelChoiceField(
        Team.objects.none(), label=_("Team"), to_field_name="slug", required=False, empty_label=_("Every team")
    )
    actor = forms.CharField(label=_("Who"), max_length=150, required=False)
    action = forms.ChoiceField(
        label=_("What"),
        required=False,
        choices=[("", _("Everything")), *[(name, name) for name in [*ACTIONS, "user"]]],
    )
    result = forms.ChoiceField(
        label=_("Result"), required=False, choices=[("", _("Every result")), *AuditEntry.Result.choices]
    )
    target = forms.CharField(label=_("On"), max_length=200, required=False)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["team"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = teams

    def wanted(self) -> AuditFilter:
        """What the fields ask for; a field that makes no sense asks for nothing, and says so on the page."""
        if not hasattr(self, "cleaned_data"):
            self.is_valid()
        values = self.cleaned_data
        team = values.get("team")
        until: date | None = values.get("until")
        return AuditFilter(
            team=team.slug if team is not None else "",
            actor=values.get("actor", ""),
            action=values.get("action", ""),
            result=values.get("result", ""),
            target=values.get("target", ""),
            since=_start_of(values.get("since")),
            until=_start_of(until + timedelta(days=1) if until is not None else None),
        )


def _start_of(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day is not None else None
