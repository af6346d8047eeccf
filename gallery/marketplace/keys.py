"""The name of an image as text, as the form for new machines takes it. Pure."""


def image_key(os: str, publisher: str, offer: str, sku: str, *, version: str = "latest", plan: str = "") -> str:
    """ "linux:Canonical:ubuntu-24_04-lts:server:latest", with the plan's name at the end if there is one."""
    return ":".join(part for part in (os or "linux", publisher, offer, sku, version, plan) if part)
