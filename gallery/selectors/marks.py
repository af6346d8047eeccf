"""What is known of the images of templates: what they run on, and whether they are gone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from gallery.models import CheckedImage
from gallery.registry.types import Platform


@dataclass(frozen=True)
class Marks:
    """(team, image) -> what its registry said when it was last looked at."""

    rows: Mapping[tuple[int, str], CheckedImage] = field(default_factory=dict)

    def platforms(self, team: int, images: Sequence[str]) -> tuple[Platform, ...]:
        """Those that all of its images have; () when one of them is not known."""
        known = [self.rows.get((team, image)) for image in images]
        found = [set(row.platforms) for row in known if row is not None and row.platforms is not None]
        if not found or len(found) < len(images):
            return ()
        texts = set.intersection(*found)
        return tuple(Platform(*text.split("/")[:2]) for text in sorted(texts) if "/" in text)

    def warning(self, team: int, images: Sequence[str], system: str = "") -> str:
        """Why it may not run, a sentence. system: what its author says that it runs on, "linux" or "windows"."""
        rows = [row for image in images if (row := self.rows.get((team, image))) is not None]
        if gone := [row.reference for row in rows if row.gone]:
            return _("Gone: the registry has no %(images)s any more.") % {"images": ", ".join(gone)}
        told = [row for row in rows if row.platforms is not None]
        if empty := [row.reference for row in told if not row.platforms]:
            return _("Fits no platform: %(images)s has none.") % {"images": ", ".join(empty)}
        for row in told:
            known = list(row.platforms or ())
            if system and not any(text.startswith(f"{system}/") for text in known):
                words = {"image": row.reference, "system": system, "platforms": ", ".join(known)}
                return _("Fits no platform: it is for %(system)s, and %(image)s has %(platforms)s.") % words
        return ""


def marks_of(images: Iterable[tuple[int, str]]) -> Marks:
    """What is known of these."""
    wanted = set(images)
    if not wanted:
        return Marks()
    rows = CheckedImage.objects.filter(
        team_id__in={team for team, _image in wanted}, reference__in={image for _team, image in wanted}
    )
    return Marks({(row.team_id, row.reference): row for row in rows})
