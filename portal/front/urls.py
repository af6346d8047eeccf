"""Addresses of the site's own pages."""

from django.urls import path

from . import home

app_name = "front"

urlpatterns = [
    path("", home.home, name="home"),
    path("home/now/", home.home_fragment, name="home-fragment"),
]
