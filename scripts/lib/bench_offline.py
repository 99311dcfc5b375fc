"""The lines of scripts/bench about shipping, offline syncs, unchanged tables and the tutorial's recipes."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

import demo
from bench_tell import judge, raw
from demo import PASSWORD, TABLE, TYPES, USER

MANY = "dfs://many"
BUCKETS = 100


def remote(port):
    return f'dict(["host", "port", "userId", "password"], ("127.0.0.1", {port}, "{USER}", "{PASSWORD}"))'


def timed(work):
    started = time.monotonic()
    work()
    return time.monotonic() - started


class Places:
    """Directories for backups, new ones for each use, on the disk of the nodes."""

    def __init__(self, options):
        self.work = options.work
        self.renew()

    def renew(self):
        """Leaves what was there to the end: some file systems are slow for a while after many removals."""
        self.root = pathlib.Path(tempfile.mkdtemp(dir=self.work))

    def fresh(self, name):
        path = self.root / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path

    def size(self):
        total = 0
        for folder, _, files in os.walk(self.root):
            for name in files:
                try:
                    total += os.lstat(os.path.join(folder, name)).st_size
                except FileNotFoundError:
                    pass
        return total


def rsync(options, source, target):
    shell = f"ssh -p {options.login.rsplit(':')[1]} -i {options.work}/user -oIdentitiesOnly=yes" \
        f" -oUserKnownHostsFile={options.work}/known"
    host = options.login.rsplit(":")[0]
    subprocess.run(["rsync", "-a", "-e", shell, f"{source}/", f"{host}:{target}/"], check=True)


def shipping(options):
    count = options.megabytes // 4
    demo.say(f"R9: {count} files of 1 MiB, from directory to directory")
    places = Places(options)
    source = places.fresh("source")
    for number in range(count):
        folder = source / f"piece{number % 16}"
        folder.mkdir(exist_ok=True)
        (folder / str(number)).write_bytes(os.urandom(1 << 20))
    subprocess.run(["sync"], check=True)
    sides = {
        "own shipper": lambda target: subprocess.run([options.program, "ship", source, target], check=True),
        "cp -r and sync": lambda target: subprocess.run(["sh", "-c", f"cp -r {source}/. {target} && sync -f {target}"], check=True),
        "rsync over ssh": lambda target: rsync(options, source, target),
    }
    speeds = {side: [] for side in sides}
    for _ in range(options.rounds):
        for side, ship in sides.items():
            target = places.fresh("target")
            speeds[side].append((count << 20) / timed(lambda: ship(target)))
    own, copied, synced = [raw(side, values, 1e6, "MB/s") for side, values in speeds.items()]
    judge("R9", "shipper/cp", own / copied, 0.8)
    judge("R9", "shipper/rsync-over-ssh", own / synced, 3)


def unchanged(nodes, options):
    partitions = options.partitions
    demo.say(f"R6: an unchanged table of {partitions} partitions, again")
    for node in (nodes.a, nodes.b):
        node.run(f"""
            keys = database(, VALUE, 1..{partitions // BUCKETS})
            buckets = database(, HASH, [INT, {BUCKETS}])
            db = database("{MANY}", COMPO, [keys, buckets])
            createPartitionedTable(db, table(1:0, `k`h`v, ["INT", "INT", "LONG"]), "{TABLE}", `k`h)
            n = 0..{partitions - 1}
            tableInsert(loadTable("{MANY}", "{TABLE}"), table(n / {BUCKETS} + 1 as k, n % {BUCKETS} as h, long(n) as v))
        """)
    places = Places(options)
    there = f'{remote(nodes.port_b)}, "{MANY}", "{TABLE}", '
    again = 'dict(["incremental", "backupDir", "restoreDir"], ' \
        f'(true, "{places.fresh("backups")}", "{places.fresh("arrivals")}"))'
    calls = {
        "online": f'clusterSync::syncOnline({there}, dict(["incremental"], [true]))',
        "offline": f"clusterSync::syncOffline({there}, {again})",
    }
    for call in calls.values():
        first = timed(lambda: nodes.a.run(call))
        print(f"   the first time, which compares every row: {first:.3g} s", flush=True)
    # What the plugin asks of both nodes; the rest is its own work, and connecting.
    answers = f'getTabletsMeta("{MANY[5:]}/%", "{TABLE}", false, -1)'
    both = lambda: (nodes.a.run(f"size({answers}); size(getClusterChunksStatus())"), nodes.b.run(f"size({answers})"))
    seconds = {side: [] for side in [*calls, "minnow alone, the same metadata"]}
    for _ in range(options.rounds):
        for side, call in calls.items():
            seconds[side].append(timed(lambda: nodes.a.run(call)))
        seconds["minnow alone, the same metadata"].append(timed(both))
    online, offline_, alone = [raw(side, values, 1, "s") for side, values in seconds.items()]
    judge("R6", f"online-own-seconds-{partitions}-partitions", online - alone, 1, at_least=False)
    judge("R6", f"offline-own-seconds-{partitions}-partitions", offline_ - alone, 1, at_least=False)


class Watched:
    """How long a sync took, and what it took of memory and disk while it ran."""

    def __init__(self, nodes, places, work):
        self.most, done = 0, threading.Event()

        def watch():
            while not done.wait(0.01):
                self.most = max(self.most, places.size())

        watcher = threading.Thread(target=watch)
        before = memory(nodes, "VmRSS", clear=True)
        watcher.start()
        self.seconds = timed(work)
        done.set()
        watcher.join()
        self.memory = max(0, memory(nodes, "VmHWM") - before)


def memory(nodes, what, clear=False):
    if clear:
        with open(f"/proc/{nodes.pid_a}/clear_refs", "w") as file:
            file.write("5")
    with open(f"/proc/{nodes.pid_a}/status") as file:
        return int(next(line for line in file if line.startswith(what)).split()[1]) * 1024


def recipes(nodes, options, database):
    demo.say("I1: the tutorial's recipes, which verify nothing, beside the plugin, which does; and both ways compared")
    places = Places(options)
    ways = {
        "online": lambda: nodes.online(database, empty=False),
        "online, the tutorial's sqlDS, mr and append!": lambda: online_recipe(nodes, database),
        "offline": lambda: offline(nodes, options, places, database),
        "offline, the tutorial's backup, rsync and restore": lambda: offline_recipe(nodes, options, places, database),
    }
    seen = {way: [] for way in ways}
    for _ in range(options.rounds):
        for way, work in ways.items():
            nodes.empty(database, list(TYPES))
            places.renew()
            places.fresh("a"), places.fresh("b")
            seen[way].append(Watched(nodes, places, work))
            rows = nodes.b.run(f'exec count(*) from loadTable("{database}", "{TABLE}")')
            assert rows == nodes.a.run(f'exec count(*) from loadTable("{database}", "{TABLE}")'), (way, rows)
    online, mr, offline_, serial = [raw(way, [one.seconds for one in all_], 1, "s") for way, all_ in seen.items()]
    judge("I1", "online/recipe-speed", mr / online, 3)
    judge("I1", "offline/recipe-time", offline_ / serial, 0.6, at_least=False)
    middle = lambda values: sorted(values)[len(values) // 2]
    print("\n| | seconds | memory of node A, MB | disk on both sides, MB | both nodes at once |\n|---|---|---|---|---|")
    for way, all_ in seen.items():
        held, disk = (middle([getattr(one, name) for one in all_]) / 1e6 for name in ("memory", "most"))
        print(f"| {way} | {middle([one.seconds for one in all_]):.1f} | {held:.0f} | {disk:.0f} |"
              f" {'yes' if way.startswith('online') else 'no'} |")


def online_recipe(nodes, database):
    nodes.a.run(f"""
        def writeData(dbName, tableName, t): loadTable(dbName, tableName).append!(t)
        def writeRemoteDB(t, ip, port, dbName, tableName, writeData) {{
            conn = xdb(ip, port)
            conn(login{{`{USER}, `{PASSWORD}}})
            remoteRun(conn, writeData, dbName, tableName, t)
        }}
        def synDataBaseOnline(ip, port, writeData, writeRemoteDB) {{
            ds = sqlDS(<select * from loadTable("{database}", "{TABLE}")>)
            mr(ds, writeRemoteDB{{, ip, port, "{database}", "{TABLE}", writeData}}, , , false)
        }}
        synDataBaseOnline("127.0.0.1", {nodes.port_b}, writeData, writeRemoteDB)
    """)


def offline(nodes, options, places, database):
    result = nodes.a.run(f"""
        options = dict(["backupDir", "restoreDir", "ssh", "sshKey", "knownHosts"],
            ("{places.root}/a", "{places.root}/b", "{options.login}", "{options.work}/user", "{options.work}/known"))
        clusterSync::syncOffline({remote(nodes.port_b)}, "{database}", "{TABLE}", , options)
    """)
    assert bool(result.iloc[0]["verified"])


def offline_recipe(nodes, options, places, database):
    a, b = places.root / "a", places.root / "b"
    nodes.a.run(f'backup("{a}", <select * from loadTable("{database}", "{TABLE}")>)')
    rsync(options, a, b)
    table = f'loadTable("{database}", "{TABLE}")'
    nodes.b.run(f'size(restore("{b}", "{database}", "{TABLE}", "%", true, {table}))')
