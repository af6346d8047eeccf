"""The agent beside each Docker Engine. Installs alone on a host; knows no Django and nothing of the portal."""

VERSION = "0.1.0"
