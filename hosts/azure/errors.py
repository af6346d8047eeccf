"""What can go wrong with Azure, in one tree, and Azure's own errors turned into it.

AzureError
    SignInRefused       wrong tenant, unknown application, expired secret; permanent until someone changes it
    NotPermitted        the identity lacks a right; `action` is the one that is missing; permanent
    Missing             no such subscription, group, deployment or machine; permanent
    Clash               the name is taken, or another operation is under way; a later try may work
    Rejected            Azure refuses the request itself: quota, size, policy, template; permanent
    Throttled           too many requests; `retry_after` seconds
    Away                no answer, or a failure of Azure's own; a later try may work
"""

from typing import Any

QUOTA_CODES = frozenset({"QuotaExceeded", "OperationNotAllowed", "ResourceQuotaExceeded"})
SIZE_CODES = frozenset({"SkuNotAvailable", "AllocationFailed", "ZonalAllocationFailed", "InvalidParameter"})
MAX_DEPTH = 12


class AzureError(Exception):
    """Azure did not do it. code: Azure's own word; detail: its innermost reason; permanent: a retry does not help."""

    permanent = True

    def __init__(self, detail: str, code: str = "", *, action: str = "", retry_after: float = 0.0) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code
        self.action = action
        self.retry_after = retry_after


class SignInRefused(AzureError): ...


class NotPermitted(AzureError): ...


class Missing(AzureError): ...


class Clash(AzureError):
    permanent = False


class Rejected(AzureError): ...


class Throttled(AzureError):
    permanent = False


class Away(AzureError):
    permanent = False


def innermost(error: Any) -> tuple[str, str]:
    """(code, message) of the deepest reason in an ARM error: {"code", "message", "details": [the same, ...]}.

    The outer ones only say that something failed; some put the inner error into `message` as JSON text.
    """
    import json

    node = error
    for _ in range(MAX_DEPTH):
        details = _get(node, "details") or []
        inner = next((one for one in details if _get(one, "message") or _get(one, "details")), None)
        if inner is None:
            text = str(_get(node, "message") or "")
            try:
                packed = json.loads(text) if text.lstrip().startswith("{") else None
            except ValueError:
                packed = None
            inner = packed.get("error") if isinstance(packed, dict) else None
            if not isinstance(inner, dict):
                return str(_get(node, "code") or ""), text
        node = inner
    return str(_get(node, "code") or ""), str(_get(node, "message") or "")


def _get(node: Any, name: str) -> Any:
    return node.get(name) if isinstance(node, dict) else getattr(node, name, None)


def advice(code: str) -> str:
    """What to do about one of Azure's codes, in a sentence; "" when there is nothing to add to its own words."""
    if code in QUOTA_CODES:
        return "Choose fewer or smaller machines, another region, or ask Azure for a higher quota."
    if code in SIZE_CODES:
        return "Choose another size, zone or region."
    return {
        "RequestDisallowedByPolicy": "A policy of the subscription forbids it; ask whoever owns the subscription.",
        "MarketplacePurchaseEligibilityFailed": "Accept the terms of the image in Azure first.",
        "VMExtensionProvisioningError": "The machine is there, but its set-up script failed; its output is above.",
        "VMExtensionHandlerNonTransientError": "The machine is there, but its set-up script failed.",
    }.get(code, "")
