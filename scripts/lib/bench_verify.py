"""The lines of scripts/bench about verification, and about what a killed run sends again."""

import os
import re
import signal
import socket
import subprocess
import threading

import demo
from bench_tell import judge, raw
from demo import PASSWORD, TABLE, USER

# The plugin's default on two cores.
LANES = 4


def verification(nodes, options, database):
    demo.say("R4: from node to node, both with the plugin; every bit verified, and only counted")
    nodes.b.run(f'loadPlugin("{options.plugin}")')
    seconds = {"fingerprint": [], "count": []}
    for _ in range(options.rounds):
        for check in seconds:
            seconds[check].append(nodes.online(database, f'["verify"], ["{check}"]'))
    on, off = [raw(check, values, 1, "s") for check, values in seconds.items()]
    judge("R4", "verified/counted-seconds", on / off, 1.15, at_least=False)


class Counting:
    """A line to a port that counts what goes there, and calls somebody once after so many bytes."""

    def __init__(self, target):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.target = self.listener.getsockname()[1], target
        self.passed, self.limit, self.call, self.lock = 0, None, None, threading.Lock()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.target))
            for source, sink, counts in ((client, server, True), (server, client, False)):
                threading.Thread(target=self.forward, args=(source, sink, counts), daemon=True).start()

    def forward(self, source, sink, counts):
        try:
            while data := source.recv(1 << 16):
                if counts:
                    self.count(len(data))
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            # The end of a process that is killed.
            sink.close()

    def count(self, size):
        with self.lock:
            self.passed += size
            if self.limit is not None and self.passed > self.limit:
                self.limit = None
                self.call()

    def during(self, work):
        """The bytes that went there while `work` was done."""
        before = self.passed
        work()
        return self.passed - before


class Mortal:
    """Node A, which can be killed and started again."""

    def __init__(self, options):
        self.options, self.pid, self.process = options, options.pid_a, None
        self.session = demo.connect(options.port_a, show=False)

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)

    def revive(self):
        command = [f"{self.options.target}/minnow", "serve", "--home", f"{self.options.work}/A",
                   "--site", "127.0.0.1:0:A"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in self.process.stdout:
            if ready := re.search(r"ready on 127\.0\.0\.1:(\d+)", line):
                break
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.pid, self.session = self.process.pid, demo.connect(int(ready[1]), show=False)
        self.session.run(f'loadPlugin("{self.options.plugin}")')


def killed(nodes, options, database):
    demo.say("R7: bytes that go to node B again, when node A is killed half-way and the run is resumed")
    line, node = Counting(options.port_b), Mortal(options)
    remote = f'dict(["host", "port", "userId", "password"], ("127.0.0.1", {line.port}, "{USER}", "{PASSWORD}"))'
    choices = f'dict(["lanes", "lease"], ({LANES}, 0))'
    call = lambda name: node.session.run(f'clusterSync::{name}({remote}, "{database}", "{TABLE}", , {choices})')
    try:
        # A plan asks what a run asks before it sends: the rest is what was sent.
        nodes.empty(database)
        questions = line.during(lambda: call("planSync"))
        whole = line.during(lambda: call("syncOnline")) - questions
        largest = node.session.run(
            'exec max(bytes) from clusterSync::getRunPartitions(exec last(runId) from clusterSync::getRuns())')
        again = []
        for _ in range(options.rounds):
            nodes.empty(database)
            line.limit, line.call = line.passed + questions + whole // 2, node.kill
            first = line.during(lambda: die(lambda: call("syncOnline"))) - questions
            node.revive()
            run = node.session.run('exec last(runId) from clusterSync::getRuns() where status == "INTERRUPTED"')
            asked = line.during(lambda: call("planSync"))
            second = line.during(lambda: node.session.run(f'clusterSync::resumeRun("{run}", {remote}, {choices})')) - asked
            again.append(first + second - whole)
        raw("whole run", [whole], 1e6, "MB")
        raw("largest tableInsert", [largest], 1e3, "kB")
        raw("sent again", again, 1e3, "kB")
        judge("R7", f"most-sent-again/{LANES}-tableInserts", max(again) / (LANES * largest), 1, at_least=False)
    finally:
        if node.process:
            node.process.terminate()
            node.process.wait()


def die(work):
    """Does what the node does not survive."""
    try:
        work()
    except RuntimeError:
        return
    raise AssertionError("the run ended before it was killed")
