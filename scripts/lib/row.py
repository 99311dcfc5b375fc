"""A release's row of the binary interface (include/abi): reads it, and tells symbols from each other."""

import pathlib
import typing

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "include" / "abi"


class Slot(typing.NamedTuple):
    """One virtual function: whose, where, and how every implementation's mangled name ends."""

    owner: str
    method: str
    position: int
    ending: str

    def implemented_by(self, symbol):
        """Whether `symbol` is an implementation, whatever its class; `*` stands for any text."""
        start, *rest = self.ending.split("*")
        if not rest:
            return symbol.endswith(start)
        at = symbol.rfind(start)
        if at < 0:
            return False
        tail, (*middle, end) = symbol[at + len(start):], rest
        return tail.endswith(end) and all(part in tail for part in middle)


class Row(typing.NamedTuple):
    """Everything that the plugin believes about one release; `facts` are words, such as the namespace."""

    slots: list
    offsets: dict
    exports: dict
    facts: dict


def read(path):
    """The row in the file at `path`; ValueError names a line that is none."""
    row = Row([], {}, {}, {})
    for line in pathlib.Path(str(path)).read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        if line.startswith("#"):
            continue
        if fields[0] == "slot" and len(fields) == 4 and "." in fields[1]:
            row.slots.append(Slot(*fields[1].split("."), position=int(fields[2]), ending=fields[3]))
        elif fields[0] == "offset" and len(fields) == 3:
            row.offsets[fields[1]] = int(fields[2])
        elif fields[0] == "export" and len(fields) == 3:
            row.exports[fields[1]] = fields[2]
        elif fields[0] in ("namespace", "strings") and len(fields) == 3:
            row.facts[fields[0]] = fields[2]
        else:
            raise ValueError("{}: cannot read the line {!r}".format(path, line))
    return row


def releases():
    """Every release that has a row, by its three numbers."""
    return sorted({path.stem.split("-")[0] for path in FOLDER.glob("*.tsv")}, key=numbers)


def numbers(release):
    return [int(part) for part in release.split(".")]


def file_of(release, own_strings):
    """The row's file for a release and an edition of std::string; it may not exist."""
    return FOLDER / "{}{}.tsv".format(release, "-abi1" if own_strings else "")
