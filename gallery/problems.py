"""What a person is told when an image or a source of images is not to be had.

portal.problems
├── Invalid
│   └── ReferenceInvalid    422  reference-invalid    the text is no image reference
├── NotFound
│   ├── ImageNotFound       404  image-not-found      the registry knows no such repository
│   ├── TagNotFound         404  tag-not-found        the repository has no such tag; `near` names up to five
│   ├── RepositoryNotFound  404  repository-not-found
│   └── TemplateNotFound    404  template-not-found
├── Refused
│   └── RegistryDenied      422  registry-denied      the registry wants credentials that we do not have
├── TooMany
│   └── SourceLimited       429  source-limited       Docker Hub or a registry asks us to wait
└── Unavailable
    ├── RegistryUnavailable 503  registry-unavailable
    ├── HubUnavailable      503  hub-unavailable
    └── MarketplaceUnknown  503  marketplace-unknown  no Azure subscription has shown it yet
"""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from portal.problems import Invalid, NotFound, Refused, TooMany, Unavailable


class ReferenceInvalid(Invalid):
    code = "reference-invalid"
    title = "This is not an image reference"


class ImageNotFound(NotFound):
    code = "image-not-found"
    title = "There is no such image"


class TagNotFound(NotFound):
    """near: up to five tags that the repository has and that look alike."""

    code = "tag-not-found"
    title = "The image has no such tag"

    def __init__(self, detail: str, *, near: Sequence[str] = ()) -> None:
        self.near = tuple(near)
        super().__init__(detail, fields={"image": [detail]})


class RepositoryNotFound(NotFound):
    code = "repository-not-found"
    title = "There is no such repository"


class TemplateNotFound(NotFound):
    code = "template-not-found"
    title = "There is no such template"


class RegistryDenied(Refused):
    code = "registry-denied"
    title = "The registry does not let us in"


class SourceLimited(TooMany):
    code = "source-limited"
    title = "The source asks us to wait"


class RegistryUnavailable(Unavailable):
    """slow: it has not answered yet, and may do so in a moment."""

    slow = False
    code = "registry-unavailable"
    title = "The registry does not answer"


class HubUnavailable(Unavailable):
    """slow: it has not answered yet, and may do so in a moment."""

    slow = False
    code = "hub-unavailable"
    title = "Docker Hub does not answer"


class MarketplaceUnknown(Unavailable):
    code = "marketplace-unknown"
    title = "Nothing of the Azure Marketplace is known"

    def __init__(self) -> None:
        text = _(
            "The Marketplace is seen through an Azure subscription. Connect one on the page Azure; its images appear "
            "here some minutes later."
        )
        super().__init__(text)


def still_asking(kind: type[HubUnavailable] | type[RegistryUnavailable], name: str) -> Unavailable:
    """The problem of a source that has not answered within the time a page may take."""
    title = _("%s has not answered yet") % name
    detail = _("%s is slow just now; the answer is shown as soon as it comes. Try again in a moment.") % name
    problem = kind(detail, title=title, retry_after=2)
    problem.slow = True
    return problem
