"""What users of the official Python client do with a node: python_client.py PORT

Every function called test_* gets a new session of admin. Prints one line per function and ends
with 1 if any of them failed.
"""
import contextlib
import io
import os
import sys
import tempfile
import traceback
import warnings

import dolphindb as ddb
import dolphindb.settings as types
import numpy as np
import pandas as pd

from python_types import ARRAYS, KNOWN_TYPES, RARE_TYPES, SCALES, declared, every_type, times

PORT = int(sys.argv[1])
# pandas frowns upon the attribute that this client documents for column types.
warnings.filterwarnings("ignore", message="Pandas doesn't allow columns")


def connect(user="admin", password="123456"):
    session = ddb.Session()
    if not session.connect("127.0.0.1", PORT, user, password):
        raise RuntimeError("refused")
    return session


def fails(work, *words):
    """The text of the error that `work` must raise, which names every one of `words`."""
    try:
        work()
    except Exception as error:
        text = str(error)
        assert all(word in text for word in words), text
        return text
    raise AssertionError("no error")


@contextlib.contextmanager
def standard_output():
    """What the client's native code writes to descriptor 1 while the block runs."""
    heard = io.StringIO()
    sys.stdout.flush()
    kept = os.dup(1)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 1)
        try:
            yield heard
            sys.stdout.flush()
        finally:
            os.dup2(kept, 1)
            os.close(kept)
            file.seek(0)
            heard.write(file.read().decode())


def is_null(cell):
    """Texts have no NULL of their own in a frame, and ids show as zeros."""
    return pd.isna(cell) or cell.strip("0-.") == ""


def trades(rows=4):
    days = pd.to_datetime(["2013-01-01", "2013-01-02"])
    frame = pd.DataFrame({
        "day": [days[row % 2] for row in range(rows)],
        "id": np.arange(rows, dtype="int64"),
        "price": np.arange(rows) / 4,
    })
    return frame


def make_table(session, path):
    session.run(f"""
        if (existsDatabase("{path}")) dropDatabase("{path}")
        db = database("{path}", VALUE, 2013.01.01..2013.01.03)
        t = table(1:0, `day`id`price, [DATE, LONG, DOUBLE])
        createPartitionedTable(db, t, `pt, `day)
    """)


def test_wrong_password_is_refused(session):
    fails(lambda: connect(password="not-the-secret"))
    fails(lambda: connect(user="nobody"))
    assert session.run("1 + 1") == 2


def test_login_function_changes_the_user(session):
    guest = ddb.Session("127.0.0.1", PORT)
    assert guest.run("getCurrentSessionAndUser()[1]") == "guest"
    guest.login("admin", "123456", False)
    assert guest.run("getCurrentSessionAndUser()[1]") == "admin"
    fails(lambda: guest.run("login", "admin", "wrong-one"), "incorrect")


def test_print_arrives_as_messages(session):
    with standard_output() as heard:
        assert session.run("print('first of two')\nprint(2)\n3") == 3
    assert "first of two" in heard.getvalue(), heard.getvalue()


def test_errors_are_one_sentence_and_the_session_goes_on(session):
    fails(lambda: session.run("noSuchFunction(1)"), "noSuchFunction")
    fails(lambda: session.run("throw 'one\\ntwo'"), "one two")
    fails(lambda: session.run("1 +"))
    assert session.run("2") == 2


def test_scalars_survive_the_way_there_and_back(session):
    for value in [True, 7, -(2**40), 1.25, "text"]:
        session.upload({"v": value})
        assert session.run("v") == value, value
    session.upload({"v": ""})
    assert session.run("v") is None
    assert session.run("NULL") is None
    assert session.run("00i") is None
    assert session.run("2013.01.01T09:30:00.001") == np.datetime64("2013-01-01T09:30:00.001")


def test_vectors_survive_the_way_there_and_back(session):
    for dtype in ["bool", "int8", "int16", "int32", "int64", "float32", "float64"]:
        cells = np.array([1, 0, 1] * 10_000, dtype=dtype)
        session.upload({"v": cells})
        assert np.array_equal(session.run("v"), cells), dtype
    session.upload({"s": np.array(["a", "", "c"]), "empty": np.array([], dtype="int64")})
    assert list(session.run("s")) == ["a", "", "c"]
    assert session.run("size(empty)") == 0


def test_functions_take_arguments(session):
    assert session.run("add", 1, 2) == 3
    assert session.run("add{1}", 2) == 3
    assert session.run("def(a, b){ return a * b }", 3, 4) == 12
    assert list(session.run("(def(v){\n return v + 1\n})", np.array([1, 2]))) == [2, 3]


def test_dictionaries_survive_the_way_there_and_back(session):
    remote = {"host": "127.0.0.1", "port": 8848, "on": True}
    session.upload({"d": remote, "e": {"a": 1, "b": 2}})
    assert session.run("d") == remote
    assert session.run("e") == {"a": 1, "b": 2}
    assert session.run("d['port'] + 1") == 8849


def test_tuples_survive_the_way_there_and_back(session):
    session.upload({"t": [1, "a", np.array([1.0, 2.0])]})
    first, second, third = session.run("t")
    assert (first, second, list(third)) == (1, "a", [1.0, 2.0])


def test_a_table_of_every_type_survives_the_way_there_and_back(session):
    session.upload({"t": every_type()})
    types_there = session.run("schema(t).colDefs").set_index("name")["typeString"].to_dict()
    assert types_there == {name: name.upper() for name in KNOWN_TYPES}, types_there
    back = session.run("t")
    for name, cells in every_type().items():
        assert list(back[name])[:2] == list(cells)[:2], name
        assert is_null(back[name][2]), name
    assert session.run("each(isNull, t[2].values())").all()


def test_decimals_and_blobs_survive_the_way_there_and_back(session):
    frame = pd.DataFrame({name: cells for name, (_, _, cells) in RARE_TYPES.items()}, dtype=object)
    frame.__DolphinDB_Type__ = {
        name: known if scale is None else [known, scale] for name, (known, scale, _) in RARE_TYPES.items()}
    session.upload({"t": frame})
    there = session.run("schema(t).colDefs").set_index("name")
    assert there["typeString"].to_dict() == {name: name.upper() for name in RARE_TYPES}
    assert [there["extra"][name] for name in SCALES] == [2, 4, 10]
    back = session.run("t")
    for name, (_, _, cells) in RARE_TYPES.items():
        assert list(back[name])[:2] == cells[:2], (name, back[name])
        assert not back[name][2] or pd.isna(back[name][2]), name
    path = "dfs://python_decimals"
    session.run(f"""
        if (existsDatabase("{path}")) dropDatabase("{path}")
        m = table(1:0, `k`decimal32`decimal64`decimal128`blob,
                  [INT, DECIMAL32(2), DECIMAL64(4), DECIMAL128(10), BLOB])
        createPartitionedTable(database("{path}", VALUE, 1..3), m, `pt, `k)
    """)
    rows = frame.assign(k=np.array([1, 2, 3], dtype="int32"))[["k", *RARE_TYPES]]
    rows.__DolphinDB_Type__ = frame.__DolphinDB_Type__
    assert session.run(f"tableInsert{{loadTable('{path}', 'pt')}}", rows) == 3
    assert ddb.TableAppender(db_path=path, table_name="pt", conn=session).append(rows) == 3
    stored = session.run(f"select * from loadTable('{path}', 'pt') order by k")
    for name, (_, _, cells) in RARE_TYPES.items():
        assert list(stored[name])[:4] == [cells[0]] * 2 + [cells[1]] * 2, name


def test_array_vectors_of_every_type_survive_the_way_there_and_back(session):
    path = "dfs://python_arrays"
    for name, row in ARRAYS.items():
        ids = np.array([1, 1, 2], dtype="int32")
        frame = pd.DataFrame({"k": ids, "v": pd.Series([row, row[:1], row], dtype=object)})
        known = getattr(types, f"DT_{name.upper()}_ARRAY")
        frame.__DolphinDB_Type__ = {"v": [known, SCALES[name]] if name in SCALES else known}
        session.upload({"t": frame})
        assert session.run("schema(t).colDefs.typeString[1]") == name.upper() + "[]", name
        session.run(f"""
            if (existsDatabase("{path}")) dropDatabase("{path}")
            m = table(1:0, `k`v, [INT, {declared(name)}])
            createPartitionedTable(database("{path}", VALUE, 1..3, , "TSDB"), m, `pt, `k, , `k)
        """)
        assert session.run(f"tableInsert(loadTable('{path}', 'pt'), t)") == 3, name
        assert ddb.TableAppender(db_path=path, table_name="pt", conn=session).append(frame) == 3, name
        back = session.run(f"exec v from loadTable('{path}', 'pt') order by k")
        assert [len(cells) for cells in back] == [len(row), 1, len(row), 1, len(row), len(row)], (name, back)
        assert list(back[4]) == list(row), (name, back[4])


def test_array_vectors_longer_than_a_block_survive(session):
    cells = [np.arange(row % 3, dtype="int64") for row in range(70_000)]
    frame = pd.DataFrame({"v": pd.Series(cells, dtype=object)})
    frame.__DolphinDB_Type__ = {"v": types.DT_LONG_ARRAY}
    session.upload({"t": frame})
    assert session.run("size(t)") == 70_000
    back = session.run("t")["v"]
    assert all(np.array_equal(a, b) for a, b in zip(back, cells) if len(b))


def test_rows_are_inserted_into_a_table_in_memory(session):
    session.run("t = table(1:0, `day`id`price, [DATE, LONG, DOUBLE])")
    frame = trades()
    frame.__DolphinDB_Type__ = {"day": types.DT_DATE}
    assert session.run("tableInsert{t}", frame) == 4
    assert ddb.TableAppender(table_name="t", conn=session).append(trades(6)) == 6
    assert session.run("exec count(*) from t") == 10
    pd.testing.assert_frame_equal(session.run("select * from t limit 4"), trades(), check_dtype=False)


def test_a_distributed_table_is_filled_and_read(session):
    path = "dfs://python_client"
    make_table(session, path)
    assert session.existsDatabase(path) and session.existsTable(path, "pt")
    assert not session.existsTable(path, "other")
    appender = ddb.TableAppender(db_path=path, table_name="pt", conn=session)
    assert appender.append(trades(1000)) == 1000
    table = session.loadTable(dbPath=path, tableName="pt")
    back = table.toDF().sort_values("id", ignore_index=True)
    pd.testing.assert_frame_equal(back, trades(1000), check_dtype=False)
    schema = session.run(f'schema(loadTable("{path}", "pt"))')
    assert list(schema["colDefs"]["name"]) == ["day", "id", "price"]
    assert schema["partitionColumnName"] == "day"


def test_a_handle_is_shown_without_its_data(session):
    path = "dfs://python_handle"
    make_table(session, path)
    assert list(session.run(f'loadTable("{path}", "pt")').columns) == ["day", "id", "price"]
    assert path in session.run(f'database("{path}")')
    assert "select" in session.run("<select * from t>")


def test_clear_memory_forgets_variables_and_keeps_the_user(session):
    session.run("x = 1")
    assert session.run("x", clearMemory=True) == 1
    fails(lambda: session.run("x"))
    assert session.run("getCurrentSessionAndUser()[1]") == "admin"


def test_unreadable_uploads_are_explained(session):
    fails(lambda: session.upload({"m": np.array([[1, 2], [3, 4]])}), "form 3")


def test_many_sessions_do_not_see_each_other(session):
    others = [connect() for _ in range(10)]
    for number, other in enumerate(others):
        other.upload({"mine": number})
    assert [other.run("mine") for other in others] == list(range(10))
    assert len({other.run("getCurrentSessionAndUser()[0]") for other in others}) == 10


def main():
    failed = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_"):
            continue
        try:
            session = connect()
            test(session)
            session.close()
            print(f"ok      {name}", flush=True)
        except Exception:
            failed += 1
            print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
    sys.exit(1 if failed else 0)


main()
