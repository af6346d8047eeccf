"""READMEs from outside as HTML that cannot hurt: no scripts, no styles, no frames, no pictures from elsewhere.

Markdown first, then nh3 by a list of what is allowed. Pictures are replaced by their text: showing them would tell
other servers who reads what, and the page's policy forbids it anyway.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

MAX_CHARACTERS = 60_000  # Docker Hub's own limit is 25,000 bytes

TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em", "hr", "i", "kbd"),
    *("h2", "h3", "h4", "h5", "h6", "li", "ol", "p", "pre", "q", "s", "samp", "span", "strong", "sub", "summary"),
    *("sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var"),
}
ATTRIBUTES = {"a": {"href", "title"}, "abbr": {"title"}, "ol": {"start"}, "td": {"colspan"}, "th": {"colspan", "scope"}}
GONE_WITH_CONTENT = {"script", "style", "iframe", "object", "embed", "noscript", "template", "svg", "math", "title"}


class _Renderer(RendererHTML):
    """Headings one level down, since the page has its own first one; pictures as their text."""

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        text = self.renderInlineAsText(tokens[idx].children or [], options, env).strip()
        return f"<em>{escape(text)}</em>" if text else ""

    def heading_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<h{_lower(tokens[idx].tag)}>"

    def heading_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"</h{_lower(tokens[idx].tag)}>\n"


def _lower(tag: str) -> int:
    return min(int(tag[1:]) + 1, 6)


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}, renderer_cls=_Renderer).enable(["table", "strikethrough"])


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Keep an attribute's value; a link that leads nowhere from here is dropped."""
    if tag == "a" and name == "href" and value.startswith("#"):
        return None
    return value


def _options() -> dict[str, Any]:
    return {
        "tags": TAGS,
        "clean_content_tags": GONE_WITH_CONTENT,
        "attributes": ATTRIBUTES,
        "attribute_filter": _attribute,
        "strip_comments": True,
        "link_rel": "nofollow noopener noreferrer ugc",
        "url_schemes": {"http", "https", "mailto"},
        "url_relative": "deny",
    }


@lru_cache(maxsize=64)
def _rendered(text: str) -> str:
    return nh3.clean(_markdown().render(text), **_options())


def readme_html(text: str) -> SafeString:
    """The README `text` (markdown, not to be trusted) as safe HTML; cut after 60,000 characters, which it then says."""
    cut = len(text) > MAX_CHARACTERS
    html = _rendered(text[:MAX_CHARACTERS])
    if cut:
        html += f"<p><em>{escape(_('The text is longer than this page shows.'))}</em></p>"
    return mark_safe(html)  # noqa: S308 - it went through nh3
