"""Compares a kernel library with a release's row: every exported name, and the function behind every slot."""

import typing

from tables import Tables

PURE = "__cxa_pure_virtual"
# How many classes a finding names.
EXAMPLES = 3


class Finding(typing.NamedTuple):
    """One comparison. `verdict` is `agrees`, `CONTRADICTS` or `not shown`."""

    subject: str
    verdict: str
    detail: str


def compare(elf, row):
    """Every finding, exports first."""
    tables = Tables(elf)
    findings = [_export(elf, name, mangled) for name, mangled in row.exports.items()]
    families = {owner: tables.derived_from(_mangled(owner, row.facts["namespace"]))
                for owner in sorted({slot.owner for slot in row.slots})}
    return findings + [_slot(tables, families[slot.owner], slot) for slot in row.slots]


def agrees(findings):
    """Whether nothing contradicts and every slot's function was seen."""
    return all(finding.verdict == "agrees" for finding in findings)


def _export(elf, name, mangled):
    found = mangled in elf.exported
    return Finding("export " + name, "agrees" if found else "CONTRADICTS",
                   mangled if found else "does not export " + mangled)


def _slot(tables, family, slot):
    """The same position in the tables of all classes that have the method."""
    seen = hidden = 0
    wrong = []
    for name in family:
        functions = tables.function(name, slot.position)
        if slot.position >= tables.slots(name):
            wrong.append("{}: the table ends before".format(name))
        elif functions is None or PURE in functions:
            # An abstract class leaves it to others; they are looked at, too.
            continue
        elif not functions:
            hidden += 1
        elif any(slot.implemented_by(function) for function in functions):
            seen += 1
        else:
            wrong.append("{}: {}".format(name, min(functions)))
    subject = "slot {} {}.{}".format(slot.position, slot.owner, slot.method)
    if wrong:
        return Finding(subject, "CONTRADICTS", "; ".join(wrong[:EXAMPLES]))
    if not seen:
        return Finding(subject, "not shown", "{} classes, {} hide the function".format(len(family), hidden))
    return Finding(subject, "agrees", "in {} of {} classes".format(seen, len(family)))


def _mangled(owner, namespace):
    name = "{}{}".format(len(owner), owner)
    return "N3ddb{}E".format(name) if namespace == "ddb" else name
