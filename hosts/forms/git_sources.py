"""The forms of an application that comes from git."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hosts.models import GitSource
from hosts.models.git_sources import GitAccess, GitAction
from hosts.services.git_sources import Follow

PERIODS = [
    (60, _("Every minute")),
    (300, _("Every 5 minutes")),
    (900, _("Every 15 minutes")),
    (3600, _("Every hour")),
    (86400, _("Every day")),
    (0, _("Never: the webhook alone")),
]
CODE = {"class": "code", "autocomplete": "off", "spellcheck": "false"}


class GitForm(forms.Form):
    """What to follow, and what a new commit leads to."""

    url = forms.CharField(
        label=_("Address of the repository"),
        max_length=1000,
        help_text=_("https://… Repositories are not read over ssh."),
        widget=forms.TextInput(attrs={**CODE, "inputmode": "url", "placeholder": "https://github.com/owner/name"}),
    )
    ref = forms.CharField(
        label=_("Branch or tag"),
        max_length=200,
        required=False,
        help_text=_("Empty: the repository's own branch."),
        widget=forms.TextInput(attrs=CODE),
    )
    path = forms.CharField(
        label=_("Folder or file"),
        max_length=400,
        required=False,
        help_text=_("Of the compose file. Empty: the top."),
        widget=forms.TextInput(attrs=CODE),
    )
    access = forms.ChoiceField(
        label=_("Access"), choices=[(one.value, one.label) for one in (GitAccess.OPEN, GitAccess.TOKEN)]
    )
    username = forms.CharField(
        label=_("Name"), max_length=120, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    token = forms.CharField(
        label=_("Token or password"),
        max_length=4096,
        required=False,
        help_text=_("Sealed, and never shown again. Empty keeps the one that is stored."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    action = forms.ChoiceField(label=_("A new commit"), choices=GitAction.choices)
    poll_seconds = forms.TypedChoiceField(label=_("Look"), choices=PERIODS, coerce=int, initial=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = self.initial.get("poll_seconds")
        if kept is not None and kept not in dict(PERIODS):  # set by the API
            field = self.fields["poll_seconds"]
            field.choices = [*PERIODS, (kept, _("Every %(seconds)s seconds") % {"seconds": kept})]  # type: ignore[attr-defined]

    @classmethod
    def of(cls, row: GitSource, data: Any = None) -> "GitForm":
        """The form as the source is now."""
        names = ("url", "ref", "path", "access", "username", "action", "poll_seconds")
        return cls(data, initial={name: getattr(row, name) for name in names})

    def follow(self) -> Follow:
        """What was typed."""
        names = ("url", "ref", "path", "access", "username", "token", "action", "poll_seconds")
        return Follow(**{name: self.cleaned_data[name] for name in names})


class GitNewForm(GitForm):
    """The same, with the name of the application and its team."""

    name = forms.CharField(
        label=_("Name"),
        max_length=63,
        help_text=_("Lower-case letters, digits, - and _."),
        widget=forms.TextInput(CODE),
    )
    team = forms.CharField(required=False, widget=forms.HiddenInput)
