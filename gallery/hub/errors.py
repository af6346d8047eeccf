"""What can go wrong at Docker Hub's web API. No Django; `gallery.repositories` turns these into problems.

HubError                       retry: whether the same request may succeed later
├── NothingThere               404: no such repository, tag or page
├── AccessDenied               401/403 in JSON: it wants to know who asks
│   └── SignInRefused          it does not accept the account's secret
├── SearchUnavailable    retry every way to search is walled off (403 with a page for people) or gone
├── RateLimited          retry 429 in any form; `retry_after` in seconds when told
├── Unreachable          retry no connection, no answer in time
└── BadAnswer            retry 5xx, a body that broke off or makes no sense
"""


class HubError(Exception):
    """Base. The message is a sentence for people."""

    retry = False


class NothingThere(HubError):
    """It does not exist, or it is private."""


class AccessDenied(HubError):
    """It must be asked for with an account."""


class SignInRefused(AccessDenied):
    """The account's secret is not accepted: a person must enter another."""


class SearchUnavailable(HubError):
    """Docker Hub does not let programs search just now."""

    retry = True


class RateLimited(HubError):
    """Too many requests. retry_after: seconds, None when it does not say."""

    retry = True

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unreachable(HubError):
    """Nothing answered."""

    retry = True


class BadAnswer(HubError):
    """An answer that makes no sense."""

    retry = True
