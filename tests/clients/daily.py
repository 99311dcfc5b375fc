"""What an administrator types, through the official Python client: daily.py PHASE PORT_A PORT_B.

The phases are those between which the node A is killed and started again."""
import sys

import dolphindb as ddb
import pandas as pd

PHASE, A, B = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
PASSWORD = sys.argv[4]
DB = "dfs://market"
TABLES = {"trades": "price", "quotes": "bid"}
DAYS = pd.date_range("2024-01-01", "2024-01-05")


def connect(port):
    session = ddb.Session()
    assert session.connect("127.0.0.1", port, "admin", PASSWORD)
    return session


def rows(days, column):
    """Some rows of each of two symbols on each day."""
    return pd.DataFrame([
        {"day": day, "sym": sym, column: float(number), "at": day + pd.Timedelta(hours=9, seconds=number)}
        for day in days for sym in ("AAPL", "MSFT") for number in range(50)
    ]).astype({"day": "datetime64[s]", "at": "datetime64[ms]"})


def add(session, days):
    for table, column in TABLES.items():
        appender = ddb.TableAppender(db_path=DB, table_name=table, conn=session)
        frame = rows(days, column)
        assert appender.append(frame) == len(frame)


def held(session, table):
    frame = session.run(f'select * from loadTable("{DB}", "{table}")')
    return frame.sort_values(list(frame.columns), ignore_index=True)


def expect_equal(a, b):
    assert len(a.run(f'clusterSync::verify("B", "{DB}")')) == 0
    for table in TABLES:
        pd.testing.assert_frame_equal(held(a, table), held(b, table))


def begin(a, b):
    """From a bare pair of nodes to a job for every night."""
    # The types of a whole database: two levels of partitions, two tables.
    a.run(f"""
        days = database(, VALUE, 2024.01.01..2024.01.10)
        syms = database(, HASH, [SYMBOL, 2])
        db = database("{DB}", COMPO, [days, syms])
        createPartitionedTable(db, table(1:0, `day`sym`price`at, [DATE, SYMBOL, DOUBLE, TIMESTAMP]), `trades, `day`sym)
        createPartitionedTable(db, table(1:0, `day`sym`bid`at, [DATE, SYMBOL, DOUBLE, TIMESTAMP]), `quotes, `day`sym)
    """)
    add(a, DAYS[:3])

    made = a.run(f'clusterSync::setCluster("B", "127.0.0.1:{B}", "admin", "{PASSWORD}")')
    assert made["action"].tolist() == ["created"]
    checked = a.run("clusterSync::checkSetup()")
    print(checked.to_string())
    assert list(checked.columns) == ["severity", "area", "finding", "advice"]
    assert "ERROR" not in checked["severity"].tolist()
    assert PASSWORD not in checked.to_string()

    result = a.run(f'clusterSync::syncOnline("B", "{DB}", , , dict(["createIfMissing"], [true]))')
    print(result.to_string())
    assert sorted(result["tableName"]) == sorted(TABLES)
    assert result["status"].tolist() == ["OK", "OK"] and result["verified"].all()
    assert result["rows"].sum() == 2 * 3 * 2 * 50
    expect_equal(a, b)

    # What goes wrong is one exception whose text says what and what to do.
    try:
        a.run(f'clusterSync::syncOnline("C", "{DB}")')
    except RuntimeError as error:
        assert "this node knows no cluster called `C`, the known ones are B" in str(error), error
        assert "clusterSync::setCluster" in str(error), error
    else:
        raise AssertionError("an unknown cluster passed")

    a.run("minnow::setClock(2024.01.04T12:00:00.000)")
    a.run(f"""
        scheduleJob("nightly", "market to B", clusterSync::syncOnline{{"B", "{DB}"}}, 22:30m, 2024.01.01, 2034.12.31, 'D')
    """)
    checked = a.run("clusterSync::checkSetup()")
    preload = checked[checked["area"] == "preload"]
    assert preload["severity"].tolist() == ["OK"], preload.to_string()
    # One partition after the other, so that it is known what has arrived when the node dies.
    set_ = a.run('clusterSync::setConfig(dict(["lanes"], [1]))')
    assert set_[set_["name"] == "lanes"][["value", "source"]].values.tolist() == [["1", "config.toml"]]
    add(a, DAYS[3:])


def evening(a, b):
    """The job starts, and the node dies in the middle of it."""
    try:
        a.run("minnow::setClock(2024.01.04T22:30:00.000)")
    except RuntimeError as error:
        print("the node is gone before it answered:", error)


def next_evening(a, b):
    """The node is back with its job; the next run finishes what the last one began."""
    jobs = a.run("getScheduledJobs()")
    assert jobs["jobId"].tolist() == ["nightly"]
    runs = a.run("clusterSync::getRuns()")
    assert runs["status"].tolist() == ["OK", "INTERRUPTED"], runs.to_string()
    checked = a.run("clusterSync::checkSetup()")
    waiting = checked[checked["area"] == "runs"]
    assert waiting["severity"].tolist() == ["WARNING"], waiting.to_string()
    assert "resumeRun" in waiting["advice"].iloc[0]

    a.run("minnow::setClock(2024.01.05T22:30:00.000)")
    result = a.run("getJobReturn(last(exec jobId from getRecentJobs()), true)")
    print(result.to_string())
    assert result["status"].tolist() == ["OK", "OK"] and result["verified"].all()
    # What had arrived before the node died is not sent again.
    assert 0 < result["rows"].sum() < 2 * 2 * 2 * 50, result.to_string()
    runs = a.run("clusterSync::getRuns()")
    assert runs["status"].tolist() == ["OK", "INTERRUPTED", "OK"], runs.to_string()
    print(runs[["runId", "status", "dbPath", "started", "ended"]].to_string())
    expect_equal(a, b)
    checked = a.run("clusterSync::checkSetup()")
    assert checked[checked["area"] == "runs"]["severity"].tolist() == ["OK"]


{"begin": begin, "evening": evening, "next": next_evening}[PHASE](connect(A), connect(B))
print("ok")
