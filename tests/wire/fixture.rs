//! Captured conversations: `C` lines are bytes of a client, `S` lines bytes of a server, in hex;
//! lines of one letter belong together, `##` starts an exchange. The requests are the vendor's own; the
//! replies were made for the capture, and the first line says what the client read in them.
use std::path::Path;

/// One request and its reply.
pub struct Exchange {
    pub title: String,
    pub client: Vec<u8>,
    pub server: Vec<u8>,
}

/// The exchanges of `tests/fixtures/wire/<name>.hex`.
pub fn exchanges(name: &str) -> Vec<Exchange> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/wire/{name}.hex"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut exchanges: Vec<Exchange> = Vec::new();
    for line in text.lines() {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        match kind {
            "##" => exchanges.push(Exchange { title: rest.into(), client: Vec::new(), server: Vec::new() }),
            "C" => exchanges.last_mut().unwrap().client.extend(unhex(rest)),
            "S" => exchanges.last_mut().unwrap().server.extend(unhex(rest)),
            _ => {}
        }
    }
    exchanges
}

fn unhex(text: &str) -> impl Iterator<Item = u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
}
