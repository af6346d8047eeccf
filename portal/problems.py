"""The one family of errors that a person or a script can meet, and what to do about each.

    Problem                 400  the base: a title, a detail that says what to do, field errors
    ├── Invalid             422  the input does not make sense; `fields` names where
    ├── Refused             422  the input makes sense and may not be carried out (plan, placement, policy)
    ├── SignInNeeded        401
    ├── NotAllowed          403  signed in, and the role does not permit it
    ├── NotFound            404  absent, or another team's: the two are never told apart
    ├── Conflict            409  the world has changed, or the name is taken
    ├── TooMany             429  a limit; `retry_after` in seconds
    └── Unavailable         503  an outside part did not answer (engine, registry, Docker Hub, agent); a retry may help

Pages show title and detail beside the field; the API answers RFC 9457 problem details
(`type`, `title`, `status`, `detail`, `errors`: {field: [message, ...]}, `errors` and `code` are extension members).
"""

from collections.abc import Mapping, Sequence

Fields = Mapping[str, Sequence[str]]


class Problem(Exception):
    """Something a person can act on.

    code: a short, stable word for scripts, e.g. "image-not-found"; it ends the RFC 9457 `type` URI.
    title: one short sentence, the same for every occurrence of the code.
    detail: what happened here, what it means, what to do.
    fields: messages by the name of the field they belong to.
    retry_after: seconds after which a retry may help; None when a retry does not help.
    """

    status = 400
    code = "problem"
    title = "The request could not be carried out"
    permanent = True

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        title: str | None = None,
        fields: Fields | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail or title or self.title)
        self.detail = detail
        self.fields: dict[str, list[str]] = {name: list(texts) for name, texts in (fields or {}).items()}
        self.retry_after = retry_after
        if code is not None:
            self.code = code
        if title is not None:
            self.title = title

    def as_dict(self) -> dict[str, object]:
        """The RFC 9457 body of this problem."""
        body: dict[str, object] = {
            "type": f"urn:pierhead:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.fields:
            body["errors"] = self.fields
        return body


class Invalid(Problem):
    status = 422
    code = "invalid"
    title = "Some of what was sent does not make sense"


class Refused(Problem):
    status = 422
    code = "refused"
    title = "This cannot be carried out"


class SignInNeeded(Problem):
    status = 401
    code = "sign-in-needed"
    title = "Sign in first"


class NotAllowed(Problem):
    status = 403
    code = "not-allowed"
    title = "Your role does not allow this"


class NotFound(Problem):
    status = 404
    code = "not-found"
    title = "There is no such thing here"


class Conflict(Problem):
    status = 409
    code = "conflict"
    title = "The state has changed"


class TooMany(Problem):
    status = 429
    code = "too-many"
    title = "Too many requests"
    permanent = False


class Unavailable(Problem):
    status = 503
    code = "unavailable"
    title = "A part did not answer"
    permanent = False
