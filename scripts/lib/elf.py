"""Reads an x86-64 ELF library as a file: names, relocations, bytes. Nothing of it is ever loaded."""

import mmap
import struct

X86_64 = 62
# Kinds of sections and flags of theirs.
NOBITS, EXECUTABLE = 8, 4
# Relocations whose word will hold the address of a symbol; the last: an address of the library itself.
R_64, R_GLOB_DAT, R_RELATIVE = 1, 6, 8


class NotElf(Exception):
    """The file is no library that this reader understands; the text says why."""


class Section:
    """One row of the section table."""

    def __init__(self, fields):
        _, self.kind, self.flags, self.address, self.offset, self.size = fields[:6]

    def holds(self, address):
        return self.address and self.address <= address < self.address + self.size


class Elf:
    """A library by its addresses, as the linker gave them.

    `exported` has the address of every visible name, `sizes` how many bytes lie there, `names` all
    names of an address, hidden ones too, and `relocations` where the pointer in a word will lead.
    """

    def __init__(self, path):
        self.bytes = _mapped(path)
        try:
            self.sections = self._read_sections()
            self._symbols = self._read_symbols(".dynsym", ".dynstr")
            self.exported = {name: value for name, value, _, defined in self._symbols if defined}
            self.sizes = {name: size for name, _, size, defined in self._symbols if defined}
            self.relocations = self._read_relocations()
            self.names = self._names_by_address()
        except (struct.error, KeyError, IndexError, ValueError) as error:
            raise NotElf("{} is damaged or has no section headers ({!r})".format(path, error))

    def leads_to(self, word):
        """Where the pointer in `word` will lead: (symbol or None, address or None); None when nowhere."""
        return self.relocations.get(word)

    def content(self, name):
        """The bytes of a section and the address of the first."""
        section = self.sections[name]
        return self.bytes[section.offset:section.offset + section.size], section.address

    def text_at(self, address):
        """The NUL-terminated text at an address of the library, or None."""
        for section in self.sections.values():
            if section.holds(address) and section.kind != NOBITS:
                start = section.offset + address - section.address
                end = self.bytes.find(b"\0", start, section.offset + section.size)
                return None if end < 0 else self.bytes[start:end].decode("utf-8", "replace")
        return None

    def is_code(self, address):
        """Whether an address lies where code may run."""
        return any(part.flags & EXECUTABLE and part.holds(address) for part in self.sections.values())

    def _read_sections(self):
        (table,) = struct.unpack_from("<Q", self.bytes, 0x28)
        entry, count, names = struct.unpack_from("<HHH", self.bytes, 0x3A)
        rows = [struct.unpack_from("<IIQQQQIIQQ", self.bytes, table + i * entry) for i in range(count)]
        return {self._text(rows[names][4] + row[0]): Section(row) for row in rows}

    def _read_symbols(self, table, strings):
        """(name, address, size, whether it is defined here) of each symbol."""
        content, _ = self.content(table)
        start = self.sections[strings].offset
        rows = struct.iter_unpack("<IBBHQQ", content)
        return [(self._text(start + name), value, size, section != 0)
                for name, _, _, section, value, size in rows]

    def _read_relocations(self):
        content, _ = self.content(".rela.dyn")
        found = {}
        for word, info, addend in struct.iter_unpack("<QQq", content):
            kind = info & 0xFFFFFFFF
            if kind == R_RELATIVE:
                found[word] = (None, addend)
            elif kind in (R_64, R_GLOB_DAT):
                name, value, _, defined = self._symbols[info >> 32]
                found[word] = (name, value + addend if defined else None)
        return found

    def _names_by_address(self):
        symbols = self._symbols
        if ".symtab" in self.sections:
            symbols = symbols + self._read_symbols(".symtab", ".strtab")
        names = {}
        for name, value, _, defined in symbols:
            if defined and name:
                names.setdefault(value, set()).add(name)
        return names

    def _text(self, offset):
        return self.bytes[offset:self.bytes.find(b"\0", offset)].decode("utf-8", "replace")


def _mapped(path):
    try:
        with open(str(path), "rb") as file:
            head = file.read(64)
            if len(head) < 64 or head[:6] != b"\x7fELF\x02\x01":
                raise NotElf("{} is no 64-bit ELF file".format(path))
            if struct.unpack_from("<H", head, 18)[0] != X86_64:
                raise NotElf("{} is not for x86-64".format(path))
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise NotElf("{} cannot be read: {}".format(path, error.strerror))
