"""The site itself: settings, urls, the API root, live updates and `manage.py up`."""

VERSION = "0.1.0"
