"""What the doctor makes of what it saw: a table of troubles, each with its remedy."""

import ssl
from dataclasses import replace
from typing import Any

import pytest

from engine_agent import doctor_verdicts as verdicts
from engine_agent.doctor_verdicts import FAIL, OK, WARN, Check, EngineSeen, PortalSeen

SOCKET = "unix:///var/run/docker.sock"
HINT = "Start it"
GOOD = PortalSeen("https://portal.example", "ok", version="1.0", low=1, high=1, date=1000.0, asked=1000.0, expires=9e9)


def seen(**changes: Any) -> PortalSeen:
    return replace(GOOD, **changes)


def state_check(**changes: Any) -> Check:
    usual: dict[str, Any] = {"exists": True, "mine": True, "mode": 0o700}
    return verdicts.state_check("/state", **(usual | changes))


def certificate(there: PortalSeen, *, tls: bool = True, pinned: bool = False, now: float = 0.0) -> Check:
    return verdicts.certificate_check(there, tls=tls, pinned=pinned, now=now)


TABLE: list[tuple[str, Check, str, str]] = [
    ("engine ok", verdicts.engine_check(EngineSeen(SOCKET, "ok", "", "29.0", "1.52"), HINT), OK, "API 1.52"),
    ("engine absent", verdicts.engine_check(EngineSeen(SOCKET, "absent"), HINT), FAIL, "nothing at"),
    ("engine denied", verdicts.engine_check(EngineSeen(SOCKET, "denied"), HINT), FAIL, "usermod"),
    ("engine old", verdicts.engine_check(EngineSeen(SOCKET, "too-old", "speaks 1.24"), HINT), FAIL, "20.10 or newer"),
    ("engine silent", verdicts.engine_check(EngineSeen(SOCKET, "silent"), HINT), FAIL, "does not answer"),
    ("engine gone", verdicts.engine_check(EngineSeen(SOCKET, "gone", "refused"), HINT), FAIL, "refused"),
    ("identity", verdicts.identity_check("ID", "connected", ""), OK, "ID"),
    ("identity unknown", verdicts.identity_check("", "connected", ""), WARN, "no id"),
    ("clone", verdicts.identity_check("ID", "refused", "Another machine has this key"), FAIL, "key.json"),
    ("revoked", verdicts.identity_check("ID", "refused", "It was revoked"), FAIL, "every minute"),
    ("dns", verdicts.dns_check("portal.example", ("192.0.2.1",), "", ""), OK, "192.0.2.1"),
    ("dns unknown", verdicts.dns_check("portal.example", (), "not known", ""), FAIL, "resolv.conf"),
    ("dns of proxy", verdicts.dns_check("proxy", (), "not known", "http://proxy"), FAIL, "proxy is not known"),
    ("no proxy", verdicts.proxy_check({}, None, "p"), OK, "none"),
    ("proxy not used", verdicts.proxy_check({"https_proxy": "x"}, None, "p"), OK, "not for p"),
    ("proxy", verdicts.proxy_check({"https_proxy": "x"}, "http://u:secret@proxy:3128", "p"), OK, "http://proxy:3128"),
    ("socks", verdicts.proxy_check({"https_proxy": "x"}, "socks5://proxy", "p"), FAIL, "no"),
    ("portal", verdicts.portal_check(GOOD), OK, "protocol 1 to 1"),
    ("portal newer", verdicts.portal_check(seen(low=7, high=9)), FAIL, "newer agent"),
    ("portal older", verdicts.portal_check(seen(low=0, high=0)), FAIL, "Update the portal"),
    ("portal away", verdicts.portal_check(seen(how="unreachable", said="no route")), FAIL, "no route"),
    ("portal behind proxy", verdicts.portal_check(seen(how="proxy", said="refused")), FAIL, "NO_PROXY"),
    ("no portal", verdicts.portal_check(seen(how="answer", said="it answered 404")), FAIL, "no Pierhead portal"),
    ("portal dns", verdicts.portal_check(seen(how="dns")), FAIL, "name"),
    ("portal certificate", verdicts.portal_check(seen(how="certificate")), FAIL, "certificate"),
    ("certificate", certificate(GOOD, now=9e9 - 40 * 86_400), OK, "40 days"),
    ("certificate pinned", certificate(GOOD, pinned=True), OK, "pinned"),
    ("certificate ends", certificate(GOOD, now=9e9 - 3 * 86_400), WARN, "3 days"),
    ("certificate ended", certificate(seen(how="certificate", verify=10)), FAIL, "expired"),
    ("certificate early", certificate(seen(how="certificate", verify=9)), FAIL, "clock"),
    ("certificate name", certificate(seen(how="certificate", verify=62)), FAIL, "--portal"),
    ("certificate address", certificate(seen(how="certificate", verify=64)), FAIL, "--portal"),
    ("authority", certificate(seen(how="certificate", verify=20)), FAIL, "--ca FILE"),
    ("authority changed", certificate(seen(how="certificate", verify=20), pinned=True), FAIL, "enrol this host again"),
    ("no tls", certificate(GOOD, tls=False), OK, "on this machine"),
    ("certificate unseen", certificate(seen(expires=None)), WARN, "not seen"),
    ("clock", verdicts.clock_check(seen(asked=1002.0)), OK, "in step"),
    ("clock ahead", verdicts.clock_check(seen(asked=1060.0)), WARN, "60 s ahead of"),
    ("clock behind", verdicts.clock_check(seen(asked=400.0)), FAIL, "600 s behind"),
    ("clock unknown", verdicts.clock_check(seen(date=None)), WARN, "cannot be compared"),
    ("disk", verdicts.disk_check("d", "the agent", 5 * 2**30), OK, "5.0 GiB"),
    ("disk low", verdicts.disk_check("d", "the agent", 2**30), WARN, "image prune"),
    ("disk full", verdicts.disk_check("d", "the agent", 2**20), FAIL, "image prune"),
    ("disk unknown", verdicts.disk_check("d", "the agent", None), WARN, "could not be told"),
    ("policy none", verdicts.policy_check("/p", False, ""), OK, "everything is allowed"),
    ("policy", verdicts.policy_check("/p", True, ""), OK, "honoured"),
    ("policy broken", verdicts.policy_check("/p", True, "line 3: no"), FAIL, "policy check /p"),
    ("state", state_check(), OK, "/state"),
    ("state windows", state_check(mode=None), OK, "/state"),
    ("state absent", state_check(exists=False), FAIL, "--state-dir"),
    ("state other", state_check(mine=False), FAIL, "sudo"),
    ("state open", state_check(mode=0o755), WARN, "chmod 700"),
    ("enrolled", verdicts.enrolment_check("p", "rock", "crew", ""), OK, "rock"),
    ("not enrolled", verdicts.enrolment_check("", "", "", "not enrolled"), FAIL, "Add a host"),
    ("agent", verdicts.agent_check(True, "connected", ""), OK, "connected"),
    ("agent stopped", verdicts.agent_check(False, "", ""), WARN, "service install"),
    ("agent waits", verdicts.agent_check(True, "waiting", "no route"), WARN, "no route"),
]


@pytest.mark.parametrize(("check", "state", "words"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_trouble_and_its_remedy(check: Check, state: str, words: str) -> None:
    assert check.state == state
    assert words in f"{check.detail} {check.remedy}"
    assert check.remedy or state != FAIL


def test_a_proxys_password_is_never_shown() -> None:
    assert verdicts.hidden("http://user:secret@proxy:3128") == "http://proxy:3128"
    assert verdicts.hidden("proxy:3128") == "proxy:3128"


def test_the_code_of_a_refused_certificate_is_found_among_the_causes() -> None:
    inner = ssl.SSLCertVerificationError("no")
    inner.verify_code = 10
    outer = ValueError("x")
    outer.__cause__ = inner
    assert verdicts.verification_code(outer) == 10
    assert verdicts.verification_code(ValueError("y")) == 0
