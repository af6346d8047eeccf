"""Security descriptors of Windows in their string form (SDDL). Pure. [MS-DTYP 2.5.1]"""

import re

# The system, administrators, and the installer of Windows; CREATOR OWNER (CO) and OWNER RIGHTS (OW) stand for the
# owner, who is checked apart.
TRUSTED = {"SY", "BA", "LA", "S-1-5-18", "S-1-5-32-544", "CO", "S-1-3-0", "OW", "S-1-3-4"}
_INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
# WriteData, AppendData, WriteEA, DeleteChild, WriteAttributes, Delete, WriteDAC, WriteOwner, GenericAll, GenericWrite
_WRITES = 0x2 | 0x4 | 0x10 | 0x40 | 0x100 | 0x10000 | 0x40000 | 0x80000 | 0x10000000 | 0x40000000
_WRITE_WORDS = {"FA", "FW", "GA", "GW", "WD", "WO", "SD", "DC", "LC", "WP", "DT", "KA", "KW"}
_WELL_KNOWN = {"WD": "Everyone", "BU": "Users", "AU": "Authenticated Users", "IU": "Interactive", "NU": "Network"}


def writers(sddl: str) -> list[str]:
    """Who but the system and administrators may write or replace the file; "Everyone" when it has no access list."""
    found: list[str] = []
    owner = re.match(r"O:(S-[\d-]+|[A-Z]{2})", sddl)
    if owner and not _trusted(owner[1]):
        found.append(_name(owner[1]))
    access = re.search(r"D:([A-Z_]*)((?:\([^)]*\))*)", sddl)
    if access is None or "NO_ACCESS_CONTROL" in access[1]:
        return [*found, "Everyone"]
    for entry in re.findall(r"\(([^)]*)\)", access[2]):
        kind, flags, rights, _, _, trustee = (entry.split(";") + [""] * 6)[:6]
        inherit_only = "IO" in re.findall("..", flags)
        if kind in {"A", "XA"} and not inherit_only and _may_write(rights) and not _trusted(trustee):
            found.append(_name(trustee))
    return list(dict.fromkeys(found))


def _may_write(rights: str) -> bool:
    if rights.lower().startswith("0x"):
        return bool(int(rights, 16) & _WRITES)
    return bool(_WRITE_WORDS & set(re.findall("..", rights)))


def _trusted(trustee: str) -> bool:
    return trustee in TRUSTED or trustee == _INSTALLER


def _name(trustee: str) -> str:
    return _WELL_KNOWN.get(trustee, trustee)
