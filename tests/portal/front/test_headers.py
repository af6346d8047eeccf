"""Security headers: on every page, strict, and without holes in the templates."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from portal.front.middleware import ContentSecurityPolicyMiddleware, content_security_policy
from portal.people.models import User

ClientOf = Callable[[User | None], Client]
PATHS = ["/", "/sign-in/", "/no-such-page/", "/api/v1/openapi.json", "/api/v1/no-such-path"]


def directives(policy: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for words in (part.split() for part in policy.split(";"))}


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_them(db: None, path: str) -> None:
    answer = Client().get(path)
    assert answer["Content-Security-Policy"] == content_security_policy("testserver")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


@pytest.mark.parametrize(("path", "kept"), [("/teams/", "private, no-cache"), ("/api/v1/me", "no-store")])
def test_no_shared_cache_keeps_what_is_personal(viewer: User, client_of: ClientOf, path: str, kept: str) -> None:
    assert client_of(viewer).get(path)["Cache-Control"] == kept


def test_nothing_of_elsewhere_and_nothing_inline_runs() -> None:
    policy = directives(content_security_policy("portal.example:8443"))
    assert policy["default-src"] == policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["connect-src"] == ["'self'", "ws://portal.example:8443", "wss://portal.example:8443"]
    assert policy["frame-ancestors"] == policy["object-src"] == ["'none'"]
    assert policy["base-uri"] == policy["form-action"] == ["'self'"]
    assert "unsafe" not in str(policy)


def test_a_view_may_bring_its_own_policy(db: None) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Content-Security-Policy": "sandbox"})

    answer = ContentSecurityPolicyMiddleware(view)(RequestFactory().get("/"))
    assert answer["Content-Security-Policy"] == "sandbox"


TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_no_template_has_inline_script_or_style(path: Path) -> None:
    text = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}", "", path.read_text(encoding="utf-8"))
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert not re.search(r'(src|href)="(https?:)?//', text)


def test_a_host_name_that_is_not_ours_is_refused(db: None) -> None:
    answer = Client().get("/sign-in/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "evil" not in answer.content.decode()
