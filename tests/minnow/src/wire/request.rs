//! What a client asks (wire-protocol §2), read leniently: vendor clients differ in what they
//! leave out and where they end lines.
use std::io::{BufRead, Read};
use std::time::Instant;

use crate::error::{Error, Result};

/// A header is one short line.
const MAX_HEADER: usize = 1024;
/// More arguments are not a call that a client makes.
const MAX_ARGUMENTS: usize = 512;

const ASYNC: u32 = 4;
const CLEAR_MEMORY: u32 = 16;
const COMPRESS: u32 = 64;

/// The first line of a request.
#[derive(Debug, PartialEq)]
pub struct Header {
    /// `API2`: the client reads print frames.
    pub prints: bool,
    flags: u32,
    length: u64,
}

impl Header {
    /// The client waits for no reply.
    pub fn silent(&self) -> bool {
        self.flags & ASYNC != 0
    }

    /// The session's variables go after this request.
    pub fn clears(&self) -> bool {
        self.flags & CLEAR_MEMORY != 0
    }

    /// The client wants tables compressed.
    pub fn compresses(&self) -> bool {
        self.flags & COMPRESS != 0
    }
}

/// The text part of a request; objects follow it.
#[derive(Debug, PartialEq)]
pub enum Body {
    Connect {
        login: Option<(String, String)>,
    },
    Script(String),
    /// `function` is script text, such as `tableInsert{t}`.
    Function {
        function: String,
        arguments: usize,
    },
    Variables(Vec<String>),
    /// A script that the objects after it belong to, from another minnow. How servers send each
    /// other functions is not documented.
    Shipment {
        source: String,
        arguments: usize,
    },
}

/// Reads the header line, which must be complete by `deadline`.
pub fn read_header(input: &mut impl BufRead, deadline: Instant) -> Result<Header> {
    let mut line = Vec::new();
    loop {
        let bytes = input.fill_buf()?;
        let end = bytes.iter().position(|byte| *byte == b'\n');
        line.extend_from_slice(&bytes[..end.unwrap_or(bytes.len())]);
        let used = end.map_or(bytes.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            break;
        }
        if used == 0 || line.len() > MAX_HEADER || Instant::now() > deadline {
            return Err(Error::runtime("the header line does not end"));
        }
    }
    parse_header(&line).ok_or_else(|| Error::runtime("not a request of the API protocol"))
}

/// `API2 <session> <length> / <flag>_...`; the part from the slash may be missing.
fn parse_header(line: &[u8]) -> Option<Header> {
    let mut tokens = std::str::from_utf8(line).ok()?.split(' ');
    let prints = match tokens.next()? {
        "API" => false,
        "API2" => true,
        _ => return None,
    };
    tokens.next()?;
    let length = tokens.next()?.parse::<u32>().ok()?.into();
    let flags = match (tokens.next(), tokens.next()) {
        (Some("/"), Some(fields)) => fields.split('_').next()?.parse().ok()?,
        _ => 0,
    };
    Some(Header { prints, flags, length })
}

/// Reads the body that `header` announces; memory is taken as bytes arrive.
pub fn read_body(input: &mut impl BufRead, header: &Header) -> Result<Body> {
    let mut bytes = Vec::new();
    input.by_ref().take(header.length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < header.length {
        return Err(Error::runtime("the request ends early"));
    }
    let text = String::from_utf8(bytes).map_err(|_| Error::runtime("The request is not valid UTF-8."))?;
    parse_body(&text).ok_or_else(|| Error::runtime("The request is malformed."))?
}

fn parse_body(text: &str) -> Option<Result<Body>> {
    let (kind, rest) = text.split_once('\n').unwrap_or((text, ""));
    let body = match kind {
        "connect" => Body::Connect { login: parse_login(rest)? },
        "script" => Body::Script(rest.to_owned()),
        "function" | "variable" | "shipment" => return parse_call(kind, rest),
        _ => return None,
    };
    Some(Ok(body))
}

/// The optional `login`, user, password and `false` (nothing is encrypted) after a connect.
fn parse_login(text: &str) -> Option<Option<(String, String)>> {
    let mut lines = text.lines();
    match lines.next() {
        None | Some("") => Some(None),
        Some("login") => Some(Some((lines.next()?.to_owned(), lines.next()?.to_owned()))),
        Some(_) => None,
    }
}

/// `<text>\n<count>\n<endian>`, read from its end because the text may hold newlines.
fn parse_call(kind: &str, text: &str) -> Option<Result<Body>> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let (text, endian) = text.rsplit_once('\n')?;
    let (text, count) = text.rsplit_once('\n')?;
    let count = count.parse().ok().filter(|count| *count <= MAX_ARGUMENTS)?;
    match endian {
        "1" => (),
        "0" => return Some(Err(Error::runtime("minnow reads little-endian objects only."))),
        _ => return None,
    }
    if kind == "function" {
        return Some(Ok(Body::Function { function: text.to_owned(), arguments: count }));
    }
    if kind == "shipment" {
        return Some(Ok(Body::Shipment { source: text.to_owned(), arguments: count }));
    }
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    (names.len() == count).then_some(Ok(Body::Variables(names)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(line: &str) -> Option<Header> {
        parse_header(line.as_bytes())
    }

    fn body(text: &str) -> Option<Body> {
        parse_body(text).and_then(Result::ok)
    }

    #[test]
    fn headers_of_every_client_are_read() {
        let known = [
            ("API 0 8 / 32_1_4_2", (false, 32, 8)),
            ("API2 1001 22 / 32_1_4_64__0", (true, 32, 22)),
            ("API2 1001 22 / 36_1_4_64__0__4e5e8af0-371d-6790-3a4a-ccb2c008325b_1", (true, 36, 22)),
            ("API2 1001 15", (true, 0, 15)),
        ];
        for (line, (prints, flags, length)) in known {
            assert_eq!(header(line), Some(Header { prints, flags, length }), "{line}");
        }
    }

    #[test]
    fn other_first_lines_are_refused() {
        for line in
            ["", "GET / HTTP/1.1", "API", "API2 1", "API2 1 -1 / 0", "API2 1 x", "API2 1 1 / x_1", "\u{0}"]
        {
            assert_eq!(header(line), None, "{line}");
        }
        assert_eq!(parse_header(&[0xff, 0xfe]), None);
    }

    #[test]
    fn an_endless_header_is_refused() {
        let mut input = std::io::BufReader::new(std::io::repeat(b'A'));
        assert!(read_header(&mut input, Instant::now() + std::time::Duration::from_secs(60)).is_err());
    }

    #[test]
    fn a_header_that_dribbles_in_is_refused_at_the_deadline() {
        let mut input = std::io::BufReader::with_capacity(1, &b"API2 1001 15\n"[..]);
        assert!(read_header(&mut input, Instant::now()).is_err());
    }

    #[test]
    fn bodies_of_every_client_are_read() {
        let login = Some(("admin".to_owned(), "123456".to_owned()));
        let function = |function: &str, arguments| Body::Function { function: function.into(), arguments };
        let known = [
            ("connect\n", Body::Connect { login: None }),
            ("connect\nlogin\nadmin\n123456\nfalse", Body::Connect { login: login.clone() }),
            ("connect\nlogin\nadmin\n123456", Body::Connect { login }),
            ("script\na = 1\nb", Body::Script("a = 1\nb".into())),
            ("script\n", Body::Script(String::new())),
            ("function\nadd\n2\n1", function("add", 2)),
            ("function\nadd\n2\n1\n", function("add", 2)),
            ("function\n(def(a){\n a})\n1\n1", function("(def(a){\n a})", 1)),
            ("variable\nx,y\n2\n1", Body::Variables(vec!["x".into(), "y".into()])),
        ];
        for (text, expected) in known {
            assert_eq!(body(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn broken_bodies_are_refused() {
        let broken = ["", "x", "function\nadd", "function\nadd\n-1\n1", "function\nadd\n9999999\n1"];
        let more =
            ["function\nadd\n1\n2", "function\nadd\n1\n0", "variable\na,b\n1\n1", "connect\nlogin\nadmin"];
        for text in broken.iter().chain(&more) {
            assert_eq!(body(text), None, "{text}");
        }
    }

    #[test]
    fn a_length_that_lies_takes_no_memory() {
        let header = Header { prints: true, flags: 0, length: u32::MAX.into() };
        assert!(read_body(&mut &b"script\n1"[..], &header).is_err());
    }
}
