"""The official Python client over TLS and with compression: python_secure.py PORT"""
import sys

import dolphindb as ddb
import numpy as np
import pandas as pd

PORT, DB = int(sys.argv[1]), "dfs://secure"
ROWS = 200_000


def connect(**options):
    session = ddb.Session(enableSSL=True, **options)
    assert session.connect("127.0.0.1", PORT, "admin", "123456")
    return session


def rows():
    """Integers that delta suits, doubles, texts over several blocks, and NULLs."""
    number = np.arange(ROWS)
    day = pd.to_datetime(["2013-01-01", "2013-01-02"])
    frame = pd.DataFrame({
        "day": day[number % 2],
        "id": number * 3,
        "at": pd.Timestamp("2013-01-01") + pd.to_timedelta(number * 7, unit="ms"),
        "price": number / 4,
        "name": [f"name {row % 1000}" for row in number],
    })
    frame.loc[5:9, "price"] = np.nan
    frame["at"] = frame["at"].astype("datetime64[ms]")
    return frame


def make_table(session):
    session.run(f"""
        if (existsDatabase("{DB}")) dropDatabase("{DB}")
        db = database("{DB}", VALUE, 2013.01.01..2013.01.03)
        t = table(1:0, `day`id`at`price`name, [DATE, LONG, TIMESTAMP, DOUBLE, STRING])
        createPartitionedTable(db, t, `pt, `day)
    """)


def check(session, frame):
    back = session.run(f'select * from loadTable("{DB}", "pt")').sort_values("id", ignore_index=True)
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)


def main():
    frame = rows()
    for compress in [False, True]:
        session = connect(compress=compress)
        assert session.run("1 + 1") == 2
        session.upload({"t": frame})
        pd.testing.assert_frame_equal(session.run("t"), frame, check_dtype=False)
        make_table(session)
        assert ddb.TableAppender(db_path=DB, table_name="pt", conn=session).append(frame) == ROWS
        check(session, frame)
        print(f"ok      TLS, compress={compress}", flush=True)

    make_table(session)
    methods = ["LZ4", "DELTA", "DELTA", "LZ4", "LZ4"]
    writer = ddb.MultithreadedTableWriter(
        "127.0.0.1", PORT, "admin", "123456", DB, "pt", useSSL=True, batchSize=5000,
        compressMethods=methods)
    for row in frame.itertuples(index=False):
        price = None if np.isnan(row.price) else row.price
        writer.insert(np.datetime64(row.day, "D"), row.id, np.datetime64(row.at, "ms"), price, row.name)
    writer.waitForThreadCompletion()
    status = writer.getStatus()
    assert not status.hasError(), status
    check(session, frame)
    print("ok      TLS, columns compressed by the client", flush=True)


main()
