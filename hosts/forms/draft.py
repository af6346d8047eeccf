"""What is on the deploy page at one moment: the mode, its form, its rows, and what they mean once they are valid.

mode: "image" (one service by fields), "template" (a gallery template's parameters) or "compose" (the text itself).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from gallery.catalogue.types import Template
from gallery.compose.errors import ComposeInvalid
from gallery.compose.errors import Refusal as ComposeRefusal
from gallery.compose.write import SERVICE, service_to_compose
from gallery.problems import ReferenceInvalid
from hosts.models import Application, Host, Revision
from hosts.services.plans import project_of
from hosts.services.resolving import Resolve, asked_once
from hosts.services.secrets import fresh_stand_ins, stand_ins
from portal.people.access import Actor
from portal.people.models import Team
from portal.problems import NotFound

from .deploy import ComposeForm, ImageForm, TargetForm, TemplateForm
from .errors import add_problem
from .rows import Rows

MODES = ("image", "template", "compose")
ROW_KINDS = {"port": "ports", "env": "environment", "volume": "volumes"}


@dataclass(frozen=True)
class Surroundings:
    """What the form is drawn in: who may choose which teams and hosts, and what it is about.

    application: the one that gets a new revision, None for a new one. service: the name of its one service.
    template: of the gallery, with slug, name, parameters and compose text. resolve: asks registries, once for all that
    the page does with an image.
    """

    actor: Actor
    teams: "QuerySet[Team]"
    hosts: "QuerySet[Host]"
    application: Application | None = None
    template: Template | None = None
    service: str = SERVICE
    resolve: Resolve = field(default_factory=asked_once)

    @property
    def chosen(self) -> Template:
        """The template. Raises NotFound when there is none: the mode "template" has no meaning then."""
        if self.template is None:
            raise NotFound("The gallery has no such template any more.", code="template-not-found")
        return self.template


@dataclass
class Draft:
    """One state of the page. refusals: of the compose text, each with its place. secrets: typed now, to be sealed."""

    mode: str
    form: TargetForm
    around: Surroundings
    rows: Rows = field(default_factory=Rows)
    refusals: Sequence[ComposeRefusal] = ()
    compose: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def team(self) -> Team:
        team: Team = self.form.cleaned_data["team"]
        return team

    @property
    def name(self) -> str:
        return str(self.form.cleaned_data["name"])

    @property
    def slug(self) -> str:
        return str(self.around.template.slug) if self.mode == "template" and self.around.template else ""

    def is_valid(self) -> bool:
        """Whether everything makes sense; afterwards `compose` and `values` are set. Errors lie in form and rows."""
        form_fine, rows_fine = self.form.is_valid(), self.mode != "image" or self.rows.is_valid()
        if not (form_fine and rows_fine):
            return False
        self.compose, self.values = self._meaning()
        self.secrets = self._typed_secrets()
        try:
            project_of(
                compose=self.compose, values=self.values, name=self.name, files=self._files(), secrets=self._secrets()
            )
        except ComposeInvalid as problem:
            self._refused(problem)
            return False
        except ReferenceInvalid as problem:
            add_problem(self.form, problem)
            return False
        return True

    def revision(self) -> Revision:
        """The revision that this would be; not stored. Call after `is_valid`."""
        application = self.around.application
        if application is None:
            application = Application(team=self.team, name=self.name)
            number = 1
        else:
            newest = application.revisions.order_by("-number").values_list("number", flat=True).first()
            number = (newest or 0) + 1
        return Revision(
            application=application,
            number=number,
            compose=self.compose,
            files=self._files(),
            values=dict(self.values),
            targets=self.form.targets(),
            template=self.slug,
        )

    def _files(self) -> dict[str, str]:
        """The further files of the application, which this page leaves as they are."""
        application = self.around.application
        newest = application.revisions.order_by("-number").first() if application is not None else None
        return dict(newest.files) if newest is not None else {}

    def _secrets(self) -> dict[str, str]:
        stored = stand_ins(self.around.application) if self.around.application is not None else {}
        return {**stored, **fresh_stand_ins(self.secrets)}

    def compose_text(self) -> str:
        """The compose text of what is typed so far, for going on in text. Empty when it makes no sense yet."""
        if self.mode == "template":
            return self.around.chosen.compose
        if self.form.is_valid() and self.rows.is_valid():
            return self._meaning()[0]
        return ""

    def _meaning(self) -> tuple[str, Mapping[str, str]]:
        form = self.form
        if isinstance(form, ImageForm):
            return service_to_compose(form.service(self.rows), name=self.around.service, literal=True), {}
        if isinstance(form, TemplateForm):
            return self.around.chosen.compose, form.values()
        return form.cleaned_data["compose"].replace("\r\n", "\n"), form.cleaned_data["values"]

    def _typed_secrets(self) -> dict[str, str]:
        """What was typed for secrets; one that an earlier revision kept among its values is sealed with them."""
        if not isinstance(self.form, TemplateForm):
            return {}
        before = earlier_plain(self.around)
        return {**before, **self.form.secrets()}

    def _refused(self, problem: ComposeInvalid) -> None:
        self.refusals = problem.refusals
        if self.mode == "compose":
            self.form.add_error("compose", _("The text cannot be used as it is; see what is listed below it."))
        else:
            for refusal in problem.refusals:
                self.form.add_error(None, refusal.message)


def earlier_plain(around: Surroundings) -> dict[str, str]:
    """Secrets of the template that the newest revision still has among its values, from before they were sealed."""
    if around.application is None or around.template is None:
        return {}
    newest = around.application.revisions.order_by("-number").first()
    values = newest.values if newest is not None else {}
    names = [one.name for one in around.template.parameters if one.secret]
    return {name: str(values[name]) for name in names if values.get(name)}


def draft_of(mode: str, around: Surroundings, data: QueryDict | None = None, **initial: Any) -> Draft:
    """The page in `mode`: bound to what was sent, or fresh with `initial` values."""
    common: dict[str, Any] = {"data": data, "teams": around.teams, "hosts": around.hosts, "initial": initial}
    form: TargetForm
    if mode == "template":
        kept = {*earlier_plain(around), *(stand_ins(around.application) if around.application else ())}
        form = TemplateForm(parameters=around.chosen.parameters, kept=kept, **common)
    elif mode == "compose":
        form = ComposeForm(**common)
    else:
        form = ImageForm(**common)
    if around.application is not None:
        _fix_application(form, around.application)
    return Draft(mode=mode, form=form, around=around, rows=Rows.from_post(data) if data is not None else Rows())


def _fix_application(form: TargetForm, application: Application) -> None:
    """Team and name of an application never change: whatever is sent for them is not read."""
    for name, value in (("team", application.team), ("name", application.name)):
        form.fields[name].disabled = True
        form.initial[name] = value
    form.fields["name"].widget = forms.TextInput(attrs={"readonly": True})


def rows_changed(draft: Draft, data: QueryDict) -> bool:
    """Carry out a row button (`add=port`, `remove_port=0`), the way without a script; whether there was one."""
    if (kind := data.get("add", "")) in ROW_KINDS:
        draft.rows.add_blank(ROW_KINDS[kind])
        return True
    for short, kind in ROW_KINDS.items():
        index = data.get(f"remove_{short}", "")
        if index.isascii() and index.isdigit():
            draft.rows.remove(kind, int(index))
            return True
    return False
