//! The head of a reply: printed messages, then who answers and whether it went well
//! (wire-protocol §3).
use std::io::Read;

use super::reader::{Reader, broken};
use crate::error::{Error, Result};

const LINE_LIMIT: usize = 4 << 20;
const MESSAGE_LIMIT: usize = 64 << 20;

/// What a reply says before its object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The server's name for this connection.
    pub session: String,
    /// `Ok` with whether an object follows, or the server's error line.
    pub outcome: std::result::Result<bool, String>,
}

/// Reads up to where the object starts, if there is one; `on_message` gets what the server printed.
///
/// # Errors
/// `Protocol` when these are not the bytes of a little-endian server, `Network` when the line
/// breaks.
pub fn read_reply(reader: &mut Reader<impl Read>, on_message: &mut dyn FnMut(&str)) -> Result<Reply> {
    let mut head = reader.line(LINE_LIMIT)?;
    while head == "MSG" {
        on_message(&reader.text(MESSAGE_LIMIT)?);
        head = reader.line(LINE_LIMIT)?;
    }
    let [session, objects, order] = head.split(' ').collect::<Vec<_>>()[..] else {
        return Err(not_a_reply(&head));
    };
    let follows = match objects {
        "0" => false,
        "1" => true,
        _ => return Err(not_a_reply(&head)),
    };
    match order {
        "1" => {}
        "0" => return Err(broken("the server is big-endian, which is not supported")),
        _ => return Err(not_a_reply(&head)),
    }
    let status = reader.line(LINE_LIMIT)?;
    let outcome = if status == "OK" { Ok(follows) } else { Err(status) };
    Ok(Reply { session: session.into(), outcome })
}

fn not_a_reply(head: &str) -> Error {
    let shown: String = head.chars().take(60).map(|c| if c.is_control() { '?' } else { c }).collect();
    broken(format!("the peer does not answer as DolphinDB does but with `{shown}`"))
}
