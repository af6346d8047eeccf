"""Cursors of outside lists, which count pages and not rows of our database."""

from portal.problems import Invalid

PREFIX = "p"


def page_of_cursor(cursor: str | None, most: int) -> int:
    """The page a cursor names, 1 without one. Raises Invalid when it is not one of ours."""
    if not cursor:
        return 1
    number = cursor.removeprefix(PREFIX)
    if (
        cursor.startswith(PREFIX)
        and number.isascii()
        and number.isdigit()
        and len(number) < 7
        and 1 < int(number) <= most
    ):
        return int(number)
    message = "The cursor is not one of ours. Ask again without it, and pass on the `next` of each answer."
    raise Invalid(message, fields={"cursor": [message]})


def cursor_of(page: int, more: bool) -> str | None:
    """The cursor of the page after `page`."""
    return f"{PREFIX}{page + 1}" if more else None
