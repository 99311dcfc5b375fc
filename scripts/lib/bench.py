"""The measurements of scripts/bench: bench.py load | measure, with what the script knows.

Whatever compares two sides measures them in turns, takes medians and says how far the runs lay apart.
"""

import argparse
import logging
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import warnings

import dolphindb

import bench_offline
import bench_verify
import demo
from bench_tell import judge, raw
from demo import PASSWORD, TABLE, TYPES, USER

# The flights once, and ten times over in the same partitions.
SMALL, LARGE = "dfs://flights", "dfs://flights10"
COPIES = {SMALL: 1, LARGE: 10}
# The plugin's default.
BUDGET_MB = 256


def example(program, *arguments):
    """The speeds that the Rust program prints, by name."""
    output = subprocess.run([program, *map(str, arguments)], check=True, capture_output=True, text=True)
    speeds = {}
    for line in output.stdout.splitlines():
        name, speed = line.split()
        speeds.setdefault(name, []).append(float(speed))
    return speeds


def fingerprint(options):
    demo.say("R5: fingerprints on one core, eight columns")
    speeds = example(options.program, "fingerprint", options.rounds)
    numbers = raw("numbers only", speeds["numbers"], 1e6, "M rows/s")
    raw("one text column", speeds["trades"], 1e6, "M rows/s")
    judge("R5", "fingerprint-million-rows/s", numbers / 1e6, 50)


def wire(options):
    demo.say("R1: lanes that hash and send into a sink that parses and forgets")
    speeds = example(options.program, "wire", options.rounds, options.megabytes)
    loopback = raw("bare socket", speeds["loopback"], 1e9, "GB/s")
    lanes = [raw(f"{lanes} lane", speeds[lanes], 1e9, "GB/s") for lanes in ("one", "two")]
    judge("R1", "online/loopback", max(lanes) / loopback, 0.6)


def compression(options):
    demo.say("R10: compression, over links of so many MB/s and over none")
    speeds = example(options.program, "compress", options.rounds)
    worst = 1e9
    for link in ("12.5", "125", "1250", "loopback"):
        medians = {
            choice: raw(f"{link}: {choice}", speeds[f"{link}/{choice}"], 1e6, "MB/s")
            for choice in ("none", "lz4", "delta", "auto")
        }
        worst = min(worst, medians.pop("auto") / max(medians.values()))
    judge("R10", "adaptive/best-fixed", worst, 0.95)


class Stalling:
    """A line to a port that takes nothing any more after so many bytes, and stays open."""

    def __init__(self, target, after):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.target, self.after, self.stalled = target, after, threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.target))
            threading.Thread(target=self.forward, args=(client, server, self.after), daemon=True).start()
            threading.Thread(target=self.forward, args=(server, client, None), daemon=True).start()

    def forward(self, source, sink, after):
        passed = 0
        while data := source.recv(1 << 16):
            passed += len(data)
            if after is not None and passed > after:
                self.stalled.set()
                threading.Event().wait()
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def cancelling(nodes, options):
    demo.say("R11: seconds from a caller's leaving to the end of its run, whose peer takes nothing any more")
    seconds = []
    for _ in range(options.rounds):
        nodes.empty(SMALL)
        line = Stalling(nodes.port_b, 20_000)
        script = f"""
            remote = dict(["host", "port", "userId", "password"], ("127.0.0.1", {line.port}, "{USER}", "{PASSWORD}"))
            clusterSync::syncOnline(remote, "{SMALL}", "{TABLE}", , dict(["lease"], [0]))
        """
        call = f"import sys; sys.path.insert(0, {str(pathlib.Path(__file__).parent)!r}); import demo; " \
            f"demo.connect({options.port_a}, show=False).run({script!r})"
        caller = subprocess.Popen([sys.executable, "-c", call], stderr=subprocess.DEVNULL)
        assert line.stalled.wait(60)
        caller.kill()
        started = time.monotonic()
        while nodes.a.run('exec count(*) from clusterSync::getRuns() where status == "RUNNING"'):
            # A run that does not end is a finding, and must not keep the lines after it waiting.
            if time.monotonic() - started > 30:
                break
            time.sleep(0.01)
        seconds.append(time.monotonic() - started)
        caller.wait()
    judge("R11", "cancel-seconds", raw("cancel", seconds, 1, "s"), 1, at_least=False)


class Nodes:
    """Node A, which has the plugin, and node B."""

    def __init__(self, options):
        self.a, self.b = demo.connect(options.port_a, show=False), demo.connect(options.port_b)
        self.port_b, self.pid_a = options.port_b, options.pid_a

    def empty(self, database, columns=tuple(reversed(TYPES))):
        """The same tables without rows on B."""
        if self.b.run(f'existsDatabase("{database}")'):
            self.b.run(f'dropDatabase("{database}")')
        demo.create(self.b, list(columns), database)

    def online(self, database, choice="", empty=True):
        """Seconds of one sync into an empty table; without a choice the plugin's own options."""
        if empty:
            self.empty(database)
        options = f", , dict({choice})" if choice else ""
        started = time.monotonic()
        result = self.a.run(f"""
            remote = dict(["host", "port", "userId", "password"], ("127.0.0.1", {self.port_b}, "{USER}", "{PASSWORD}"))
            clusterSync::syncOnline(remote, "{database}", "{TABLE}"{options})
        """)
        seconds = time.monotonic() - started
        assert bool(result.iloc[0]["verified"]) == ("count" not in choice)
        return seconds

    def client(self, database):
        """Seconds that the PyPI client takes to read the table and append it; it verifies nothing."""
        self.empty(database)
        started = time.monotonic()
        frame = self.a.run(f'select * from loadTable("{database}", "{TABLE}")')
        frame = frame[list(reversed(TYPES))]
        stored = dolphindb.TableAppender(database, TABLE, conn=self.b).append(frame)
        seconds = time.monotonic() - started
        assert stored == len(frame)
        return seconds

    def alone(self, database):
        """Seconds that B takes for the same reads and appends within itself, without the plugin."""
        self.empty("dfs://alone")
        started = time.monotonic()
        self.b.run(f"""
            source = loadTable("{database}", "{TABLE}")
            target = loadTable("dfs://alone", "{TABLE}")
            for (day in 2013.01.01..2013.12.31) {{
                for (bucket in 0..3) {{
                    rows = select * from source where partition(date, day), partition(carrier, bucket)
                    if (size(rows) > 0) {{
                        tableInsert(target, rows)
                        back = select * from target where partition(date, day), partition(carrier, bucket)
                    }}
                }}
            }}
        """)
        return time.monotonic() - started

    def peak(self, database):
        """Bytes of memory that node A, plugin included, held at most during one sync."""
        with open(f"/proc/{self.pid_a}/clear_refs", "w") as file:
            file.write("5")
        self.online(database)
        with open(f"/proc/{self.pid_a}/status") as file:
            line = next(line for line in file if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024


def memory(nodes):
    demo.say("R8: memory of node A, the node's own included, for 1 and 10 times the rows")
    once, tenfold = nodes.peak(SMALL), nodes.peak(LARGE)
    raw("once", [once], 1e6, "MB")
    raw("tenfold", [tenfold], 1e6, "MB")
    judge("R8", "memory-growth/budget", (tenfold - once) / (BUDGET_MB << 20), 0.1, at_least=False)


def commit(folder):
    """Seconds until the disk has kept as many bytes as a partition of the larger table has."""
    seconds = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(20):
            file.write(bytes(230_000))
            file.flush()
            started = time.monotonic()
            os.fdatasync(file.fileno())
            seconds.append(time.monotonic() - started)
    return statistics.median(seconds)


def sync(nodes, options):
    rows = nodes.a.run(f'exec count(*) from loadTable("{LARGE}", "{TABLE}")')
    demo.say(f"R2, R3, I2: {rows} flights from node to node, durable; only the plugin verifies")
    sides = {
        "plugin, one lane": lambda: nodes.online(LARGE, '["lanes"], [1]'),
        "plugin, two lanes": lambda: nodes.online(LARGE, '["lanes"], [2]'),
        "plugin, as it comes": lambda: nodes.online(LARGE),
        "PyPI client": lambda: nodes.client(LARGE),
        "minnow alone, one session": lambda: nodes.alone(LARGE),
    }
    speeds, commits = {side: [] for side in sides}, []
    for _ in range(options.rounds):
        commits.append(commit(pathlib.Path(options.plugin).parent))
        for side, seconds in sides.items():
            speeds[side].append(rows / seconds())
    raw("one durable write, as minnow makes for an append", commits, 1e-3, "ms")
    one, two, online, client, _ = [raw(side, values, 1e6, "M rows/s") for side, values in speeds.items()]
    judge("R2", "two-lanes/one", two / one, 1.3)
    judge("R3", "online/client", online / client, 5)
    judge("I2", "million-rows/s", online / 1e6, 2)


def load(options):
    nodes, frame = Nodes(options), demo.flights()
    for database, copies in COPIES.items():
        demo.create(nodes.a, list(TYPES), database)
        appender = dolphindb.TableAppender(database, TABLE, conn=nodes.a)
        for _ in range(copies):
            assert appender.append(frame) == len(frame)


def measure(options):
    nodes = Nodes(options)
    # What node A holds in memory is measured first: later calls leave some of it used.
    lines = {
        "R5": lambda: fingerprint(options),
        "R1": lambda: wire(options),
        "R10": lambda: compression(options),
        "R8": lambda: memory(nodes),
        "R2": lambda: sync(nodes, options),
        "R9": lambda: bench_offline.shipping(options),
        "I1": lambda: bench_offline.recipes(nodes, options, SMALL),
        "R6": lambda: bench_offline.unchanged(nodes, options),
        "R11": lambda: cancelling(nodes, options),
        # From here on node B has the plugin, too, and then node A is killed.
        "R4": lambda: bench_verify.verification(nodes, options, LARGE),
        "R7": lambda: bench_verify.killed(nodes, options, LARGE),
    }
    nodes.a.run(f'loadPlugin("{options.plugin}")')
    nodes.a.run(f'clusterSync::setRoots("{options.work}")')
    for name, line in lines.items():
        if not options.only or name in options.only.split(","):
            started = time.monotonic()
            line()
            print(f"   ({time.monotonic() - started:.0f} s)", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("step", choices=["load", "measure"])
    parser.add_argument("--port-a", type=int)
    parser.add_argument("--port-b", type=int)
    parser.add_argument("--pid-a", type=int)
    parser.add_argument("--program")
    parser.add_argument("--plugin")
    parser.add_argument("--target")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--partitions", type=int, default=5000)
    parser.add_argument("--work")
    parser.add_argument("--login")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    # The client logs through the root logger and warns of every NaN that it makes a NULL.
    logging.getLogger().setLevel(logging.WARNING)
    warnings.simplefilter("ignore", RuntimeWarning)
    {"load": load, "measure": measure}[options.step](options)


if __name__ == "__main__":
    main()
