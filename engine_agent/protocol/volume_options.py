"""Options of a volume's driver, as they may be told and kept. Pure."""

from collections.abc import Mapping

BLANK = "***"
SECRET_WORDS = ("password", "passwd", "pass", "password2", "secret", "token", "secretkey", "accesskey")


def blanked(options: Mapping[str, str]) -> dict[str, str]:
    """The same with secrets blanked: the value of an option that is one, and in `o` of the local driver that of
    mount flags such as `password=…` (CIFS)."""
    return {name: BLANK if _secret(name) else _flags(value) for name, value in options.items()}


def _flags(value: str) -> str:
    return ",".join(_flag(flag) for flag in value.split(","))


def _flag(flag: str) -> str:
    name, sign, _value = flag.partition("=")
    return f"{name}={BLANK}" if sign and _secret(name) else flag


def _secret(name: str) -> bool:
    return name.strip().lower().replace("_", "").replace("-", "") in SECRET_WORDS
