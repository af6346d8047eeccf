"""What an answer that is no success means. Docker Hub's errors come in several forms, and pages for people too."""

from gallery.fetch import Answer, retry_after

from . import documents
from .errors import AccessDenied, BadAnswer, HubError, NothingThere, RateLimited, SearchUnavailable


def error_of(answer: Answer) -> HubError:
    """The error that an answer which is not 200 stands for."""
    try:
        words = documents.error_words(answer.json(), "")
    except ValueError:
        words = "" if answer.is_html else answer.text.strip()[:300]
    if answer.status == 429:
        return RateLimited("Docker Hub asks us to wait: too many requests.", retry_after(answer.headers))
    if answer.status == 403 and answer.is_html:
        return SearchUnavailable("Docker Hub takes this portal for a robot and shows a page for people instead.")
    if answer.status in {401, 403}:
        return AccessDenied(f"Docker Hub wants to know who asks{': ' + words if words else ''}.")
    if answer.status == 404:
        return NothingThere(words or "Docker Hub has no such thing.")
    if answer.status >= 500:
        return BadAnswer(f"Docker Hub has trouble of its own (status {answer.status}).")
    return BadAnswer(f"Docker Hub answered with status {answer.status}{': ' + words if words else ''}.")
