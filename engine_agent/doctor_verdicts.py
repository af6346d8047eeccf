"""What the doctor's findings mean, and what to do. Pure: each function takes what was seen and gives one check."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from . import VERSION
from .protocol import PROTOCOL_MAX, PROTOCOL_MIN
from .protocol.facts import DISK_FULL_BYTES

OK, WARN, FAIL = "ok", "warn", "fail"
SKEW_WARN, SKEW_FAIL = 30.0, 300.0  # the portal refuses signed requests beyond 300 s
DISK_WARN, DISK_FAIL = 2 * 2**30, DISK_FULL_BYTES
EXPIRY_WARN_DAYS = 14
DAY = 86_400.0
# OpenSSL's verification codes [openssl-verification-options(1)]
_EXPIRED, _NOT_YET, _NAME, _ADDRESS = 10, 9, 62, 64


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. state: ok, warn or fail; detail: what was seen; remedy: what to do, "" when nothing."""

    key: str
    title: str
    state: str
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class EngineSeen:
    """An engine that was tried. how: ok, absent, denied, silent, gone or too-old; said: in words."""

    address: str
    how: str
    said: str = ""
    version: str = ""
    api: str = ""
    engine_id: str = ""
    data_root_free: int | None = None


@dataclass(frozen=True, slots=True)
class PortalSeen:
    """The portal that was tried. how: ok, dns, unreachable, certificate, proxy or answer; verify: OpenSSL's code.

    date: the portal's clock, unix seconds; low, high: the protocols it speaks; expires: end of its certificate.
    """

    origin: str
    how: str
    said: str = ""
    verify: int = 0
    version: str = ""
    low: int = 0
    high: int = 0
    date: float | None = None
    asked: float = 0.0
    expires: float | None = None


def engine_check(seen: EngineSeen, hint: str) -> Check:
    """Whether the engine can be used. hint: what to type on this system."""
    title = "Docker Engine"
    match seen.how:
        case "ok":
            return Check("engine", title, OK, f"{seen.address}: version {seen.version}, API {seen.api}")
        case "absent":
            return Check("engine", title, FAIL, f"There is nothing at {seen.address}", hint)
        case "denied":
            remedy = "Put the agent's user in the group that owns the socket (usermod -a -G docker USER) and restart it"
            return Check("engine", title, FAIL, f"This user may not use {seen.address}", remedy)
        case "too-old":
            return Check("engine", title, FAIL, seen.said, "Install Docker Engine 20.10 or newer")
        case "silent":
            remedy = "It may hang: look at its log (journalctl -u docker), restart it if it stays so"
            return Check("engine", title, FAIL, f"{seen.address} takes connections and does not answer", remedy)
    return Check("engine", title, FAIL, f"{seen.address}: {seen.said}", hint)


def identity_check(engine_id: str, link: str, reason: str) -> Check:
    """Whether the portal takes this machine for what it is. link, reason: as the running agent last said."""
    title = "Identity"
    if link == "refused":
        remedy = (
            "Of two machines with one key, delete the agent's state folder on the copy and enrol it again; a copied "
            "engine needs an id of its own (stop it, delete /etc/docker/key.json and engine-id in its data root)"
            if any(word in reason.lower() for word in ("conflict", "another", "identity", "key"))
            else "Do what the portal says; the agent asks again every minute"
        )
        return Check("identity", title, FAIL, f"The portal refuses this host: {reason}", remedy)
    if not engine_id:
        return Check("identity", title, WARN, "The engine tells no id, so a cloned one cannot be noticed")
    return Check("identity", title, OK, f"engine id {engine_id}")


def dns_check(host: str, addresses: tuple[str, ...], error: str, proxy: str) -> Check:
    """Whether the name of the portal, or of the proxy on the way, leads somewhere."""
    title = "Name of the portal" if not proxy else "Name of the proxy"
    if error:
        remedy = "Check the name, and /etc/resolv.conf or the DNS settings of this machine"
        return Check("dns", title, FAIL, f"{host} is not known: {error}", remedy)
    return Check("dns", title, OK, f"{host} is {', '.join(addresses[:4])}")


def proxy_check(variables: Mapping[str, str], used: str | None, host: str) -> Check:
    """The proxy variables of this environment. Passwords in them are never shown."""
    title = "Proxy"
    named = ", ".join(sorted(variables))
    if used is None:
        said = f"{named} set, and not for {host}" if named else "none"
        return Check("proxy", title, OK, said)
    if used.split("://")[0].lower() not in {"http", used.lower()}:
        remedy = "Name an http:// proxy in HTTPS_PROXY (it may still carry encrypted connections)"
        return Check("proxy", title, FAIL, f"{hidden(used)} is not an http:// proxy", remedy)
    return Check(
        "proxy", title, OK, f"{hidden(used)} ({named}). A service has an environment of its own: set it there too"
    )


def hidden(proxy: str) -> str:
    """A proxy's address without user and password."""
    scheme, mark, rest = proxy.rpartition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"


def portal_check(seen: PortalSeen) -> Check:
    """Whether the portal can be reached and speaks with this agent."""
    title = "Portal"
    match seen.how:
        case "ok" if seen.high < PROTOCOL_MIN:
            remedy = "Update the portal, or install the agent that it offers (its page /agent/)"
            return Check("portal", title, FAIL, _protocols(seen), remedy)
        case "ok" if seen.low > PROTOCOL_MAX:
            return Check(
                "portal", title, FAIL, _protocols(seen), "Install the newer agent that the portal offers (/agent/)"
            )
        case "ok":
            return Check(
                "portal", title, OK, f"{seen.origin}, version {seen.version}, protocol {seen.low} to {seen.high}"
            )
        case "certificate":
            return Check("portal", title, FAIL, f"{seen.origin} cannot prove itself", "See “certificate” below")
        case "dns":
            return Check("portal", title, FAIL, f"{seen.origin}: its name is not known", "See “name” above")
        case "proxy":
            return Check(
                "portal", title, FAIL, f"{seen.origin}: {seen.said}", "Check the proxy, or name the portal in NO_PROXY"
            )
        case "answer":
            remedy = "A reverse proxy may not let websockets through, or this is no Pierhead portal"
            return Check("portal", title, FAIL, f"{seen.origin}: {seen.said}", remedy)
    remedy = "Check the address, and that firewalls let this machine out to it"
    return Check("portal", title, FAIL, f"{seen.origin} does not answer: {seen.said}", remedy)


def _protocols(seen: PortalSeen) -> str:
    return (
        f"The portal (version {seen.version}) speaks protocol {seen.low} to {seen.high}, this agent "
        f"(version {VERSION}) {PROTOCOL_MIN} to {PROTOCOL_MAX}"
    )


def certificate_check(seen: PortalSeen, *, tls: bool, pinned: bool, now: float) -> Check:
    """The portal's certificate. pinned: only the authority of enrolment is believed."""
    title = "Certificate"
    if not tls:
        return Check("certificate", title, OK, "none: the portal is on this machine")
    if seen.how == "certificate":
        return _bad_certificate(seen, pinned)
    if seen.expires is None:
        return Check("certificate", title, WARN, "It was not seen, because the portal does not answer")
    days = (seen.expires - now) / DAY
    if days < EXPIRY_WARN_DAYS:
        remedy = "Renew it on the portal, or on the reverse proxy before it"
        return Check("certificate", title, WARN, f"It ends in {max(0, int(days))} days", remedy)
    return Check(
        "certificate", title, OK, f"Good for {int(days)} days" + (", its authority is pinned" if pinned else "")
    )


def _bad_certificate(seen: PortalSeen, pinned: bool) -> Check:
    match seen.verify:
        case 10:
            return _certificate("It has expired", "Renew it on the portal, and check the clock of this machine")
        case 9:
            return _certificate("It is not valid yet", "The clock of this machine is probably behind: set it")
        case 62 | 64:
            return _certificate(f"It is not for this name: {seen.said}", "Use the name it was made for with --portal")
    remedy = (
        "The authority of enrolment is pinned and another one signs now: if that is right, enrol this host again"
        if pinned
        else "Name the private authority with --ca FILE, or add it to this machine's own"
    )
    return _certificate(f"Its authority is not known here: {seen.said}", remedy)


def _certificate(detail: str, remedy: str) -> Check:
    return Check("certificate", "Certificate", FAIL, detail, remedy)


def clock_check(seen: PortalSeen) -> Check:
    """This machine's clock against the portal's."""
    title = "Clock"
    if seen.date is None:
        return Check("clock", title, WARN, "It cannot be compared, because the portal does not answer")
    skew = seen.asked - seen.date
    words = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the portal"
    remedy = "Set it, and keep it right with NTP (timedatectl set-ntp true; w32tm /resync on Windows)"
    if abs(skew) > SKEW_FAIL:
        return Check("clock", title, FAIL, f"{words}; signed requests are refused", remedy)
    if abs(skew) > SKEW_WARN:
        return Check("clock", title, WARN, words, remedy)
    return Check("clock", title, OK, "in step with the portal")


def disk_check(key: str, what: str, free: int | None) -> Check:
    """Room on a disk. free: bytes; None: unknown."""
    title = f"Disk of {what}"
    if free is None:
        return Check(key, title, WARN, "How much room there is could not be told")
    words = f"{free / 2**30:.1f} GiB free"
    remedy = "Make room: remove unused images (docker image prune), or grow the disk"
    if free < DISK_FAIL:
        return Check(key, title, FAIL, words, remedy)
    return Check(key, title, WARN if free < DISK_WARN else OK, words, remedy if free < DISK_WARN else "")


def policy_check(path: str, present: bool, trouble: str) -> Check:
    """The policy file of the host's owner."""
    if trouble:
        remedy = f"Until then nothing is carried out. “engine-agent policy check {path}” tells every mistake"
        return Check("policy", "Policy", FAIL, trouble, remedy)
    return Check("policy", "Policy", OK, f"{path} is honoured" if present else f"no file {path}: everything is allowed")


def state_check(path: str, *, exists: bool, mine: bool, mode: int | None) -> Check:
    """The state folder. mode: its permission bits, None where they say nothing (Windows)."""
    title = "State folder"
    if not exists:
        return Check(
            "state", title, FAIL, f"{path} is not there", "Enrol this machine, or name its folder with --state-dir"
        )
    if not mine:
        return Check(
            "state", title, FAIL, f"{path} belongs to another user", "Run this as the user of the agent, or with sudo"
        )
    if mode is not None and mode & 0o077:
        return Check("state", title, WARN, f"{path} can be entered by others (mode {mode:o})", f"chmod 700 {path}")
    return Check("state", title, OK, path)


def enrolment_check(portal: str, name: str, team: str, problem: str) -> Check:
    """Whether this machine is a host of a portal."""
    if problem:
        remedy = "Enrol it with the command the portal shows under Hosts, Add a host"
        return Check("enrolment", "Enrolment", FAIL, problem, remedy)
    return Check("enrolment", "Enrolment", OK, f"host “{name}” of team “{team}” at {portal}")


def agent_check(running: bool, link: str, reason: str) -> Check:
    """The agent's own process."""
    title = "Agent"
    if not running:
        remedy = "Start it: “engine-agent service install”, or “engine-agent run”"
        return Check("agent", title, WARN, "It does not run", remedy)
    if link == "connected":
        return Check("agent", title, OK, f"version {VERSION} here; it runs and is connected")
    return Check(
        "agent", title, WARN, f"It runs and is not connected ({link or 'starting'}): {reason or 'no reason yet'}"
    )


def verification_code(error: BaseException | None) -> int:
    """OpenSSL's code of a refused certificate, anywhere in the chain of causes; 0 when there is none."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return int(error.verify_code)
        error = error.__cause__
    return 0
