"""Sample pages that show every component, with invented data. They exist to be looked at, and for tests to walk."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone

TEMPLATES = Path(__file__).parent / "templates"


class DeployForm(forms.Form):
    name = forms.CharField(
        label="Name", help_text="Lower-case letters, digits, - and _. Containers are named after it."
    )
    cpus = forms.DecimalField(label="CPUs", required=False)
    restart = forms.ChoiceField(label="Restart", choices=[("no", "no"), ("always", "always"), ("u", "unless-stopped")])
    init = forms.BooleanField(label="Run a small init inside", help_text="It reaps processes that have ended.")
    command = forms.CharField(
        label="Command", required=False, widget=forms.Textarea(attrs={"class": "code", "rows": 3})
    )


class SignInForm(forms.Form):
    username = forms.CharField(label="User name")
    password = forms.CharField(label="Password", widget=forms.PasswordInput)


def _host(name: str, state: str, os_name: str, seconds: int, **more: Any) -> SimpleNamespace:
    usual = {
        "os": "linux",
        "arch": "amd64",
        "containers": 12,
        "cpus": 4,
        "memory": 8 * 2**30,
        "engine": "Engine 28.0.1",
    }
    seen = timezone.now() - timedelta(seconds=seconds)
    return SimpleNamespace(name=name, state=state, os_name=os_name, seen=seen, **(usual | more))


def hosts() -> list[SimpleNamespace]:
    """Five hosts, one in each state that a list shows."""
    windows = {"os": "windows", "arch": "10.0.20348.2655", "engine": "Engine 25.0.6, Hyper-V"}
    return [
        _host("pier-1", "online", "Debian GNU/Linux 12 (bookworm)", 3, containers=41, cpus=16, memory=64 * 2**30),
        _host("pier-2", "online", "Ubuntu 24.04.1 LTS", 1, arch="arm64", containers=1204, cpus=64, memory=256 * 2**30),
        _host("dock-win", "online", "Windows Server 2022 Datacenter", 4, containers=7, **windows),
        _host("edge-north", "stale", "Alpine Linux v3.20", 48, cpus=2, memory=2**30, engine="Engine 20.10.24"),
        _host("attic", "offline", "Debian GNU/Linux 11 (bullseye)", 190_000, containers=0),
    ]


ITEMS = [
    ("nginx", "library", "Official build of nginx, the web server and reverse proxy.", True, 12_483_112_904, 4),
    (
        "postgres",
        "library",
        "The PostgreSQL object-relational database gives reliability and data integrity.",
        True,
        9e9,
        4,
    ),
    ("hello", "Pierhead", "A static web server and a page that shows its host. Needs no network at all.", False, 0, 5),
    ("grafana", "grafana", "The open observability platform.", False, 4_210_000_000, 3),
    ("servercore", "windows", "Windows Server Core base image for LTSC 2022.", False, 88_123_000, 1),
    ("redis", "library", "The in-memory data store for caching, streams and queues.", True, 8_300_000_000, 4),
]


def _page(name: str, context: Callable[[], dict[str, Any]]) -> URLPattern:
    def view(request: HttpRequest) -> HttpResponse:
        return render(request, f"sampler/{name}.html", context())

    return path(f"{name}/", view)


def _deployment() -> dict[str, Any]:
    now = timezone.now()
    return {"now": now, "started": now - timedelta(seconds=95)}


def _deploy() -> dict[str, Any]:
    data = {"name": "", "cpus": "1.5", "restart": "always", "init": "on", "command": "nginx -g 'daemon off;'"}
    return {"form": DeployForm(data)}


urlpatterns = [
    _page("hosts", lambda: {"hosts": hosts()}),
    _page("deployment", _deployment),
    _page("gallery", lambda: {"items": ITEMS}),
    _page("deploy", _deploy),
    _page("sign_in", lambda: {"login": SignInForm()}),
    _page("live", lambda: {"names": ["alpha"]}),
]
NAMES = ("hosts", "deployment", "gallery", "deploy", "sign_in")
