"""What can go wrong at a registry. No Django, no pages: `gallery.images` turns these into problems.

RegistryError                  retry: whether the same request may succeed later
├── NotAReference              the text is no image reference
├── RepositoryUnknown          the registry knows no such repository (or hides it)
├── ManifestUnknown            the repository is there, the tag or digest is not
├── AccessDenied               401/403 after the token exchange
├── RateLimited          retry 429; `retry_after` in seconds when told
├── Unreachable          retry no connection, no answer in time, a certificate that does not verify
└── BadAnswer            retry 5xx, truncated or senseless body, too large, a redirect that must not be followed
"""


class RegistryError(Exception):
    """Base. The message is a sentence for people."""

    retry = False


class NotAReference(RegistryError, ValueError):
    """`text` cannot be read as an image reference; `why` says which part is wrong."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(f"“{text}” is not an image reference: {why}")
        self.text = text
        self.why = why


class RepositoryUnknown(RegistryError):
    """No such repository, or not for us."""


class ManifestUnknown(RegistryError):
    """No such tag or digest in a repository that exists."""


class AccessDenied(RegistryError):
    """The registry wants other credentials than it was given.

    hidden: it let us in and still refuses this one repository; many registries say so of what does not exist.
    """

    def __init__(self, message: str, *, hidden: bool = False) -> None:
        super().__init__(message)
        self.hidden = hidden


class RateLimited(RegistryError):
    """Too many requests. retry_after: seconds, None when the registry does not say."""

    retry = True

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unreachable(RegistryError):
    """Nothing answered at that address."""

    retry = True


class BadAnswer(RegistryError):
    """An answer that makes no sense or may not be used."""

    retry = True
