//! The codec against bytes that vendor clients sent or accepted, and against hostile ones.
use super::{read_object, write_object};
use crate::value::{Data, Rows, Type, Value, Vector};

/// The objects of a fixture: the bytes that follow `after` in the lines of `side`.
fn fixture(text: &str, side: char, after: &[u8]) -> Vec<u8> {
    let hex: String = text.lines().filter_map(|line| line.strip_prefix(side)).map(str::trim).collect();
    let bytes: Vec<u8> = hex.as_bytes().chunks(2).map(byte).collect();
    let start = bytes.windows(after.len()).position(|window| window == after).expect("marker");
    bytes[start + after.len()..].to_vec()
}

fn byte(pair: &[u8]) -> u8 {
    u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()
}

fn decode(mut bytes: &[u8]) -> Value {
    let value = read_object(&mut bytes).unwrap();
    assert!(bytes.is_empty(), "{} bytes left", bytes.len());
    value
}

fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_object(&mut bytes, value).unwrap();
    bytes
}

macro_rules! answers {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../tests/fixtures/", $name, ".hex")))),*]
    };
}

#[test]
fn objects_that_clients_accept_come_back_byte_for_byte() {
    let known = answers![
        "py_get_scalar_INT_null",
        "py_get_scalar_SYMBOL_v",
        "py_get_scalar_UUID_v",
        "py_get_scalar_DURATION_v",
        "py_get_vector_BOOL",
        "py_get_vector_DOUBLE",
        "py_get_vector_FLOAT",
        "py_get_vector_IP",
        "py_get_vector_NANOTIMESTAMP",
        "py_get_vector_STRING",
        "py_get_vector_SYMBOL_empty",
        "py_get_vector_SYMBOLBASE",
        "py_get_vector_VOID",
        "py_get_pair_INT",
        "py_get_dict_STRING_INT",
        "py_get_dict_INT_ANY",
        "py_get_array_0rows",
        "py_get_array_DECIMAL64",
        "py_get_array_INT",
        "py_get_array_TIMESTAMP",
        "py_get_array_UUID",
        "py_get_array_emptyrow",
        "py_get_vector_BLOB",
        "py_get_vector_COMPLEX",
        "py_get_vector_POINT",
        "py_get_vector_DECIMAL32",
        "py_get_vector_DECIMAL64",
        "py_get_vector_DECIMAL128",
        "py_get_scalar_BLOB_v_b",
        "py_get_scalar_COMPLEX_v",
        "py_get_scalar_DECIMAL128_neg",
        "py_get_scalar_DECIMAL64_null",
        "py_get_scalar_DECIMAL32",
    ];
    for (name, text) in known {
        let bytes = fixture(text, 'S', b"OK\n");
        assert_eq!(encode(&decode(&bytes)), bytes, "{name}");
    }
}

#[test]
fn array_vectors_may_come_in_any_blocks() {
    let known = answers!["py_get_array_2blocks", "py_get_array_LONG_u4", "py_get_array_DOUBLE_u2"];
    for (name, text) in known {
        let value = decode(&fixture(text, 'S', b"OK\n"));
        let Value::Vector(rows) = &value else { panic!("{name}") };
        assert!(rows.ty.element().is_some() && rows.len() > 1, "{name}");
        let Value::Vector(back) = decode(&encode(&value)) else { panic!("{name}") };
        assert_eq!(back, *rows, "{name}");
    }
}

#[test]
fn long_array_vectors_take_several_blocks() {
    for rows in [0, 1, 65_535, 65_536, 70_000, 131_071] {
        let sizes = (0..rows).map(|row| row % 3);
        let ends = sizes.scan(0, |end, size| {
            *end += size;
            Some(*end)
        });
        let ends: Vec<u32> = ends.collect();
        let elements = ends.last().copied().unwrap_or(0);
        let values = Vector::new(Type::Decimal32(2), Data::I32((0..elements as i32).collect()));
        let given = Vector::rows(Rows { ends, values }).unwrap();
        let bytes = encode(&Value::Vector(given.clone().into()));
        let blocks = rows.div_ceil(65_535) as usize;
        assert_eq!(bytes.len(), 14 + 4 * blocks + rows as usize + 4 * elements as usize);
        let Value::Vector(back) = decode(&bytes) else { panic!() };
        assert_eq!(*back, given);
    }
}

#[test]
fn a_lying_array_vector_is_an_error() {
    let head = |rows: i32| [&[68, 1][..], &rows.to_le_bytes(), &[0; 4]].concat();
    for (rows, block) in [
        (i32::MAX, &[0xff, 0xff, 4, 0, 0xff, 0xff, 0xff, 0xff][..]),
        (2, &[0, 0, 1, 0]),
        (1, &[2, 0, 1, 0, 0, 0]),
        (1, &[1, 0, 3, 0, 0, 0, 0]),
        (1, &[1, 0, 4, 0, 0xff, 0xff, 0xff, 0xff]),
    ] {
        assert!(read_object(&mut [&head(rows), block].concat().as_slice()).is_err(), "{block:?}");
    }
    // A scale that no decimal has, and a blob longer than what follows.
    for bytes in [&b"\x25\x00\x0a\0\0\0\0\0\0\0"[..], b"\x20\x00\xff\xff\xff\x7fx"] {
        assert!(read_object(&mut &*bytes).is_err());
    }
}

#[test]
fn a_later_column_may_refer_to_an_earlier_base() {
    let base = [b"\x00\x06\x02\0\0\0\x02\0\0\0\0a\0b\0".as_slice(), b"\x91\x01\x02\0\0\0\x01\0\0\0"].concat();
    let first = [b"\x07\0\0\0\x02\0\0\0\0x\0".as_slice(), b"\x01\0\0\0\0\0\0\0"].concat();
    let second = b"\x91\x01\x02\0\0\0\x01\0\0\0\x07\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0";
    let Value::Table(table) = decode(&[&base, &first, second.as_slice()].concat()) else { panic!("a table") };
    assert_eq!(*table.columns[0], Vector::strings(Type::Symbol, ["x", ""]));
    assert_eq!(*table.columns[1], Vector::strings(Type::Symbol, ["", "x"]));
}

#[test]
fn equal_bases_of_a_table_are_sent_once() {
    let column = std::sync::Arc::new(Vector::strings(Type::Symbol, ["a long symbol", "b"]));
    let names = vec!["p".into(), "q".into()];
    let table = crate::value::Table { names, columns: vec![column.clone(), column.clone()] };
    let bytes = encode(&Value::Table(table.into()));
    assert_eq!(bytes.windows(13).filter(|window| window == b"a long symbol").count(), 1);
    let Value::Table(back) = decode(&bytes) else { panic!("a table") };
    assert_eq!(back.columns, [column.clone(), column]);
}

#[test]
fn bulk_cells_survive_every_block_boundary() {
    for rows in [0, 1, super::BLOCK - 1, super::BLOCK, super::BLOCK + 1, 3 * super::BLOCK] {
        let cells = Vector::new(Type::Long, Data::I64((0..rows as i64).collect()));
        let Value::Vector(back) = decode(&encode(&Value::Vector(cells.clone().into()))) else { panic!() };
        assert_eq!(*back, cells);
    }
}

#[test]
fn lying_lengths_are_errors_and_take_no_memory() {
    let most = i32::MAX.to_le_bytes();
    let vector = |kind: u8| [&[kind, 1][..], &most, &1i32.to_le_bytes()].concat();
    for kind in [0, 4, 5, 16, 18, 19, 25, 32, 34, 37, 39, 68, 101, 145] {
        assert!(read_object(&mut vector(kind).as_slice()).is_err(), "type {kind}");
    }
    let table = [&[0, 6][..], &most, &most, b"\0"].concat();
    assert!(read_object(&mut table.as_slice()).is_err());
    let negative = [&[4, 1][..], &(-1i32).to_le_bytes(), &1i32.to_le_bytes()].concat();
    assert!(read_object(&mut negative.as_slice()).is_err());
}

#[test]
fn every_cut_and_every_flipped_byte_is_an_error_or_a_value() {
    let text = include_str!("../../../tests/fixtures/java_function_tableInsert.hex");
    let bytes = fixture(text, 'C', b"{t}\n1\n1");
    assert!(matches!(decode(&bytes), Value::Table(_)));
    for cut in 0..bytes.len() {
        assert!(read_object(&mut &bytes[..cut]).is_err(), "cut at {cut}");
    }
    for place in 0..bytes.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut broken = bytes.clone();
            broken[place] = value;
            let _: crate::error::Result<Value> = read_object(&mut broken.as_slice());
        }
    }
}

#[test]
fn endless_nesting_is_an_error() {
    let one = [&[25, 1][..], &1i32.to_le_bytes(), &1i32.to_le_bytes()].concat();
    assert!(read_object(&mut one.repeat(100_000).as_slice()).is_err());
    let dictionary = [25u8, 5].repeat(100_000);
    assert!(read_object(&mut dictionary.as_slice()).is_err());
}

#[test]
fn foreign_types_are_named() {
    for (bytes, what) in [(b"\x29\x01", "IOTANY"), (b"\x52\x01", "type 82")] {
        let error = read_object(&mut bytes.as_slice()).unwrap_err();
        assert!(error.text.contains(what), "{error}");
    }
    let error = read_object(&mut b"\x04\x03".as_slice()).unwrap_err();
    assert!(error.text.contains("form 3"), "{error}");
}
