"""What real_server.py asks of the plugin between two servers: every uncertain type, a foreign lease, a cancel."""

import time

DATABASE, TABLE = "dfs://clusterSyncProbe", "t"
PLACE = f'loadTable("{DATABASE}", "{TABLE}")'

# A value of each type whose bytes in memory are not documented, or whose way in and out is not.
OLAP = {
    "UUID": 'uuid("5d212a78-cc48-e3b1-4235-b4d91473ee87")',
    "IPADDR": 'ipaddr("192.168.1.13")',
    "INT128": 'int128("e1671797c52e15f763380b45e841ec32")',
    "SYMBOL": '"a"',
    "DECIMAL32(2)": "decimal32(1.25, 2)",
    "DECIMAL64(4)": "decimal64(-1.2345, 4)",
    "DECIMAL128(6)": "decimal128(1.234567, 6)",
    "COMPLEX": "complex(1.5, -2.5)",
    "POINT": "point(1.5, -2.5)",
}
# Arrays are given as rows: some values with a NULL among them, one value, none but a NULL.
TSDB = {
    "BLOB": 'blob("some bytes")',
    "INT[]": "[[1, int(NULL), 3], [4], [int(NULL)]]",
    "DOUBLE[]": "[[1.5, double(NULL), 3.5], [4.5], [double(NULL)]]",
}


def ask_all(results, source, target, address):
    for engine, values in (("OLAP", OLAP), ("TSDB", TSDB)):
        for kind, value in values.items():
            results.ask(f"type {kind}", f"README: {kind} in a table of {engine} arrives as it was",
                        lambda: arrives(source, target, address, engine, kind, value))
    results.ask("lease", "README: a table that another node has the lease of is refused, and then synced",
                lambda: lease(source, target, address))
    results.ask("cancel", "README: cancelJob ends a run that waits, and how long that takes",
                lambda: cancel(source, target, address))


def create(session, engine, kind):
    """The database anew, with an empty table of a key, a number that orders the rows, and `kind`."""
    # Old releases know of no engine but their own.
    engine, sort = (', , "TSDB"', ', , ["k", "n"]') if engine == "TSDB" else ("", "")
    session.run(f"""
        if(existsDatabase("{DATABASE}")) dropDatabase("{DATABASE}")
        db = database("{DATABASE}", VALUE, 1..2{engine})
        names = ["k", "n", "v"]
        createPartitionedTable(db, table(1:0, names, ["INT", "INT", "{kind}"]), "{TABLE}", "k"{sort})
        0
    """)


def fill(session, kind, value):
    if kind.endswith("[]"):
        rows = f"values = array({kind}, 0).append!({value}); rows = table(take(1 2, 3) as k, 1..3 as n, values as v)"
    else:
        rows = f"rows = table(take(1 2, 3) as k, 1..3 as n, take({value}, 3) as v)"
    session.run(f"{rows}; tableInsert({PLACE}, rows)")


def arrives(source, target, address, engine, kind, value):
    for session in (source, target):
        create(session, engine, kind)
    fill(source, kind, value)
    result = sync(source, address)
    # The client knows no COMPLEX, and `string` no array.
    what = "v" if kind.endswith("[]") else "string(v) as v"
    shown = [str(session.run(f"select n, {what} from {PLACE} order by n")["v"].tolist()) for session in (source, target)]
    if shown[0] != shown[1]:
        raise AssertionError(f"source {shown[0]}, target {shown[1]}")
    return f"{result['status'].iloc[0]}, {shown[0]} on both sides"


def sync(source, address):
    return source.run(f'clusterSync::syncOnline({address}, "{DATABASE}", "{TABLE}")')


def prepared(source, target):
    for session in (source, target):
        create(session, "OLAP", "INT")
    fill(source, "INT", "7")


def lease(source, target, address):
    """Another node's claim is written into the ledger, as its run would; the syncs before have made it."""
    prepared(source, target)
    ledger = 'loadTable("dfs://clusterSync", "leases")'
    target.run(f"""
        claim = table(["{DATABASE}"] as dbPath, ["{TABLE}"] as tableName, ["probe"] as runId,
            ["another node"] as holder, [now()] as since, [now() + 600000] as expires, [0l] as beat)
        tableInsert({ledger}, claim)
    """)
    try:
        status, why = sync(source, address)["status"].iloc[0], last_run(source, "message")
    finally:
        target.run(f'delete from {ledger} where runId = "probe"')
    if status != "SKIPPED" or "another node" not in why:
        raise AssertionError(f"the sync did not ask for the lease: {status}, {why}")
    return f"skipped ({why}); then {sync(source, address)['status'].iloc[0]}"


def cancel(source, target, address):
    """The run may send so little a second that it would take minutes."""
    prepared(source, target)
    source.run(f"rows = table(take(1 2, 4000000) as k, 1..4000000 as n, 1..4000000 as v);"
               f"tableInsert({PLACE}, rows)")
    job = source.run(f"""
        slowly = dict(["rateLimit"], [0.05])
        submitJob("clusterSyncProbe", "probe", clusterSync::syncOnline,
            {address}, "{DATABASE}", "{TABLE}", , slowly)
    """)
    wait(lambda: last_run(source, "status") == "RUNNING")
    started = time.monotonic()
    source.run(f'cancelJob("{job}")')
    wait(lambda: last_run(source, "status") != "RUNNING")
    seconds, message = time.monotonic() - started, last_run(source, "message")
    if "cancel" not in message:
        raise AssertionError(message)
    return f"{seconds:.1f} s after cancelJob: {message}"


def last_run(session, what):
    return session.run(f"exec last({what}) from clusterSync::getRuns()")


def wait(done):
    deadline = time.monotonic() + 60
    while not done():
        if time.monotonic() > deadline:
            raise AssertionError("nothing changed within a minute")
        time.sleep(0.05)
