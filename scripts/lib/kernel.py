"""Which server a kernel library belongs to, read from its file: release and edition of std::string."""

import re
import struct

# The name of `Util::VER` tells the namespace and, by its tag, the layout of std::string.
EDITIONS = {
    "_ZN3ddb4Util3VERE": ("ddb", False),
    "_ZN4Util3VERE": ("global", False),
    "_ZN3ddb4Util3VERB5cxx11E": ("ddb", True),
    "_ZN4Util3VERB5cxx11E": ("global", True),
}
VERSION = re.compile(r"\d+\.\d+\.\d+(\.\d+)*( .*)?$")
# lea or mov with an address relative to the next instruction, into any register.
LOADS_ADDRESS = re.compile(b"[\x48\x4c][\x8b\x8d][\x05\x0d\x15\x1d\x25\x2d\x35\x3d]")
# Within how many bytes of code a string and the text for it are named.
NEAR = 80


def edition(elf):
    """(name of the version, namespace, whether strings have the newer layout), or None."""
    for name, (namespace, own_strings) in EDITIONS.items():
        if name in elf.exported:
            return name, namespace, own_strings
    return None


def versions(elf):
    """The texts that the library's start-up code may put into `Util::VER`: one when all is well.

    The string is filled at run time, so its text is found by the code that names both.
    """
    found = edition(elf)
    if found is None:
        return []
    symbol = found[0]
    # Code reaches a visible variable directly or through a word that the linker fills.
    places = {word for word, (name, _) in elf.relocations.items() if name == symbol}
    places.add(elf.exported[symbol])
    code, base = elf.content(".text")
    texts = set()
    for match in LOADS_ADDRESS.finditer(code):
        if _address(code, base, match) in places:
            texts |= _texts_near(elf, code, base, match.end())
    return sorted(texts)


def release_of(version):
    """The first three numbers, which are what a server compares."""
    return ".".join(version.split(" ")[0].split(".")[:3])


def _texts_near(elf, code, base, at):
    matches = LOADS_ADDRESS.finditer(code, max(0, at - NEAR), at + NEAR)
    texts = (elf.text_at(_address(code, base, match)) for match in matches)
    return {text for text in texts if text and VERSION.match(text)}


def _address(code, base, match):
    end = match.end() + 4
    return base + end + struct.unpack("<i", code[match.end():end].ljust(4, b"\0"))[0]
