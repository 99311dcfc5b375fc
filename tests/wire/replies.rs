//! Replies that a vendor's client decoded: the values are those of the fixtures' first lines.
use clustersync::data::Datum;
use clustersync::error::Result;
use clustersync::wire::codec::{Reader, decode, read_reply};

use crate::fixture::exchanges;
use crate::show::show;

const DECODED: &[(&str, &str)] = &[
    ("scalar_VOID_0", "VOID"),
    ("scalar_VOID_1", "VOID"),
    ("scalar_BOOL_1", "BOOL 1"),
    ("scalar_BOOL_null", "BOOL NULL"),
    ("scalar_CHAR_97", "CHAR 97"),
    ("scalar_SHORT_-3", "SHORT -3"),
    ("scalar_SHORT_null", "SHORT NULL"),
    ("scalar_INT_7", "INT 7"),
    ("scalar_INT_null", "INT NULL"),
    ("scalar_LONG_1099511627776", "LONG 1099511627776"),
    ("scalar_LONG_null", "LONG NULL"),
    ("scalar_DATE_19000", "DATE 19000"),
    ("scalar_MONTH_24290", "MONTH 24290"),
    ("scalar_TIME_3723004", "TIME 3723004"),
    ("scalar_MINUTE_754", "MINUTE 754"),
    ("scalar_SECOND_3723", "SECOND 3723"),
    ("scalar_DATETIME_1700000000", "DATETIME 1700000000"),
    ("scalar_TIMESTAMP_1700000000123", "TIMESTAMP 1700000000123"),
    ("scalar_NANOTIME_3723000000004", "NANOTIME 3723000000004"),
    ("scalar_NANOTIMESTAMP_1700000000123456789", "NANOTIMESTAMP 1700000000123456789"),
    ("scalar_FLOAT_v", "FLOAT 1.5"),
    ("scalar_FLOAT_null", "FLOAT NULL"),
    ("scalar_DOUBLE_v", "DOUBLE 2.25"),
    ("scalar_DOUBLE_null", "DOUBLE NULL"),
    ("scalar_SYMBOL_v", r#"SYMBOL "sym""#),
    ("scalar_STRING_v", r#"STRING "héllo""#),
    ("scalar_STRING_v_b", r#"STRING """#),
    ("scalar_UUID_v", "UUID 0f0e0d0c0b0a09080706050403020100"),
    ("scalar_DATEHOUR_472222", "DATEHOUR 472222"),
    ("scalar_IP_v", "IPADDR 0000000000000000000000007f000001"),
    ("scalar_INT128_v", "INT128 0f0e0d0c0b0a09080706050403020100"),
    ("scalar_FUNCTIONDEF", "<add>"),
    ("scalar_HANDLE_v", "<h>"),
    ("scalar_CODE_v", "<< select * from t >>"),
    ("vector_BOOL", "[BOOL 1 0 NULL]"),
    ("vector_INT", "[INT 1 NULL -1]"),
    ("vector_LONG", "[LONG 1 NULL -1]"),
    ("vector_DATE", "[DATE 0 NULL 19000]"),
    ("vector_DOUBLE", "[DOUBLE 2.25 NULL]"),
    ("vector_STRING", r#"[STRING "a" "" "b"]"#),
    ("vector_SYMBOL", r#"[SYMBOL "a" "" "b"]"#),
    ("vector_SYMBOLBASE", r#"[SYMBOL "aa" "bb" "" "aa"]"#),
    ("vector_SYMBOL_empty", "[SYMBOL]"),
    ("vector_INT_empty", "[INT]"),
    ("vector_VOID", "VOID"),
    ("vector_UUID", "[UUID 0f0e0d0c0b0a09080706050403020100 00000000000000000000000000000000]"),
    ("vector_ANY", r#"(INT 1, STRING "x", [DOUBLE 1 2], VOID)"#),
    ("pair_INT", "[INT 1 9]"),
    ("pair_DATE", "[DATE 0 10]"),
    ("set_INT", "[INT 1 2 3]"),
    ("set_STRING", r#"[STRING "a" "b"]"#),
    ("dict_STRING_INT", "{a: INT 1, b: INT 2}"),
    ("dict_INT_ANY", "<dictionary with INT keys>"),
    ("dict_ordered", "{z: INT 1, a: [INT 4 5]}"),
    ("ok0", "VOID"),
    ("scalar_BLOB_v", r"BLOB bl\x00ob"),
    ("scalar_BLOB_v_b", "BLOB "),
    ("scalar_COMPLEX_v", "COMPLEX 1/2"),
    ("scalar_POINT_v", "POINT 3/4"),
    ("scalar_DECIMAL32", "DECIMAL32(2) 314"),
    ("scalar_DECIMAL32_neg", "DECIMAL32(4) -31415"),
    ("scalar_DECIMAL32_null", "DECIMAL32(2) NULL"),
    ("scalar_DECIMAL64", "DECIMAL64(2) 314"),
    ("scalar_DECIMAL64_neg", "DECIMAL64(4) -31415"),
    ("scalar_DECIMAL64_null", "DECIMAL64(2) NULL"),
    ("scalar_DECIMAL128", "DECIMAL128(2) 314"),
    ("scalar_DECIMAL128_neg", "DECIMAL128(4) -31415"),
    ("scalar_DECIMAL128_null", "DECIMAL128(2) NULL"),
    ("vector_BLOB", r"[BLOB ab  c\x00d]"),
    ("vector_COMPLEX", "[COMPLEX 1/2 NULL]"),
    ("vector_POINT", "[POINT 1/2 NULL]"),
    ("vector_DECIMAL32", "[DECIMAL32(2) 314 NULL -100]"),
    ("vector_DECIMAL64", "[DECIMAL64(2) 314 NULL -100]"),
    ("vector_DECIMAL128", "[DECIMAL128(2) 314 NULL -100]"),
    ("array_INT", "[INT[] [1 2] [3] [NULL 5 6]]"),
    ("array_DOUBLE_u2", "[DOUBLE[] [1 NULL] [3]]"),
    ("array_LONG_u4", "[LONG[] [1] [3 4]]"),
    ("array_DECIMAL64", "[DECIMAL64(2)[] [100 200] [300]]"),
    ("array_emptyrow", "[INT[] [1 2] [] [3]]"),
    ("array_2blocks", "[INT[] [1] [2 3] [4]]"),
    ("array_0rows", "[INT[]]"),
    ("array_TIMESTAMP", "[TIMESTAMP[] [0] [1 2]]"),
];

const UNSUPPORTED: &[(&str, &str)] = &[
    ("chart", "a chart cannot be transferred yet"),
    ("matrix_INT", "a INT matrix cannot be transferred yet"),
    ("vector_DURATION", "a DURATION vector cannot be transferred yet"),
];

fn value(server: &[u8]) -> Result<Datum> {
    let mut reader = Reader::new(server);
    let value = match read_reply(&mut reader, &mut |_| {})?.outcome {
        Ok(true) => decode(&mut reader)?,
        Ok(false) => Datum::Void,
        Err(text) => panic!("{text}"),
    };
    assert!(!reader.has_surplus(), "bytes are left over");
    Ok(value)
}

fn reply(name: &str) -> Vec<u8> {
    exchanges(&format!("py_get_{name}")).remove(0).server
}

#[test]
fn values_are_what_the_vendors_client_saw() {
    for (name, expected) in DECODED {
        assert_eq!(show(&value(&reply(name)).unwrap()), *expected, "{name}");
    }
}

#[test]
fn types_that_we_do_not_carry_are_named() {
    for (name, expected) in UNSUPPORTED {
        assert_eq!(value(&reply(name)).unwrap_err().message(), *expected, "{name}");
    }
}

#[test]
fn a_table_of_every_type_is_what_the_vendors_client_saw() {
    let wide = value(&exchanges("py_table_t_default").remove(0).server).unwrap();
    let shown = show(&wide);
    for column in [
        "cnanotime [NANOTIME 3723000000004 NULL 0]",
        r#"csym_samebase [SYMBOL "Y" "Y" "X"]"#,
        "cblob [BLOB ab  cd]",
        "cdec32 [DECIMAL32(2) 314 NULL -1]",
        "cdec64 [DECIMAL64(3) 314 NULL -1]",
        "cdec128 [DECIMAL128(4) 314 NULL -1]",
        "aint [INT[] [1 2] [3] [NULL]]",
        "adouble [DOUBLE[] [1.5] [] [2.5 3.5]]",
    ] {
        assert!(shown.contains(column), "{column} in {shown}");
    }
    let Datum::Table(wide) = wide else { panic!("no table") };
    assert_eq!((wide.rows, wide.columns.len()), (3, 30));
}

#[test]
fn the_structure_of_a_table_arrives_as_a_dictionary() {
    let schema = value(&exchanges("py_mtw_dfs")[3].server).unwrap();
    let Some(Datum::Table(columns)) = schema.get("colDefs") else { panic!("{}", show(&schema)) };
    assert_eq!(columns.rows, 8);
    let types: Vec<_> = columns.column("typeInt").unwrap().integers().map(Option::unwrap).collect();
    assert_eq!(types, [5, 16, 17, 6, 12, 4, 18, 38]);
}

#[test]
fn printed_messages_come_before_the_value() {
    let server = reply("msg");
    let mut printed = Vec::new();
    let mut reader = Reader::new(&server[..]);
    let reply = read_reply(&mut reader, &mut |text| printed.push(text.to_string())).unwrap();
    assert_eq!((reply.session.as_str(), reply.outcome), ("1001", Ok(true)));
    assert_eq!(printed, ["hello from print", "second line 2"]);
    assert_eq!(show(&decode(&mut reader).unwrap()), "INT 3");
}

#[test]
fn an_error_is_its_line() {
    let server = reply("err");
    let reply = read_reply(&mut Reader::new(&server[..]), &mut |_| {}).unwrap();
    assert_eq!(reply.outcome.unwrap_err(), "Syntax Error: [line #1] Cannot recognize the token foo");
}
