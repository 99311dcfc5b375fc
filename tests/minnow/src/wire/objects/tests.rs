//! The codec against bytes that vendor clients sent or accepted, and against hostile ones.
use super::{read_object, write_object};
use crate::value::{Data, Type, Value, Vector};

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
    ];
    for (name, text) in known {
        let bytes = fixture(text, 'S', b"OK\n");
        assert_eq!(encode(&decode(&bytes)), bytes, "{name}");
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
    for kind in [0, 4, 5, 16, 18, 19, 25, 145] {
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
    for (bytes, what) in [(b"\x1a\x01", "compressed"), (b"\x44\x01", "array"), (b"\x25\x00", "type 37")] {
        let error = read_object(&mut bytes.as_slice()).unwrap_err();
        assert!(error.text.contains(what), "{error}");
    }
    let error = read_object(&mut b"\x04\x03".as_slice()).unwrap_err();
    assert!(error.text.contains("form 3"), "{error}");
}
