"""One Azure subscription, through Microsoft's SDK. Synchronous: jobs use it, pages show what jobs have stored.

Long operations are started here and looked at again later; nothing here waits for one, except the what-if.
"""

from collections.abc import Mapping
from typing import Any

from .answers import change_of, operation_of, properties_of, quota_of, size_of, word_of
from .catalogue import Catalogue
from .errors import Away, Clash, Missing, Rejected, innermost
from .machines import Machines
from .types import Change, DeploymentState, Operation, Quota, Size

WHAT_IF_SECONDS = 180


class AzureClient(Machines, Catalogue):
    """The subscription of `account`: what may be made in it, groups and deployments, machines, the Marketplace."""

    # -- the subscription

    def check(self) -> str:
        """Sign in and ask for the subscription; its display name. Raises AzureError."""
        path = f"/subscriptions/{self.account.subscription_id}?api-version=2022-12-01"
        answer = self._send("GET", path)
        return str(answer.get("displayName") or self.account.subscription_id)

    def regions(self) -> list[tuple[str, str]]:
        """(name, display name) of every region of the subscription, by display name."""
        answer = self._send("GET", f"/subscriptions/{self.account.subscription_id}/locations?api-version=2022-12-01")
        found = [(str(row["name"]), str(row.get("displayName") or row["name"])) for row in answer.get("value", [])]
        return sorted(found, key=lambda pair: pair[1])

    def sizes(self, region: str) -> list[Size]:
        """Machine sizes of a region; those that the subscription may not use say why."""

        def ask() -> list[Size]:
            rows = self._compute.resource_skus.list(filter=f"location eq '{region}'")
            return [size_of(row) for row in rows if str(row.resource_type).lower() == "virtualmachines"]

        return sorted(self._call(ask), key=lambda size: (size.cpus, size.memory_gib, size.name))

    def quotas(self, region: str) -> list[Quota]:
        """How many CPUs are used and allowed, by family."""

        def ask() -> list[Quota]:
            rows = self._compute.usage.list(region)
            return [quota_of(row) for row in rows]

        return self._call(ask)

    # -- groups and deployments

    def group_put(self, name: str, region: str, tags: Mapping[str, str]) -> None:
        """Make a resource group, or leave it as it is."""
        self._call(
            lambda: self._resources.resource_groups.create_or_update(name, {"location": region, "tags": dict(tags)})
        )

    def group_exists(self, name: str) -> bool:
        return bool(self._call(lambda: self._resources.resource_groups.check_existence(name)))

    def groups_tagged(self, tag: str) -> list[tuple[str, Mapping[str, str]]]:
        """(name, tags) of every group with this tag."""
        groups = self._call(lambda: list(self._resources.resource_groups.list(filter=f"tagName eq '{tag}'")))
        return [(str(group.name), dict(group.tags or {})) for group in groups]

    def group_delete(self, name: str) -> None:
        """Begin to delete a group with everything in it; one that is gone already is fine."""
        try:
            self._call(lambda: self._resources.resource_groups.begin_delete(name, polling=False))
        except Missing:
            return

    def what_if(self, group: str, name: str, template: Mapping[str, Any], values: Mapping[str, Any]) -> list[Change]:
        """What deploying would change. Waits up to three minutes. Raises AzureError."""
        body = {"properties": {**properties_of(template, values), "whatIfSettings": {"resultFormat": "ResourceIdOnly"}}}

        def ask() -> list[Change]:
            poller = self._deployments.deployments.begin_what_if(group, name, body)
            result = poller.result(timeout=WHAT_IF_SECONDS)
            if not poller.done():
                raise Away("Azure has not finished its what-if within three minutes.", "Timeout")
            if result.error is not None:
                code, text = innermost(result.error)
                raise Rejected(text, code)
            return [change_of(row) for row in (result.properties.changes if result.properties else None) or []]

        return self._call(ask)

    def deployment_put(self, group: str, name: str, template: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Begin a deployment. Doing it twice under one name is one deployment."""
        body = {"properties": properties_of(template, values)}
        self._call(lambda: self._deployments.deployments.begin_create_or_update(group, name, body, polling=False))

    def deployment(self, group: str, name: str) -> DeploymentState | None:
        """Where a deployment stands; None when there is none of that name."""
        try:
            found = self._call(lambda: self._deployments.deployments.get(group, name))
        except Missing:
            return None
        properties = found.properties
        code, text = innermost(properties.error) if properties.error is not None else ("", "")
        outputs = {key: value.get("value") for key, value in (properties.outputs or {}).items()}
        return DeploymentState(str(word_of(properties.provisioning_state)), text, code, outputs)

    def operations(self, group: str, name: str) -> list[Operation]:
        """Every resource of a deployment that Azure has begun with."""
        rows = self._call(lambda: list(self._deployments.deployment_operations.list(group, name)))
        return [operation_of(row.properties) for row in rows if row.properties and row.properties.target_resource]

    def deployment_cancel(self, group: str, name: str) -> None:
        try:
            self._call(lambda: self._deployments.deployments.cancel(group, name))
        except (Missing, Clash):
            return
