"""Machines of a subscription: list, start, stop, resize, look at their console, put an agent on one that exists."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from gallery.fetch import FetchError, fetch, make_client

from .answers import machine_of, run_of
from .connection import Connection
from .errors import Away, Missing
from .trust import verifying
from .types import Machine, Run

CONSOLE_BYTES = 4 << 20
CONSOLE_SHOWN = 64 << 10


class Machines(Connection):
    """Long operations are only begun here; a later `machines` tells what came of them."""

    def machines(self, group: str) -> list[Machine]:
        """The machines of a group with their power state; none when there is no such group."""
        try:
            return self._call(
                lambda: [machine_of(row) for row in self._compute.virtual_machines.list(group, expand="instanceView")]
            )
        except Missing:
            return []

    def machines_all(self) -> list[Machine]:
        """Every machine of the subscription, without power states."""
        return self._call(lambda: [machine_of(row) for row in self._compute.virtual_machines.list_all()])

    def machine_act(self, group: str, name: str, action: str) -> None:
        """Begin start, stop (deallocate: the CPU is no longer paid), restart, redeploy or delete."""
        machines = self._compute.virtual_machines
        begin: dict[str, Callable[..., Any]] = {
            "start": machines.begin_start,
            "stop": machines.begin_deallocate,
            "restart": machines.begin_restart,
            "redeploy": machines.begin_redeploy,
            "delete": machines.begin_delete,
        }
        self._call(lambda: begin[action](group, name, polling=False))

    def machine_sizes(self, group: str, name: str) -> list[str]:
        """Names of the sizes a machine can get as it stands; a deallocated one can get more."""
        return self._call(
            lambda: [str(row.name) for row in self._compute.virtual_machines.list_available_sizes(group, name)]
        )

    def machine_resize(self, group: str, name: str, size: str) -> None:
        """Begin to give a machine another size; a running one restarts."""
        change = {"properties": {"hardwareProfile": {"vmSize": size}}}
        self._call(lambda: self._compute.virtual_machines.begin_update(group, name, change, polling=False))

    def console(self, group: str, name: str) -> str:
        """The end of what the machine has written on its serial console; "" when Azure keeps none."""
        found = self._call(lambda: self._compute.virtual_machines.retrieve_boot_diagnostics_data(group, name))
        address = str(found.serial_console_log_blob_uri or "")
        return self._blob(address)[-CONSOLE_SHOWN:] if address else ""

    def _blob(self, address: str) -> str:
        """A text by its signed address; no credential goes there."""
        url = httpx.URL(address)
        try:
            with make_client(url, verify=verifying(self.ca)) as client:
                answer = fetch(client, client.build_request("GET", url), limit=CONSOLE_BYTES, seconds=self._timeout)
        except FetchError as error:
            raise Away(f"Azure's storage does not give the console: {error}", type(error).__name__) from error
        if answer.status == 404:
            return ""
        if answer.status != 200:
            text = f"Azure's storage does not give the console (status {answer.status})."
            raise Away(text, "ConsoleUnavailable")
        return answer.body.decode("utf-8", "replace")

    # -- an agent for a machine that exists

    def extension_put(self, group: str, machine: str, name: str, body: Mapping[str, Any]) -> None:
        """Begin to install an extension. body: as the template has it, with location."""
        extensions = self._compute.virtual_machine_extensions
        self._call(lambda: extensions.begin_create_or_update(group, machine, name, dict(body), polling=False))

    def extension(self, group: str, machine: str, name: str) -> Run | None:
        """How far an extension is; None when the machine has none of that name."""
        extensions = self._compute.virtual_machine_extensions
        try:
            return self._call(lambda: run_of(extensions.get(group, machine, name, expand="instanceView")))
        except Missing:
            return None

    def run_command_put(self, group: str, machine: str, name: str, body: Mapping[str, Any]) -> None:
        """Begin a run command; what is secret is in `protectedParameters`."""
        commands = self._compute.virtual_machine_run_commands
        self._call(lambda: commands.begin_create_or_update(group, machine, name, dict(body), polling=False))

    def run_command(self, group: str, machine: str, name: str) -> Run | None:
        """How far a run command is; None when the machine has none of that name."""
        commands = self._compute.virtual_machine_run_commands
        try:
            return self._call(
                lambda: run_of(commands.get_by_virtual_machine(group, machine, name, expand="instanceView"))
            )
        except Missing:
            return None
