//! Every request of the vendor's clients on the login, function and table paths decodes; those that
//! our client makes too come out of it byte for byte.
use clustersync::data::{Datum, Type};
use clustersync::error::{Kind, Result};
use clustersync::wire::codec::{Body, Gather, Method, Reader, Request, decode, encode, pack_block};

use crate::fixture::{Exchange, exchanges};
use crate::show::show;

/// Requests whose form is ours: a connect with `false` or without login, scripts, functions and
/// variables with tables whose type byte is 0 and whose text is plain.
const OURS: &[&str] = &[
    "py_connect_anon",
    "py_connect_login_plain",
    "py_partitioned_appender",
    "py_put_df",
    "py_run_tableInsert",
    "py_run_tableInsert_db",
    "py_s_is_alive",
    "rs_connect",
];

const OTHERS: &[&str] = &[
    "cpp_function_tableInsert",
    "cpp_login_rsa",
    "java_function_tableInsert",
    "java_login_rsa",
    "js_connect",
    "js_function_tableInsert_t",
    "js_function_tableInsert_t_2",
    "rs_function_add",
    "rs_function_tableInsert_tw",
    "rs_function_tableInsert_tw_2",
    "rs_function_version",
];

fn read(bytes: &[u8]) -> Result<(Request, Vec<Datum>)> {
    let mut reader = Reader::new(bytes);
    let request = Request::decode(&mut reader)?;
    let count = match &request.body {
        Body::Function { arguments, .. } => *arguments,
        Body::Variable(names) => names.len(),
        _ => 0,
    };
    let arguments: Result<Vec<Datum>> = (0..count).map(|_| decode(&mut reader)).collect();
    let arguments = arguments?;
    assert!(!reader.has_surplus(), "bytes are left over");
    Ok((request, arguments))
}

fn write(request: &Request, arguments: &[Datum]) -> Vec<u8> {
    let mut message = Gather::default();
    request.encode(&mut message).unwrap();
    arguments.iter().for_each(|argument| encode(argument, &mut message).unwrap());
    let mut bytes = Vec::new();
    message.write_to(&mut bytes).unwrap();
    bytes
}

/// Without the HTTP upgrade that starts a browser's conversation.
fn native(names: &[&str]) -> Vec<Exchange> {
    let all = names.iter().flat_map(|name| exchanges(name));
    all.filter(|exchange| !exchange.title.starts_with("ws-upgrade")).collect()
}

#[test]
fn requests_of_every_vendor_client_decode() {
    for exchange in native(OURS).iter().chain(&native(OTHERS)) {
        let decoded = read(&exchange.client);
        assert!(decoded.is_ok(), "{}: {}", exchange.title, decoded.unwrap_err());
    }
}

#[test]
fn requests_that_we_make_too_come_out_byte_for_byte() {
    for exchange in native(OURS) {
        let (request, arguments) = read(&exchange.client).unwrap();
        assert_eq!(write(&request, &arguments), exchange.client, "{}", exchange.title);
    }
}

#[test]
fn a_login_is_understood() {
    let (request, _) = read(&exchanges("rs_connect")[0].client).unwrap();
    let Body::Connect(Some(login)) = request.body else { panic!("no login") };
    assert_eq!((login.user.as_str(), login.password.reveal()), ("admin", "123456"));
    let [(request, arguments)] = &native(&["py_connect_login_plain"])
        .iter()
        .map(|exchange| read(&exchange.client).unwrap())
        .collect::<Vec<_>>()[..]
    else {
        panic!("one request");
    };
    assert!(matches!(&request.body, Body::Function { name, arguments: 3 } if name == "login"));
    assert_eq!(show(&Datum::Tuple(arguments.clone())), r#"(STRING "admin", STRING "123456", BOOL 0)"#);
}

#[test]
fn an_inserted_table_is_understood() {
    let (request, arguments) = read(&exchanges("py_run_tableInsert_db")[0].client).unwrap();
    let Body::Function { name, .. } = request.body else { panic!("no function") };
    assert_eq!(name, "tableInsert{loadTable('dfs://db','pt')}");
    let expected = r#"table(i64 [LONG 1 2 3], f64 [DOUBLE 1.5 NULL -2], s [STRING "a" "" "c"])"#;
    assert_eq!(show(&arguments[0]), expected);
    let (_, arguments) = read(&exchanges("cpp_function_tableInsert")[0].client).unwrap();
    let expected =
        r#"table(id [LONG 1 2 3], px [DOUBLE 0 1.5 3], s [STRING "s0" "s1" "s2"], sym [SYMBOL "A" "B" "A"])"#;
    assert_eq!(show(&arguments[0]), expected);
}

#[test]
fn what_is_not_a_request_is_refused() {
    let bad: &[&[u8]] = &[
        b"GET / HTTP/1.1\n",
        b"API2 1 -5\nscript\n1",
        b"API2 1 999999999999999999999\nscript\n1",
        b"API2 1\nscript\n1",
        b"API2 1 8\nscribe\n1",
        b"API2 1 14\nfunction\nf\n0\n0",
        b"API2 1 14\nfunction\nf\n9x1",
        b"API2 1 17\nvariable\na,b\n1\n1\n",
        b"API2 1 13\nconnect\nlogin\n",
    ];
    for bytes in bad {
        assert_eq!(read(bytes).unwrap_err().kind(), Kind::Protocol, "{}", String::from_utf8_lossy(bytes));
    }
    let unsendable = Body::Function { name: "f\n1\n1".into(), arguments: 0 };
    let unsendable = Request {
        dialect: clustersync::wire::codec::Dialect::Api2,
        session: "1".into(),
        options: None,
        body: unsendable,
    };
    assert_eq!(unsendable.encode(&mut Gather::default()).unwrap_err().kind(), Kind::Argument);
}

#[test]
fn compressed_columns_are_those_of_the_same_table_uncompressed() {
    let argument = |name: &str| show(&read(&exchanges(name)[0].client).unwrap().1[0]);
    let cpp = argument("cpp_function_tableInsert_compressed");
    assert_eq!(cpp, argument("cpp_function_tableInsert"));
    let python = "table(id [LONG 0 1 2], px [DOUBLE 0 1.5 3], sym [SYMBOL \"S0\" \"S1\" \"S2\"], \
        d [DATE 18263 18263 18263], ts [TIMESTAMP 1577934245006 1577934245006 1577934245006], i [INT 0 1 2], \
        str [STRING \"str0\" \"str1\" \"str2\"], dec [DECIMAL64(2) 125 125 125])";
    assert_eq!(show(&read(&exchanges("py_mtw_compress")[8].client).unwrap().1[0]), python);
    let java = "table(id [LONG 1 2 3], px [DOUBLE 1.5 NULL 3.5], \
        ts [TIMESTAMP 1700000000123 1700000000124 1700000000125])";
    assert_eq!(argument("java_function_tableInsert_compressed"), java);
}

#[test]
fn differences_come_out_as_the_vendors_clients_write_them() {
    let cells = [1i64, 2, 3].map(i64::to_le_bytes).concat();
    let mut block = Vec::new();
    assert!(pack_block(Method::Delta, Type::Long, &cells, &mut block));
    let sent = &exchanges("java_function_tableInsert_compressed")[0].client;
    let sent_by_cpp = &exchanges("cpp_function_tableInsert_compressed")[0].client;
    for sent in [sent, sent_by_cpp] {
        assert!(sent.windows(block.len()).any(|window| window == block), "{block:02x?}");
    }
}
