"""The rules as a person reads them. Pure."""

from .rules import RULE, Rules

ANY, NONE, YES, NO = "any", "none", "yes", "no"


def lines(rules: Rules) -> tuple[tuple[str, str], ...]:
    """Every rule and its value in words, in the order of the file's tables."""
    return tuple((rule, _value(field, rules)) for field, rule in RULE.items())


def _value(field: str, rules: Rules) -> str:
    value = rules.may_load if field == "load" else getattr(rules, field)
    match value:
        case None:
            return ANY
        case bool():
            return YES if value else NO
        case int() if field == "maximum_memory":
            return f"{value / 2**20:.0f} MiB"
        case int() | float():
            return f"{value:g}"
    return ", ".join(value) or NONE
