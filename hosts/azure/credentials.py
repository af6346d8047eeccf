"""From an account to a credential of the SDK, and the addresses of its cloud."""

from typing import TYPE_CHECKING, Any

from .types import Account, Cloud, CredentialKind, Endpoints

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

MANAGEMENT = {
    Cloud.PUBLIC: "https://management.azure.com",
    Cloud.GOVERNMENT: "https://management.usgovcloudapi.net",
    Cloud.CHINA: "https://management.chinacloudapi.cn",
}
AUTHORITY = {
    Cloud.PUBLIC: "https://login.microsoftonline.com",
    Cloud.GOVERNMENT: "https://login.microsoftonline.us",
    Cloud.CHINA: "https://login.chinacloudapi.cn",
}


def management_url(account: Account, endpoints: Endpoints) -> str:
    """Azure Resource Manager of the account's cloud."""
    return endpoints.management or MANAGEMENT[account.cloud]


def scope(account: Account) -> str:
    """The audience of tokens: the cloud's own, wherever requests are sent."""
    return f"{MANAGEMENT[account.cloud]}/.default"


def credential(account: Account, endpoints: Endpoints, *, timeout: float) -> "TokenCredential":
    """What signs in as `account`. Nothing is sent before the first token is asked for."""
    import azure.identity as identity

    common: dict[str, Any] = {"connection_timeout": timeout, "read_timeout": timeout, "retry_total": 1}
    if endpoints.ca:
        common["connection_verify"] = endpoints.ca
    entra = {
        **common,
        "authority": endpoints.authority or AUTHORITY[account.cloud],
        "disable_instance_discovery": bool(endpoints.authority),
    }
    match account.kind:
        case CredentialKind.SECRET:
            return identity.ClientSecretCredential(account.tenant_id, account.client_id, account.secret, **entra)
        case CredentialKind.CERTIFICATE:
            pem = account.secret.encode()
            return identity.CertificateCredential(account.tenant_id, account.client_id, certificate_data=pem, **entra)
        case CredentialKind.MANAGED:
            return identity.ManagedIdentityCredential(client_id=account.client_id or None, **common)
        case CredentialKind.WORKLOAD:
            return identity.WorkloadIdentityCredential(
                tenant_id=account.tenant_id or None, client_id=account.client_id or None, **entra
            )
        case CredentialKind.CLI:
            return identity.AzureCliCredential(tenant_id=account.tenant_id, process_timeout=int(timeout))
