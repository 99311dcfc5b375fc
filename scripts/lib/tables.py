"""The virtual tables of a library and who derives from whom, by names and relocations alone."""

POINTER = 8
# A table begins with the distance to the whole object and the class's description.
HEADER = 2 * POINTER
# What describes a class with one base, or several; where its first base is.
FIRST_BASE = {"_ZTVN10__cxxabiv120__si_class_type_infoE": 2 * POINTER,
              "_ZTVN10__cxxabiv121__vmi_class_type_infoE": 3 * POINTER}


class Tables:
    """Virtual tables by class, which is named as mangled names do."""

    def __init__(self, elf):
        self.elf = elf
        self._tables = {name[4:]: address for name, address in elf.exported.items() if name.startswith("_ZTV")}
        self._bases = {}

    def derived_from(self, base):
        """Every class with a visible table that is `base` or has it as first base, however far up."""
        return sorted(name for name in self._tables if base in self._lineage(name))

    def slots(self, name):
        """How many slots the table of a class has."""
        return (self.elf.sizes["_ZTV" + name] - HEADER) // POINTER

    def function(self, name, position):
        """The names of the function in a slot, none where the library hides them; None without a function."""
        place = self.elf.leads_to(self._tables[name] + HEADER + position * POINTER)
        if place is None:
            return None
        symbol, address = place
        if symbol is not None:
            return {symbol} | self.elf.names.get(address, set())
        return self.elf.names.get(address, set()) if self.elf.is_code(address) else None

    def _lineage(self, name):
        if name not in self._bases:
            base = self._first_base(name)
            self._bases[name] = [name] + (self._lineage(base) if base else [])
        return self._bases[name]

    def _first_base(self, name):
        description = self.elf.exported.get("_ZTI" + name)
        if description is None:
            return None
        kind = self._name_at(description, "_ZTVN10__cxxabiv1")
        return self._name_at(description + FIRST_BASE[kind], "_ZTI")[4:] if kind in FIRST_BASE else None

    def _name_at(self, word, beginning):
        """The name, of those that begin so, that the pointer in `word` leads to; empty when none does."""
        symbol, address = self.elf.leads_to(word) or (None, None)
        names = {symbol} if symbol else self.elf.names.get(address, set())
        return next((name for name in sorted(names) if name.startswith(beginning)), "")
