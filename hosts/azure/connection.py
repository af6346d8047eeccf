"""The way into a subscription: Microsoft's clients, made when they are first needed, and their errors as ours."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

from .answers import entra_code, error_of, first_line
from .credentials import credential, management_url, scope
from .errors import Away, SignInRefused
from .types import Account, Endpoints

T = TypeVar("T")


class Connection:
    """The subscription of `account`. timeout: seconds for one request; polling: seconds between two looks."""

    def __init__(
        self, account: Account, endpoints: Endpoints | None = None, *, timeout: float = 20.0, polling: float = 2.0
    ) -> None:
        self.account = account
        self._endpoints = endpoints or Endpoints()
        self._timeout = timeout
        self._polling = polling

    @property
    def management(self) -> str:
        """The address of Azure Resource Manager."""
        return management_url(self.account, self._endpoints)

    @property
    def ca(self) -> str:
        """The path of a PEM that vouches for Azure's address; "" for the usual authorities."""
        return self._endpoints.ca

    def token(self) -> str:
        """A bearer token for Azure Resource Manager. Raises AzureError."""
        return self._call(lambda: str(self._credential.get_token(scope(self.account)).token))

    @cached_property
    def _common(self) -> dict[str, Any]:
        common: dict[str, Any] = {
            "base_url": self.management,
            "credential_scopes": [scope(self.account)],
            "polling_interval": self._polling,
            "connection_timeout": self._timeout,
            "read_timeout": self._timeout,
            "retry_total": 2,
        }
        if self._endpoints.ca:
            common["connection_verify"] = self._endpoints.ca
        return common

    @cached_property
    def _credential(self) -> Any:
        return credential(self.account, self._endpoints, timeout=self._timeout)

    @cached_property
    def _resources(self) -> Any:
        from azure.mgmt.resource.resources import ResourceManagementClient

        return ResourceManagementClient(self._credential, self.account.subscription_id, **self._common)

    @cached_property
    def _deployments(self) -> Any:
        from azure.mgmt.resource.deployments import DeploymentsMgmtClient

        return DeploymentsMgmtClient(self._credential, self.account.subscription_id, **self._common)

    @cached_property
    def _compute(self) -> Any:
        from azure.mgmt.compute import ComputeManagementClient

        return ComputeManagementClient(self._credential, self.account.subscription_id, **self._common)

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A request for which no client has a method."""
        from azure.core.exceptions import HttpResponseError
        from azure.core.rest import HttpRequest

        def ask() -> dict[str, Any]:
            answer = self._resources.send_request(HttpRequest(method, path, json=body))
            if answer.status_code >= 400:
                raise HttpResponseError(response=answer)
            said: dict[str, Any] = answer.json()
            return said

        return self._call(ask)

    def _call(self, work: Callable[[], T]) -> T:
        """`work`, with Azure's errors as ours. Raises AzureError."""
        from azure.core.exceptions import AzureError as SdkError
        from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

        try:
            return work()
        except ClientAuthenticationError as error:
            raise SignInRefused(first_line(error.message), entra_code(error.message)) from error
        except HttpResponseError as error:
            raise error_of(error) from error
        except SdkError as error:
            raise Away(f"Azure did not answer: {first_line(str(error))}", type(error).__name__) from error
