"""Packs the built plugin for every release: package.py LIBRARY DIRECTORY.

An archive is unpacked in the server's home directory, the one with `plugins`.
"""

import gzip
import io
import os
import pathlib
import re
import sys
import tarfile

import bill
import row

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "plugin-descriptor" / "PluginClusterSync.txt"
FOLDER = "plugins/clusterSync"
# Nothing inside is dated by the clock; 1980 is the first year that every format can hold.
DATE = int(os.environ.get("SOURCE_DATE_EPOCH", 315532800))
# What every supported server reads: three fields name the plugin, six a function.
HEADER_FIELDS, FUNCTION_FIELDS = 3, 6
# These read two more: whether calls must come one by one, and the parameters, for clients to show.
HELPED = {"2.00.15", "2.00.16", "3.00.3"}
PARAMETERS = re.compile(r"^\| `clusterSync::(\w+)(\(.*?\))` \|", re.MULTILINE)


def descriptor(template, release):
    """The text that `loadPlugin` reads, for one release; ValueError when a server would not."""
    header, *functions = template.replace("{VERSION}", release).splitlines()
    if len(header.split(",")) != HEADER_FIELDS:
        raise ValueError(f"the descriptor's first line needs {HEADER_FIELDS} fields: {header}")
    for line in functions:
        if len(line.split(",")) != FUNCTION_FIELDS:
            raise ValueError(f"a function line needs {FUNCTION_FIELDS} fields: {line}")
    if release in HELPED:
        parameters = dict(PARAMETERS.findall((ROOT / "README.md").read_text()))
        functions = [f"{line},0,{parameters[line.split(',')[1]]}" for line in functions]
    return "".join(f"{line}\n" for line in (header, *functions)).encode()


def archive(files):
    """A compressed archive of {path: (bytes, mode)} that depends on nothing else."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, (content, mode) in sorted(files.items()):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode, entry.mtime = len(content), mode, DATE
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), mtime=DATE)


def contents(library, release, materials, licences):
    """The files of one release's archive."""
    files = {
        "PluginClusterSync.txt": (descriptor(TEMPLATE.read_text(), release), 0o644),
        "libPluginClusterSync.so": (library, 0o755),
        "LICENSE": ((ROOT / "LICENSE").read_bytes(), 0o644),
        "sbom.cdx.json": (materials, 0o644),
    }
    files |= {f"licences/{path}": (text, 0o644) for path, text in licences.items()}
    return {f"{FOLDER}/{path}": file for path, file in files.items()}


def main(library, directory):
    library, directory = pathlib.Path(library).read_bytes(), pathlib.Path(directory)
    components = bill.Components(ROOT)
    materials, licences = components.bill(library), components.licences()
    directory.mkdir(parents=True, exist_ok=True)
    for release in row.releases():
        packed = archive(contents(library, release, materials, licences))
        file = directory / f"clusterSync-{components.version}-server-{release}-x86_64.tar.gz"
        # Whoever reads the directory meanwhile sees whole archives only.
        unfinished = file.with_suffix(".unfinished")
        unfinished.write_bytes(packed)
        unfinished.replace(file)
        print(file)


if __name__ == "__main__":
    main(*sys.argv[1:])
