//! Values of the rarer types: literals, casts, comparisons, tables (dolphindb-semantics §11.1).
use super::*;
use crate::value::Type;

#[test]
fn decimals_keep_their_scale() {
    let mut fixture = fixture();
    for (source, ty, text) in [
        ("decimal32(1.25, 2)", Type::Decimal32(2), "1.25"),
        ("decimal64(\"-0.00005\", 4)", Type::Decimal64(4), "-0.0001"),
        ("decimal128(7, 3)", Type::Decimal128(3), "7.000"),
        ("2.345$DECIMAL32(2)", Type::Decimal32(2), "2.35"),
        ("cast(\"1.5\", \"decimal64(3)\")", Type::Decimal64(3), "1.500"),
        ("decimal64(decimal32(1.25, 2), 1)", Type::Decimal64(1), "1.3"),
        ("decimal64(00F, 2)", Type::Decimal64(2), ""),
        ("-decimal64(1, 2)", Type::Decimal64(2), "-1.00"),
    ] {
        let value = fixture.value(source);
        assert_eq!((value.cells().unwrap().ty, value.to_string()), (ty, text.to_owned()), "{source}");
    }
    check(&[
        ("decimal64(1 2 3, 2) > decimal32(1.5, 1)", "[0,1,1]"),
        ("decimal64(1.5, 4) == 1.5", "1"),
        ("decimal32(3, 2) == 3", "1"),
        ("decimal32(1, 1) + decimal64(0.25, 2)", "1.25"),
        ("sum(decimal32(1.5 2.5, 1))", "4.0"),
        ("max(decimal32(1.5 2.5, 1))", "2.5"),
        ("double(decimal64(\"0.1\", 18))", "0.1"),
        ("int(decimal32(2.5, 1))", "3"),
        ("string(decimal32(2.5, 1))", "2.5"),
        ("typestr(decimal64(1.0 2.0, 2))", "FAST DECIMAL64 VECTOR"),
        ("decimal32(1.0 00F, 1) in decimal32(1, 1)", "[1,0]"),
    ]);
    assert!(fixture.fails("decimal32(1, 10)").contains("S05010"));
    assert!(fixture.fails("decimal32(3000000000, 0)").contains("overflow"));
    assert!(fixture.fails("decimal32(1, 1) * 2").contains("Can't combine"));
}

#[test]
fn blobs_complex_numbers_and_points_are_values() {
    check(&[
        ("typestr(blob(`a`b))", "FAST BLOB VECTOR"),
        ("blob(\"abc\")", "abc"),
        ("complex(1, -2.5)", "1-2.5i"),
        ("complex(1 2, 3 4)", "[1+3i,2+4i]"),
        ("complex(1, 2) == complex(1, 2)", "1"),
        ("point(1, 2)", "(1, 2)"),
        ("isNull(point(1 00i, 2 3))", "[0,1]"),
        ("typestr(point(1, 2))", "POINT"),
    ]);
}

#[test]
fn array_vectors_hold_rows() {
    check(&[
        ("arrayVector(2 3 5, 1..5)", "[[1,2],[3],[4,5]]"),
        ("array(INT[], 0).append!([1 2, 3, []])", "[[1,2],[3],[]]"),
        ("typestr(array(DOUBLE[], 0))", "FAST DOUBLE[] VECTOR"),
        ("type(array(INT[], 0))", "68"),
        ("a = arrayVector(2 3, `a`b.size() + 1..3); a[1]", "[5]"),
        ("rowSize(arrayVector(2 2 3, 1 2 3))", "[2,0,1]"),
        ("flatten(arrayVector(2 3, 7 8 9))", "[7,8,9]"),
        ("size(arrayVector(2 3, 7 8 9))", "2"),
        ("isNull(arrayVector(0 1 2, 00i 5))", "[1,1,0]"),
        ("arrayVector(1 2, 1 2)$DOUBLE[]", "[[1],[2]]"),
        ("arrayVector(1 3, decimal32(1.5 2.5 3.5, 1))", "[[1.5],[2.5,3.5]]"),
        ("arrayVector(2 3, 1 2 3) == arrayVector(2 3, 1 5 3)", "[[1,0],[1]]"),
        ("arrayVector(2 3, 1 2 3) > 1", "[[0,1],[1]]"),
        ("10 20 + arrayVector(2 3, 1 2 3)", "[[11,12],[23]]"),
        ("arrayVector(2 2 3, [1.5, 00f, 3]) * 2", "[[3,],[],[6]]"),
        ("eqObj(arrayVector(1 2, 1 2), array(INT[], 0).append!((1, 2)))", "1"),
        ("t = table(1 2 as id, arrayVector(2 3, 1 2 3) as v); exec v from t where id = 2", "[[3]]"),
        ("t = table(1:0, `id`v, [INT, INT[]]); tableInsert(t, 1 2, [1 2, 3]); t.v", "[[1,2],[3]]"),
        ("t = table(1:0, `d`v, [DECIMAL64(4), DECIMAL32(2)[]]); schema(t).colDefs.extra", "[4,2]"),
        (
            "schema(table(1:0, `v`w, [\"INT[]\", \"DECIMAL32(2)[]\"])).colDefs.typeString",
            "[\"INT[]\",\"DECIMAL32[]\"]",
        ),
    ]);
    let mut fixture = fixture();
    assert!(fixture.fails("array(STRING[], 0)").contains("S02024"));
    assert!(fixture.fails("arrayVector(2 1, 1 2)").contains("ascend"));
    assert!(fixture.fails("arrayVector(1 1, 1 2)").contains("end where"));
    assert!(fixture.fails("arrayVector(1 2, 1 2) == arrayVector(2 2, 1 2)").contains("same length"));
    assert!(fixture.fails("arrayVector(1 2, 1 2) == 1 2 3").contains("same length"));
}

/// dolphindb-semantics §3.3, §4.4.
#[test]
fn array_vectors_are_stored_by_tsdb_only_and_empty_rows_become_null() {
    let mut fixture = fixture();
    fixture
        .run("m = table(1:0, `k`v, [INT, INT[]])\nrows = table(1 2 3 as k, arrayVector(1 1 3, 7 8 9) as v)");
    let olap = "db = database('dfs://o', VALUE, 1..3); createPartitionedTable(db, m, `t, `k)";
    assert!(fixture.fails(olap).contains("needs the TSDB engine"));
    fixture.run(
        "db = database('dfs://t', VALUE, 1..3, , 'TSDB'); t = createPartitionedTable(db, m, `t, `k, , `k)",
    );
    assert_eq!(fixture.run("tableInsert(t, rows)"), "3");
    assert_eq!(fixture.run("exec v from loadTable('dfs://t', 't') order by k"), "[[7],[],[8,9]]");
    assert_eq!(fixture.run("rowSize(exec v from t order by k)"), "[1,1,2]");
    assert_eq!(fixture.run("rowSize(rows.v)"), "[1,0,2]");
}

/// dolphindb-semantics §4.4: DECIMAL takes integers and floating numbers, not texts.
#[test]
fn columns_take_what_their_category_allows() {
    let mut fixture = fixture();
    fixture.run("t = table(1:0, `d`b, [DECIMAL64(2), BLOB])");
    assert_eq!(
        fixture.run("tableInsert(t, 1 2, `a`b); tableInsert(t, 1.006 2.5, `c`d); t.d"),
        "[1.00,2.00,1.01,2.50]"
    );
    assert!(fixture.fails("tableInsert(t, [`x], [`y])").contains("S05004"));
    assert!(fixture.fails("tableInsert(t, [1e30], [`y])").contains("overflow"));
    assert_eq!(fixture.run("t.size()"), "4");
}

/// What the manual's page on temporalAdd shows; durations cannot be computed with.
#[test]
fn durations_move_temporal_values() {
    check(&[
        ("temporalAdd(2017.01.16, 1, \"d\")", "2017.01.17"),
        ("temporalAdd(2017.01.16, 1, \"w\")", "2017.01.23"),
        ("temporalAdd(2016.12M, 2, \"M\")", "2017.02M"),
        ("temporalAdd(2012.07.31T13:30:10.008, -1, 'M')", "2012.06.30T13:30:10.008"),
        ("temporalAdd(2012.07.31T13:30:10.008, 1, 'y')", "2013.07.31T13:30:10.008"),
        ("temporalAdd(13:30:10.008007006, 100, \"ns\")", "13:30:10.008007106"),
        ("temporalAdd([12:23:34, 23:34:45], 10m)", "[12:33:34,23:44:45]"),
        ("temporalAdd(2021.08.06, 4B)", "2021.08.12"),
        ("temporalAdd(datetime(2020.08.31), -2M)", "2020.06.30T00:00:00"),
        ("temporalAdd(00d, 7d)", ""),
        ("7d", "7d"),
        ("typestr(3H)", "DURATION"),
        ("duration(\"20ms\")", "20ms"),
    ]);
    let mut fixture = fixture();
    assert!(fixture.fails("7d + 1").contains("Can't combine"));
    assert!(fixture.fails("temporalAdd(2017.01.16, 1, \"H\")").contains("does not suit"));
    assert!(fixture.fails("temporalAdd(2017.01.16, 1, \"fortnight\")").contains("DURATION"));
}

/// dolphindb-semantics §11.1.
#[test]
fn the_first_generation_has_neither_decimals_nor_array_vectors() {
    let home = tempfile::tempdir().unwrap();
    let site = Site { host: "127.0.0.1".into(), port: 0, alias: "A".into() };
    let mut session = Session::new(Node::open(home.path(), &site, "1.30.23").unwrap());
    session.user = "admin".into();
    session.run("db = database('dfs://v', VALUE, 1..3)").unwrap();
    for ty in ["DECIMAL64(4)", "INT[]"] {
        let create = format!("createPartitionedTable(db, table(1:0, `k`v, [INT, {ty}]), `t, `k)");
        assert!(session.run(&create).unwrap_err().text.contains("1.30.23"), "{ty}");
    }
    session.run("createPartitionedTable(db, table(1:0, `k`v, [INT, BLOB]), `t, `k)").unwrap();
}

/// dolphindb-semantics §3.3.
#[test]
fn tables_are_sorted_by_decimals_but_not_by_blobs_or_rows() {
    let mut fixture = fixture();
    fixture.run("db = database('dfs://s', VALUE, 1..3, , 'TSDB')\nm = table(1:0, `k`d`b`v, [INT, DECIMAL64(2), BLOB, INT[]])");
    for column in ["b", "v"] {
        let refused = fixture.fails(&format!("createPartitionedTable(db, m, `t, `k, , `{column}`k)"));
        assert!(refused.contains("sortColumns"), "{refused}");
    }
    fixture.run("createPartitionedTable(db, m, `t, `k, , `d`k)");
}
