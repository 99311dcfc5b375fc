"""What the plugin is made of: a bill of materials (CycloneDX 1.5) and the licences of its parts."""

import functools
import hashlib
import json
import pathlib
import re
import subprocess

TARGET = "x86_64-unknown-linux-gnu"
LICENCE_FILES = ("LICENSE*", "LICENCE*", "COPYING*", "COPYRIGHT*", "NOTICE*", "UNLICENSE*")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Components:
    """The crates whose code is in the library: normal dependencies, not those of build or tests."""

    def __init__(self, root):
        self.root = root
        self.metadata = json.loads(output(
            "cargo", "metadata", "--format-version=1", "--locked", f"--filter-platform={TARGET}",
            f"--manifest-path={root}/Cargo.toml",
        ))
        self.packages = {package["id"]: package for package in self.metadata["packages"]}
        self.nodes = {node["id"]: node for node in self.metadata["resolve"]["nodes"]}
        self.own = self.metadata["resolve"]["root"]
        self.version = self.packages[self.own]["version"]

    def bill(self, library):
        """The bill of materials of the built `library`, as bytes."""
        own = self._component(self.own)
        own["hashes"] = [{"alg": "SHA-256", "content": hashlib.sha256(library).hexdigest()}]
        parts = [self._component(package) for package in self._reached() if package != self.own]
        bill = {
            "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
            "metadata": {"component": own},
            "components": [*parts, self._standard_library()],
            "dependencies": [
                {"ref": self._reference(package), "dependsOn": self._parts_of(package)}
                for package in self._reached()
            ],
        }
        return (json.dumps(bill, indent=1, sort_keys=True) + "\n").encode()

    def licences(self):
        """{path: text} of every licence that comes with a part, or that we choose for it."""
        texts = {}
        for package in self._reached():
            if package != self.own:
                found = self.packages[package]
                files = self._licence_files(pathlib.Path(found["manifest_path"]).parent)
                if not files and "Apache-2.0" not in found["license"]:
                    raise SystemExit(f"{found['name']} comes without the text of its licence")
                for file in files or [self.root / "LICENSE"]:
                    texts[f"{found['name']}-{found['version']}/{file.name}"] = file.read_bytes()
        file = self._rust_notice()
        return texts | {f"rust-std-{self._rust_version()}/{file.name}": file.read_bytes()}

    def _rust_notice(self):
        """The notices of Rust's library where the toolchain brings them, else the licence that we choose."""
        sysroot = pathlib.Path(output("rustc", "--print", "sysroot").strip())
        notice = sysroot / "share/doc/rust/COPYRIGHT-library.html"
        return notice if notice.exists() else self.root / "LICENSE"

    @functools.cache
    def _reached(self):
        """Every package whose code is linked, ours too, in one order."""
        reached, waiting = set(), [self.own]
        while waiting:
            package = waiting.pop()
            if package not in reached:
                reached.add(package)
                waiting += self._needs(package)
        return sorted(reached)

    def _needs(self, package):
        return [
            needed["pkg"] for needed in self.nodes[package]["deps"]
            if any(kind["kind"] is None for kind in needed["dep_kinds"])
            and not self._runs_in_compiler(needed["pkg"])
        ]

    def _runs_in_compiler(self, package):
        return any("proc-macro" in target["kind"] for target in self.packages[package]["targets"])

    def _parts_of(self, package):
        return sorted(self._reference(needed) for needed in self._needs(package))

    def _reference(self, package):
        found = self.packages[package]
        return f"pkg:cargo/{found['name']}@{found['version']}"

    def _component(self, package):
        found = self.packages[package]
        component = {
            "type": "library", "bom-ref": self._reference(package), "purl": self._reference(package),
            "name": found["name"], "version": found["version"],
            # Old manifests write a slash for "or".
            "licenses": [{"expression": re.sub(r"\s*/\s*", " OR ", found["license"])}],
        }
        checksum = self._checksums().get((found["name"], found["version"]))
        if checksum:
            component["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        return component

    @functools.cache
    def _checksums(self):
        """Of every crate's package, as Cargo.lock has it."""
        lock = (self.root / "Cargo.lock").read_text()
        entry = r'name = "(.+)"\nversion = "(.+)"\nsource = ".+"\nchecksum = "(.+)"'
        return {(name, version): checksum for name, version, checksum in re.findall(entry, lock)}

    def _standard_library(self):
        version = self._rust_version()
        return {
            "type": "library", "bom-ref": f"rust-std@{version}", "name": "rust-std", "version": version,
            "licenses": [{"expression": "MIT OR Apache-2.0"}],
        }

    @functools.cache
    def _rust_version(self):
        return output("rustc", "--version").split()[1]

    def _licence_files(self, folder):
        return sorted({file for pattern in LICENCE_FILES for file in folder.glob(pattern) if file.is_file()})
