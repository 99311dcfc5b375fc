"""Asks real servers what only they know: real_server.py HOST:PORT USER TARGET|- RESULT_FILE [slow]."""

import datetime
import getpass
import logging
import os
import pathlib
import sys
import time

import dolphindb

import demo
import syncs

PROBES = pathlib.Path(__file__).resolve().parents[2] / "tests" / "scripts"
DATABASES = (syncs.DATABASE, demo.DATABASE)


def connect(site, user, password):
    host, _, port = site.rpartition(":")
    session = dolphindb.Session()
    if not port.isdigit() or not session.connect(host, int(port), user, password):
        sys.exit(f"cannot log in to {site} as {user}")
    return session


class Results:
    """What was asked and answered, on the screen and in a file, without the password."""

    def __init__(self, path, password):
        self.file, self.password = open(path, "w", encoding="utf-8"), password
        self.failed = 0

    def write(self, text):
        # An empty password occurs everywhere.
        clean = text.replace(self.password, "********") if self.password else text
        print(clean, flush=True)
        print(clean, file=self.file, flush=True)

    def ask(self, name, question, answer):
        """Writes what `answer` returns, or why it could not."""
        started = time.monotonic()
        try:
            outcome = f"answer: {answer()}"
        except Exception as error:  # whatever a server says is a result
            self.failed += 1
            # The client repeats the whole script after the server's sentence.
            outcome = f"FAILED: {str(error).split(' script: ')[0]}"
        self.write(f"\n[{name}] {question}\n{outcome}\n({time.monotonic() - started:.2f} s)")


def question(script):
    """The first line of a probe says what it settles."""
    return script.splitlines()[0].removeprefix("// settles: ")


def refuse_to_overwrite(sessions):
    for site, session in sessions.items():
        for database in DATABASES:
            if session.run(f'existsDatabase("{database}")'):
                sys.exit(f"{database} exists on {site} and would be lost: drop or rename it first")


def drop(sessions):
    for session in sessions.values():
        for database in DATABASES:
            session.run(f'if(existsDatabase("{database}")) dropDatabase("{database}")')


def run_probes(results, session, slow):
    for file in sorted(PROBES.glob("*.dos")) + sorted(PROBES.glob("slow/*.dos") if slow else []):
        script = file.read_text(encoding="utf-8")
        results.ask(file.stem, question(script), lambda: session.run(script))


def load_plugin(session):
    """Loads it unless this server has it; then its first call, which compares the server with its row."""
    try:
        session.run('loadPlugin("clusterSync")')
    except RuntimeError as error:
        if "already" not in str(error):
            raise
    started = time.monotonic()
    known = len(session.run("clusterSync::getClusters()"))
    return f"{known} clusters are known, and the first call took {time.monotonic() - started:.2f} s"


def remote(site, user, password):
    """The dictionary by which a script names a server."""
    host, _, port = site.rpartition(":")
    quoted = ", ".join('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in (user, password))
    return f'dict(["host", "userId", "password", "port"], ("{host}", {quoted}, {port}))'


def run_sync(results, source, target, address):
    results.ask("plugin", "README: loading the plugin and its first call, with the time it takes",
                lambda: load_plugin(source))
    syncs.ask_all(results, source, target, address)
    results.ask("demo", "the demo's flights arrive equal", lambda: demo.story(source, target, address))


def main(site, user, target, path, slow=""):
    password = os.environ.get("DOLPHINDB_PASSWORD")
    if password is None:
        password = getpass.getpass(f"password of {user}: ")
    sessions = {name: connect(name, user, password) for name in (site, target) if name != "-"}
    refuse_to_overwrite(sessions)
    results = Results(path, password)
    try:
        results.write(f"{datetime.datetime.now().isoformat(timespec='seconds')} {site} {sessions[site].run('version()')}")
        run_probes(results, sessions[site], slow)
        if target != "-":
            run_sync(results, sessions[site], sessions[target], remote(target, user, password))
    finally:
        drop(sessions)
    results.write(f"\n{results.failed} questions without an answer; written to {path}")
    return 1 if results.failed else 0


if __name__ == "__main__":
    # The client logs through the root logger; only warnings matter here.
    logging.getLogger().setLevel(logging.WARNING)
    sys.exit(main(*sys.argv[1:]))
