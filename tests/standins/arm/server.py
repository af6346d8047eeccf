"""The HTTP side of the stand-in."""

import base64
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.standins.authority import authority_for_loopback

from . import market_routes
from .refusals import Refused
from .world import Body, Deployment, TemplateRefused, World, new_id

TENANT = "11111111-2222-4333-8444-555555555555"
CLIENT = "66666666-7777-4888-9999-000000000000"
SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
SECRET = "an application's secret"
COMPUTE = r"(?:/resourcegroups/(?P<group>[^/]+))?/providers/microsoft\.compute"


@dataclass
class Switches:
    """What goes wrong. statuses: answers for the next requests, in order, as (status, code, text)."""

    statuses: list[tuple[int, str, str]] = field(default_factory=list)
    secret: str = SECRET
    delay: float = 0.0


@dataclass
class ArmLog:
    """Every request: method, path with query, body."""

    entries: list[tuple[str, str, Any]] = field(default_factory=list)

    def text(self) -> str:
        return "\n".join(f"{method} {path} {json.dumps(body)}" for method, path, body in self.entries)


@dataclass
class Arm:
    """A running stand-in."""

    url: str
    ca: Path
    world: World
    switches: Switches
    log: ArmLog
    console_key: str = field(default_factory=new_id)  # who has it may read the consoles, as with a blob's signature


class Handler(BaseHTTPRequestHandler):
    """One connection. The server carries `arm`."""

    protocol_version = "HTTP/1.1"
    arm: Arm
    operations: dict[str, list[Any]]  # id -> [polls left, body when done]

    def log_message(self, format: str, *args: Any) -> None:
        """The log is ArmLog."""

    def _any(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(size) if size else b""
        parts = urlsplit(self.path)
        try:
            if "/oauth2/" in parts.path or "/.well-known/" in parts.path:
                self._entra(parts.path, parse_qs(raw.decode()))
                return
            if parts.path == "/api/retail/prices":
                self._prices(parse_qs(parts.query))
                return
            if parts.path.startswith("/console/"):
                self._console(parts.path.removeprefix("/console"), parse_qs(parts.query))
                return
            body = json.loads(raw) if raw else None
            self.arm.log.entries.append((self.command, self.path, body))
            time.sleep(self.arm.switches.delay)
            self._arm(parts.path, parse_qs(parts.query), body)
        except Refused as refused:
            headers = {"Retry-After": "1"} if refused.status == 429 else {}
            self._say(refused.status, {"error": {"code": refused.code, "message": refused.message}}, **headers)
        except TemplateRefused as refused:
            self._say(400, {"error": {"code": refused.code, "message": refused.message}})

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = _any

    def _say(self, status: int, body: Any = None, **headers: str) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if body is not None:
            self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("x-ms-request-id", new_id())
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _prices(self, query: dict[str, list[str]]) -> None:
        """The public price list: nobody signs in."""
        market = self.arm.world.market
        if market.broken or "Authorization" in self.headers:
            raise Refused(503, "ServiceUnavailable", "The price list is out of order.")
        self._say(200, market.prices(query))

    def _console(self, key: str, query: dict[str, list[str]]) -> None:
        """The blob with the serial console of a machine: whoever has the signed address may read it."""
        if query.get("sig") != [self.arm.console_key] or "Authorization" in self.headers:
            raise Refused(403, "AuthenticationFailed", "Server failed to authenticate the request.")
        machine = self.arm.world.machines.get(key)
        data = machine.console().encode() if machine else b""
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    # -- Entra

    def _entra(self, path: str, form: dict[str, list[str]]) -> None:
        tenant = path.split("/")[1]
        base = f"{self.arm.url}/{tenant}"
        if path.endswith("/.well-known/openid-configuration"):
            self._say(
                200,
                {
                    "issuer": f"{base}/v2.0",
                    "token_endpoint": f"{base}/oauth2/v2.0/token",
                    "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                    "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                },
            )
        elif tenant != TENANT:
            self._say(
                400, {"error": "invalid_request", "error_description": f"AADSTS90002: Tenant '{tenant}' not found."}
            )
        elif form.get("client_id") != [CLIENT]:
            self._say(
                400, {"error": "unauthorized_client", "error_description": "AADSTS700016: Application was not found."}
            )
        elif form.get("client_secret") != [self.arm.switches.secret]:
            text = "AADSTS7000215: Invalid client secret provided."
            self._say(401, {"error": "invalid_client", "error_description": text})
        else:
            claims = base64.urlsafe_b64encode(json.dumps({"aud": form["scope"][0]}).encode()).decode().rstrip("=")
            token = f"e30.{claims}.c2ln"
            self._say(200, {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token})

    # -- Resource Manager

    def _arm(self, path: str, query: dict[str, list[str]], body: Any) -> None:
        if not (self.headers.get("Authorization") or "").startswith("Bearer "):
            raise Refused(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
        if "api-version" not in query:
            raise Refused(400, "MissingApiVersionParameter", "The api-version query parameter is required.")
        if self.arm.switches.statuses:
            raise Refused(*self.arm.switches.statuses.pop(0))
        root = f"/subscriptions/{SUBSCRIPTION}"
        if not path.lower().startswith(root):
            raise Refused(404, "SubscriptionNotFound", f"The subscription '{path.split('/')[2]}' could not be found.")
        rest = path[len(root) :]
        with self.arm.world.lock:
            for pattern, method in ROUTES:
                if found := re.fullmatch(pattern, rest, re.IGNORECASE):
                    method(self, {k: v for k, v in found.groupdict().items() if v is not None}, query, body)
                    return
        raise Refused(404, "NotFound", f"The stand-in has no {self.command} {path}.")

    def _operation(self, final: Any) -> str:
        name = new_id()
        self.operations[name] = [1, final]
        return name

    def _location(self, final: Any) -> str:
        operation = self._operation(final)
        return f"{self.arm.url}/subscriptions/{SUBSCRIPTION}/operationresults/{operation}?api-version=2025-04-01"

    def _subscription(self, found: Body, query: Any, body: Any) -> None:
        self._say(200, {"id": f"/subscriptions/{SUBSCRIPTION}", "displayName": "Harbour", "state": "Enabled"})

    def _regions(self, found: Body, query: Any, body: Any) -> None:
        rows = [("westeurope", "West Europe"), ("northeurope", "North Europe")]
        self._say(200, {"value": [{"name": name, "displayName": shown} for name, shown in rows]})

    def _operation_result(self, found: Body, query: Any, body: Any) -> None:
        operation = self.operations[found["operation"]]
        if operation[0] > 0:
            operation[0] -= 1
            self._say(202, None, Location=f"{self.arm.url}{self.path}", Retry_After="0")
        else:
            self._say(200, operation[1])

    def _operation_status(self, found: Body, query: Any, body: Any) -> None:
        self._say(200, {"status": "Succeeded"})

    def _groups(self, found: Body, query: Any, body: Any) -> None:
        wanted = re.search(r"tagName eq '([^']+)'", query.get("$filter", [""])[0])
        rows = [one for one in self.arm.world.groups.values() if not wanted or wanted[1] in one["tags"]]
        self._say(200, {"value": rows})

    def _group(self, found: Body, query: Any, body: Any) -> None:
        world, name = self.arm.world, found["group"]
        known = world.groups.get(name.lower())
        if self.command == "PUT":
            world.groups[name.lower()] = {
                "id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}",
                "name": name,
                "type": "Microsoft.Resources/resourceGroups",
                "location": body["location"],
                "tags": body.get("tags") or {},
                "properties": {"provisioningState": "Succeeded"},
            }
            self._say(200 if known else 201, world.groups[name.lower()])
        elif self.command == "HEAD":
            self._say(204 if known else 404)
        elif known is None:
            raise Refused(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")
        elif self.command == "DELETE":
            world.remove_group(name)
            self._say(202, None, Location=self._location(None), Retry_After="0")
        else:
            self._say(200, known)

    def _deployment(self, found: Body, query: Any, body: Any) -> None:
        world, group, name = self.arm.world, found["group"], found["name"]
        if group.lower() not in world.groups:
            raise Refused(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")
        deployment = world.deployments.get((group.lower(), name))
        verb = found.get("verb", "").lower()
        if verb == "/whatif":
            changes = self._changes(group, body["properties"])
            final = {"status": "Succeeded", "properties": {"changes": changes}}
            self._say(202, None, Location=self._location(final), Retry_After="0")
        elif self.command == "PUT":
            world.begin(group.lower(), name, body["properties"])
            address = f"{self.arm.url}{self.path.partition('?')[0]}/operationStatuses/{new_id()}"
            self._say(201, self._shown(group, name), Azure_AsyncOperation=f"{address}?api-version=2025-04-01")
        elif deployment is None:
            raise Refused(404, "DeploymentNotFound", f"Deployment '{name}' could not be found.")
        elif verb == "/operations":
            self._say(200, {"value": [self._target(group, deployment, one) for one in deployment.done]})
        elif verb == "/cancel":
            deployment.state = "Canceled"
            self._say(204)
        else:
            world.look(group.lower(), deployment)
            self._say(200, self._shown(group, name))

    def _changes(self, group: str, properties: Body) -> list[Body]:
        from .world import expand

        world = self.arm.world
        rows = expand(properties["template"], properties.get("parameters", {}))
        ids = [world.resource_id(group, one["type"], one["name"]) for one in rows]
        return [
            {"resourceId": one, "changeType": "NoChange" if one.lower() in world.resources else "Create"} for one in ids
        ]

    def _shown(self, group: str, name: str) -> Body:
        deployment = self.arm.world.deployments[group.lower(), name]
        declared = deployment.body["template"].get("parameters", {})
        shown = {
            key: {"type": declared[key]["type"]} | ({} if declared[key]["type"] == "securestring" else value)
            for key, value in deployment.body.get("parameters", {}).items()
        }
        properties: Body = {
            "mode": deployment.body["mode"],
            "provisioningState": deployment.state,
            "parameters": shown,
            "timestamp": "2026-01-01T00:00:00.0000000Z",
            "duration": "PT22.8S",
            "correlationId": new_id(),
            "providers": [],
            "dependencies": [],
        }
        if deployment.outputs:
            properties["outputs"] = deployment.outputs
        if deployment.error is not None and deployment.state == "Failed":
            properties["error"] = deployment.error
        place = self.arm.world.resource_id(group, "Microsoft.Resources/deployments", name)
        return {"id": place, "name": name, "type": "Microsoft.Resources/deployments", "properties": properties}

    def _target(self, group: str, deployment: Deployment, resource: Body) -> Body:
        state, error = self.arm.world.state_of(deployment, resource)
        place = self.arm.world.resource_id(group, resource["type"], resource["name"])
        target = {"id": place, "resourceType": resource["type"], "resourceName": resource["name"]}
        return {
            "id": f"{place}/operations/1",
            "operationId": new_id(),
            "properties": {
                "provisioningOperation": "Create",
                "provisioningState": state,
                "timestamp": "2026-01-01T00:00:00.0000000Z",
                "duration": "PT1M22.5S",
                "statusCode": "Conflict" if error else "OK",
                "targetResource": target,
                **(
                    {"statusMessage": {"status": "Failed", "error": {"code": "Failed", "message": error}}}
                    if error
                    else {}
                ),
            },
        }

    # -- machines

    def _machine_list(self, found: Body, query: Any, body: Any) -> None:
        world, group = self.arm.world, found["group"]
        if group.lower() not in world.groups:
            raise Refused(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")
        rows = [
            self._machine_shown(key, one)
            for key, one in world.resources.items()
            if one["type"] == "Microsoft.Compute/virtualMachines" and one["group"].lower() == group.lower()
        ]
        self._say(200, {"value": rows})

    def _machine_shown(self, key: str, one: Body) -> Body:
        status = {"code": f"PowerState/{self.arm.world.power[key]}", "displayStatus": "VM"}
        windows = "windowsConfiguration" in one["properties"]["osProfile"]
        return {
            "id": self.arm.world.resource_id(one["group"], one["type"], one["name"]),
            "name": one["name"],
            "type": one["type"],
            "location": one["location"],
            "tags": one["tags"],
            "properties": {
                "hardwareProfile": one["properties"]["hardwareProfile"],
                "storageProfile": {
                    "osDisk": {"osType": "Windows" if windows else "Linux", "createOption": "FromImage"}
                },
                "provisioningState": "Succeeded",
                "instanceView": {"statuses": [status]},
            },
        }

    def _machine(self, found: Body, query: Any, body: Any) -> None:
        world, kind = self.arm.world, "Microsoft.Compute/virtualMachines"
        key = world.resource_id(found["group"], kind, found["name"]).lower()
        if key not in world.resources:
            text = f"The Resource '{kind}/{found['name']}' under resource group '{found['group']}' was not found."
            raise Refused(404, "ResourceNotFound", text)
        verb = found.get("verb", "").lower().removeprefix("/")
        if verb == "retrievebootdiagnosticsdata":
            self._say(200, {"serialConsoleLogBlobUri": f"{self.arm.url}/console{key}?sig={self.arm.console_key}"})
            return
        if self.command == "PATCH":
            market_routes.machine_patch(self, found, body)
            return
        if self.command == "DELETE":
            world.act(key, "delete")
        elif verb:
            world.act(key, verb)
        else:
            self._say(200, self._machine_shown(key, world.resources[key]))
            return
        place = f"{self.arm.url}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/locations/westeurope"
        address = f"{place}/operations/{new_id()}?api-version=2024-11-01"
        self._say(202, None, Azure_AsyncOperation=address, Location=address)


ROUTES: tuple[tuple[str, Any], ...] = (
    (r"", Handler._subscription),
    (r"/locations", Handler._regions),
    (r"/operationresults/(?P<operation>[^/]+)", Handler._operation_result),
    (r".*/operation(?:statuse)?s/[^/]+", Handler._operation_status),
    (r"/resourcegroups", Handler._groups),
    (r"/resourcegroups/(?P<group>[^/]+)", Handler._group),
    (
        r"/resourcegroups/(?P<group>[^/]+)(?:/providers/microsoft\.resources)?/deployments/(?P<name>[^/]+)"
        r"(?P<verb>/whatif|/operations|/cancel)?",
        Handler._deployment,
    ),
    *market_routes.ROUTES,
    (COMPUTE + r"/virtualmachines", Handler._machine_list),
    (
        COMPUTE
        + r"/virtualmachines/(?P<name>[^/]+)"
        + r"(?P<verb>/start|/deallocate|/restart|/redeploy|/poweroff|/retrieveBootDiagnosticsData)?",
        Handler._machine,
    ),
)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no matter."""


@contextmanager
def start_arm(folder: Path, **world: Any) -> Iterator[Arm]:
    """A stand-in on a loopback port; its certificate comes from an authority of its own, whose PEM is `ca`."""
    pem, context = authority_for_loopback(folder)
    server = _Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    ca = folder / "authority.pem"
    ca.write_text(pem)
    url = f"https://127.0.0.1:{server.server_port}"
    arm = Arm(url, ca, World(SUBSCRIPTION, **world), Switches(), ArmLog())
    Handler.arm = arm
    Handler.operations = {}
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield arm
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


__all__ = ["CLIENT", "SECRET", "SUBSCRIPTION", "TENANT", "Arm", "ArmLog", "Switches", "start_arm"]
