"""Two small Windows binaries, written byte by byte, since no compiler for Windows is here.

The interpreter that can be had (see portable.py) is a library: `launcher` makes the python.exe that calls it, and
`forwarder` the python3.dll through which extension modules with the stable ABI find it. [Microsoft, PE Format]
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

ALIGN, FIRST, IMAGE = 0x200, 0x1000, 0x140000000
CODE, DATA = 0x60000020, 0xC0000040
PROGRAM, LIBRARY = 0x22 | 1, 0x2022


@dataclass(frozen=True)
class Section:
    """A section of a file; flags as the format names them."""

    name: bytes
    content: bytes
    flags: int


def launcher(python: str) -> bytes:
    """A console program that calls Py_Main of the library `python` with its command line."""
    imports = (
        ("kernel32.dll", ("GetCommandLineW", "ExitProcess")),
        ("shell32.dll", ("CommandLineToArgvW",)),
        (python, ("Py_Main",)),
    )
    table = FIRST + 0x1000
    data, addresses = _imports(imports, table)
    code = bytearray(b"\x48\x83\xec\x38")  # sub rsp,38h

    def call(name: str) -> None:
        code.extend(b"\xff\x15" + struct.pack("<i", addresses[name] - (FIRST + len(code) + 6)))

    call("GetCommandLineW")
    code += b"\x48\x89\xc1\x48\x8d\x54\x24\x28"  # mov rcx,rax; lea rdx,[rsp+28h]
    call("CommandLineToArgvW")
    code += b"\x8b\x4c\x24\x28\x48\x89\xc2"  # mov ecx,[rsp+28h]; mov rdx,rax
    call("Py_Main")
    code += b"\x89\xc1"  # mov ecx,eax
    call("ExitProcess")
    sections = (Section(b".text", bytes(code) + b"\xcc", CODE), Section(b".idata", data, DATA))
    return _file(sections, PROGRAM, entry=FIRST, directory=(1, table, 20 * (len(imports) + 1)))


def _imports(wanted: Sequence[tuple[str, Sequence[str]]], at: int) -> tuple[bytes, dict[str, int]]:
    """The import section that lies at `at`, and where the address of each function will be."""
    blob = bytearray(20 * (len(wanted) + 1))
    names: list[tuple[int, list[int]]] = []
    for library, functions in wanted:
        hints = []
        for function in functions:
            blob += b"\0" * (len(blob) & 1)
            hints.append(len(blob))
            blob += b"\0\0" + function.encode() + b"\0"
        names.append((len(blob), hints))
        blob += library.encode() + b"\0"
    blob += b"\0" * (-len(blob) % 8)
    addresses: dict[str, int] = {}
    for number, ((_, functions), (name, hints)) in enumerate(zip(wanted, names, strict=True)):
        thunks = b"".join(struct.pack("<Q", at + hint) for hint in hints) + bytes(8)
        lookup, table = len(blob), len(blob) + len(thunks)
        blob += thunks + thunks
        addresses |= {function: at + table + 8 * index for index, function in enumerate(functions)}
        struct.pack_into("<IIIII", blob, 20 * number, at + lookup, 0, 0, at + name, at + table)
    return bytes(blob), addresses


def forwarder(library: bytes, name: str) -> bytes:
    """A python3.dll that forwards every name which the library `name` (its content: `library`) exports."""
    exported = _exports(library)
    count = len(exported)
    blob = bytearray(40 + 10 * count)
    targets, places = [], []
    for one in exported:
        targets.append(FIRST + len(blob))
        blob += name.rpartition(".")[0].encode() + b"." + one + b"\0"
        places.append(FIRST + len(blob))
        blob += one + b"\0"
    own = FIRST + len(blob)
    blob += b"python3.dll\0"
    lists = (FIRST + 40, FIRST + 40 + 4 * count, FIRST + 40 + 8 * count)
    struct.pack_into("<IIHHIIIIIII", blob, 0, 0, 0, 0, 0, own, 1, count, count, *lists)
    struct.pack_into(f"<{count}I", blob, 40, *targets)
    struct.pack_into(f"<{count}I", blob, 40 + 4 * count, *places)
    struct.pack_into(f"<{count}H", blob, 40 + 8 * count, *range(count))
    return _file((Section(b".rdata", bytes(blob), 0x40000040),), LIBRARY, entry=0, directory=(0, FIRST, len(blob)))


def _exports(content: bytes) -> list[bytes]:
    """The names that a library exports, sorted."""
    header = struct.unpack_from("<I", content, 0x3C)[0]
    sections, optional = (
        struct.unpack_from("<H", content, header + 6)[0],
        struct.unpack_from("<H", content, header + 20)[0],
    )
    table = [struct.unpack_from("<8sIIII", content, header + 24 + optional + 40 * n) for n in range(sections)]

    def offset(address: int) -> int:
        for _, virtual, start, raw, place in table:
            if start <= address < start + max(virtual, raw):
                return int(address - start + place)
        raise ValueError(f"address {address:#x} is in no section")

    directory = offset(struct.unpack_from("<I", content, header + 24 + 112)[0])
    count = struct.unpack_from("<I", content, directory + 24)[0]
    names = offset(struct.unpack_from("<I", content, directory + 32)[0])
    found = []
    for number in range(count):
        start = offset(struct.unpack_from("<I", content, names + 4 * number)[0])
        found.append(content[start : content.index(b"\0", start)])
    return sorted(found)


def _file(sections: Sequence[Section], kind: int, *, entry: int, directory: tuple[int, int, int]) -> bytes:
    """The whole file. directory: number, address and size of the one data directory it has."""
    end = FIRST * (len(sections) + 1) if kind == PROGRAM else (FIRST + len(sections[0].content) + 0xFFF) & ~0xFFF
    padded = [_padded(one.content) for one in sections]
    code = len(padded[0]) if kind == PROGRAM else 0
    coff = struct.pack("<4sHHIIIHH", b"PE\0\0", 0x8664, len(sections), 0, 0, 0, 240, kind)
    optional = struct.pack("<HBBIIIII", 0x20B, 14, 0, code, sum(map(len, padded)) - code, 0, entry, FIRST)
    subsystem, base = (3, IMAGE) if kind == PROGRAM else (3, 0x180000000)
    optional += struct.pack(
        "<QIIHHHHHHIIIIHH", base, 0x1000, ALIGN, 6, 0, 0, 0, 6, 0, 0, end, ALIGN, 0, subsystem, 0x140
    )
    optional += struct.pack("<QQQQII", 0x100000, 0x1000, 0x100000, 0x1000, 0, 16)
    directories = [(0, 0)] * 16
    directories[directory[0]] = directory[1:]
    optional += b"".join(struct.pack("<II", *one) for one in directories)
    table, place = b"", ALIGN
    for number, (one, content) in enumerate(zip(sections, padded, strict=True)):
        address = FIRST * (number + 1)
        table += struct.pack(
            "<8sIIIIIIHHI", one.name, len(one.content), address, len(content), place, 0, 0, 0, 0, one.flags
        )
        place += len(content)
    head = b"MZ" + bytes(58) + struct.pack("<I", 0x40) + coff + optional + table
    return _padded(head) + b"".join(padded)


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % ALIGN)
