"""Applies the mutations of mutations.toml to a copy of the sources and runs the tests they name."""
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path.cwd()
MUTATIONS = tomllib.loads((ROOT / "scripts/lib/mutations.toml").read_text())["mutation"]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "mutate"


def flaw(mutation):
    """Why the mutation cannot be applied, if so."""
    times = (ROOT / mutation["file"]).read_text().count(mutation["old"])
    return None if times == 1 else f"its text stands {times} times in {mutation['file']}"


def cargo(copy, *arguments):
    environment = os.environ | {"CARGO_TARGET_DIR": str(TARGET / "build"), "CARGO_TERM_COLOR": "never"}
    run = subprocess.run(["cargo", *arguments], cwd=copy, env=environment, text=True, capture_output=True)
    return run.returncode == 0, run.stdout + run.stderr


def fails(copy, mutation):
    """Whether the mutation's test runs and fails. A copy that does not build proves nothing."""
    if mutation["test"][0] != "--lib":
        built, output = cargo(copy, "build", "--quiet", "--workspace")
        if not built:
            sys.exit(f"{mutation['name']}: the mutated copy does not build\n{output}")
    built, output = cargo(copy, "test", "--quiet", *mutation["test"][:-1], "--no-run")
    if not built:
        sys.exit(f"{mutation['name']}: the mutated copy does not build\n{output}")
    passed, output = cargo(copy, "test", *mutation["test"])
    if not re.search(r"^running [1-9]", output, re.MULTILINE):
        sys.exit(f"{mutation['name']}: there is no test {mutation['test'][-1]}")
    return not passed


def prove(mutation):
    copy = TARGET / "sources"
    shutil.rmtree(copy, ignore_errors=True)
    ignored = shutil.ignore_patterns("target", ".git", ".venv", "__pycache__")
    shutil.copytree(ROOT, copy, ignore=ignored, symlinks=True)
    file = copy / mutation["file"]
    file.write_text(file.read_text().replace(mutation["old"], mutation["new"]))
    started = time.monotonic()
    caught = fails(copy, mutation)
    verdict = "caught by" if caught else "SURVIVED"
    seconds = time.monotonic() - started
    print(f"{mutation['promise']}: without {mutation['name']}: {verdict} {mutation['test'][-1]} ({seconds:.0f} s)", flush=True)
    return caught


def main():
    wrong = [f"{each['name']}: {flaw(each)}" for each in MUTATIONS if flaw(each)]
    if wrong:
        sys.exit("\n".join(wrong))
    if sys.argv[1:] == ["--check"]:
        return
    chosen = [each for each in MUTATIONS if all(word in each["name"] for word in sys.argv[1:])]
    caught = sum(prove(each) for each in chosen)
    print(f"{caught} of {len(chosen)} mutations caught")
    sys.exit(caught < len(chosen))


main()
