"""Columns of every type: frames, cells and how the client names their types."""
from decimal import Decimal

import dolphindb.settings as types
import numpy as np
import pandas as pd


def times(*texts):
    """Nanoseconds since the epoch; the last is NULL."""
    return np.array([*texts, "NaT"], dtype="datetime64[ns]")


def every_type():
    """A frame with a column of each type, NULLs in its last row."""
    frame = pd.DataFrame({
        "bool": [True, False, None],
        "char": pd.array([1, -127, None], dtype="Int8"),
        "short": pd.array([1, -2, None], dtype="Int16"),
        "int": pd.array([1, -2, None], dtype="Int32"),
        "long": pd.array([1, 2**62, None], dtype="Int64"),
        "date": times("2013-01-01", "1969-12-31"),
        "month": times("2013-01-01", "1969-12-01"),
        "time": times("1970-01-01 09:30:00.123", "1970-01-01 23:59:59.999"),
        "minute": times("1970-01-01 09:30", "1970-01-01 23:59"),
        "second": times("1970-01-01 09:30:01", "1970-01-01 23:59:59"),
        "datetime": times("2013-01-01 09:30:01", "1969-12-31 23:59:59"),
        "timestamp": times("2013-01-01 09:30:01.001", "1969-12-31 23:59:59.999"),
        "nanotime": times("1970-01-01 09:30:01.000000001", "1970-01-01 00:00:00"),
        "nanotimestamp": times("2013-01-01 09:30:01.000000001", "1969-12-31 23:59:59.999999999"),
        "datehour": times("2013-01-01 09:00", "1969-12-31 23:00"),
        "float": np.array([1.5, -0.0, np.nan], dtype="float32"),
        "double": [1.5, 1e300, np.nan],
        "string": ["a b", "\u4e2d\u6587", None],
        "symbol": ["IBM", "MSFT", None],
        "uuid": ["5d212a78-cc48-e3b1-4235-b4d91473ee87", "00000000-0000-0000-0000-000000000001", None],
        "ipaddr": ["127.0.0.1", "2001:db8::1", None],
        "int128": ["e1671797c52e15f763380b45e841ec32", "00000000000000000000000000000001", None],
    })
    frame.__DolphinDB_Type__ = {name: getattr(types, "DT_" + known) for name, known in KNOWN_TYPES.items()}
    return frame


# The client's types with their scale where they have one, cells, and what comes back.
RARE_TYPES = {
    "decimal32": (types.DT_DECIMAL32, 2, [Decimal("1.25"), Decimal("-9999999.99"), None]),
    "decimal64": (types.DT_DECIMAL64, 4, [Decimal("0.0001"), Decimal("-12345678901234.5678"), None]),
    "decimal128": (types.DT_DECIMAL128, 10, [Decimal("1E-10"), Decimal("12345678901234567890.1"), None]),
    "blob": (types.DT_BLOB, None, [b"a\n\xffb", b"x" * 70_000, None]),
}

# Element types of array vectors, and a row of each.
ARRAYS = {
    "bool": [True, False], "char": [1, -127], "short": [1, -2], "int": [1, -2**30], "long": [1, 2**62],
    "date": times("2013-01-01")[:1], "month": times("2013-01-01")[:1],
    "time": times("1970-01-01 09:30:00.123")[:1], "minute": times("1970-01-01 09:30")[:1],
    "second": times("1970-01-01 09:30:01")[:1], "datetime": times("2013-01-01 09:30:01")[:1],
    "timestamp": times("2013-01-01 09:30:01.001")[:1], "nanotime": times("1970-01-01 09:30:01.000000001")[:1],
    "nanotimestamp": times("2013-01-01 09:30:01.000000001")[:1], "datehour": times("2013-01-01 09:00")[:1],
    "float": [1.5, -0.0], "double": [1.5, 1e300], "uuid": ["5d212a78-cc48-e3b1-4235-b4d91473ee87"],
    "ipaddr": ["127.0.0.1"], "int128": ["e1671797c52e15f763380b45e841ec32"],
    "decimal32": [Decimal("1.25")], "decimal64": [Decimal("-1.2500"), Decimal("7.0000")],
    "decimal128": [Decimal("1.25")],
}
SCALES = {"decimal32": 2, "decimal64": 4, "decimal128": 2}


KNOWN_TYPES = {name: name.upper() for name in (
    "bool char short int long date month time minute second datetime timestamp nanotime nanotimestamp "
    "datehour float double string symbol uuid ipaddr int128").split()}


def declared(name):
    scale = SCALES.get(name)
    return name.upper() + (f"({scale})" if scale else "") + "[]"
