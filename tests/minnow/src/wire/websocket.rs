//! WebSocket as the JavaScript client speaks it: the bytes of the API protocol in binary messages
//! (wire-protocol §11).
use std::io::{self, BufRead, BufReader, Read, Write};

use base64ct::{Base64, Encoding};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::line::Carrier;
use crate::error::{Error, Result};

/// What the standard appends to a client's key before hashing it (RFC 6455 §1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const HEAD_LIMIT: u64 = 8 << 10;

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
const FINAL: u8 = 0x80;
/// The longest body of a frame that controls the line.
const CONTROL: u64 = 125;

/// Reads an HTTP request from its second line on, if its first byte says that it is one, and
/// returns the answer that upgrades the line. Anything but an upgrade is answered and refused.
pub fn handshake(input: &mut impl BufRead) -> std::result::Result<String, (String, Error)> {
    let refuse = |status: &str, why: &str| {
        let body = format!("minnow: {why}\n");
        let head =
            format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        (head + &body, Error::runtime(why))
    };
    let head = read_head(input).map_err(|error| refuse("400 Bad Request", &error.to_string()))?;
    let field = |name: &str| {
        let fields = head.lines().filter_map(|line| line.split_once(':'));
        let mut named = fields.filter(|(own, _)| own.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.trim())
    };
    let Some(key) = field("Sec-WebSocket-Key") else {
        return Err(refuse("426 Upgrade Required", "there are no pages here, only WebSocket."));
    };
    if let Some(dialect) = field("Sec-WebSocket-Protocol") {
        return Err(refuse("400 Bad Request", &format!("the subprotocol {dialect} is not spoken here.")));
    }
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{key}{GUID}").as_bytes());
    let accept = Base64::encode_string(hash.as_ref());
    let upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    Ok(format!("{upgrade}Sec-WebSocket-Accept: {accept}\r\n\r\n"))
}

/// Everything up to the empty line.
fn read_head(input: &mut impl BufRead) -> Result<String> {
    let (mut head, mut limited) = (String::new(), input.take(HEAD_LIMIT));
    while !head.ends_with("\r\n\r\n") {
        if limited.read_line(&mut head)? == 0 {
            return Err(Error::runtime("the HTTP request does not end"));
        }
    }
    Ok(head)
}

/// A line whose bytes travel in frames. Reading gives the bytes of data frames one after the
/// other; what is written becomes fragments of one message until it is ended.
pub struct WebSocket {
    inner: BufReader<Box<dyn Carrier>>,
    /// Bytes left in the frame that is being read.
    left: u64,
    mask: [u8; 4],
    at: usize,
    /// A message was begun and not ended.
    begun: bool,
}

impl WebSocket {
    pub fn over(inner: Box<dyn Carrier>) -> WebSocket {
        let inner = BufReader::with_capacity(1 << 16, inner);
        WebSocket { inner, left: 0, mask: [0; 4], at: 0, begun: false }
    }

    /// Reads on to the next data frame; false when the client says goodbye.
    fn next_frame(&mut self) -> io::Result<bool> {
        loop {
            let mut head = [0; 2];
            self.inner.read_exact(&mut head)?;
            let (kind, masked) = (head[0] & 0x0f, head[1] & 0x80 != 0);
            let length = match head[1] & 0x7f {
                126 => u16::from_be_bytes(self.array()?).into(),
                127 => u64::from_be_bytes(self.array()?),
                length => length.into(),
            };
            // Clients must mask what they send (RFC 6455 §5.1); no extension was agreed upon.
            if !masked || head[0] & 0x70 != 0 || (kind >= CLOSE && length > CONTROL) {
                return Err(strange("a frame of the client breaks the rules of WebSocket"));
            }
            (self.mask, self.at, self.left) = (self.array()?, 0, length);
            match kind {
                CONTINUATION | TEXT | BINARY => return Ok(true),
                CLOSE | PING | PONG => {
                    let mut body = vec![0; length as usize];
                    self.read_exact(&mut body)?;
                    match kind {
                        PING => self.frame(FINAL | PONG, &body)?,
                        CLOSE => {
                            self.frame(FINAL | CLOSE, &body)?;
                            return Ok(false);
                        }
                        _ => (),
                    }
                }
                _ => return Err(strange("a frame of the client is of no known kind")),
            }
        }
    }

    fn frame(&mut self, kind: u8, body: &[u8]) -> io::Result<()> {
        let out = self.inner.get_mut();
        match body.len() {
            short @ ..=125 => out.write_all(&[kind, short as u8])?,
            middle @ 126..=0xffff => {
                out.write_all(&[kind, 126])?;
                out.write_all(&(middle as u16).to_be_bytes())?;
            }
            long => {
                out.write_all(&[kind, 127])?;
                out.write_all(&(long as u64).to_be_bytes())?;
            }
        }
        out.write_all(body)?;
        out.flush()
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// How the next fragment is marked.
    fn kind(&mut self) -> u8 {
        if std::mem::replace(&mut self.begun, true) { CONTINUATION } else { BINARY }
    }
}

impl Read for WebSocket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.left == 0 && !into.is_empty() {
            if !self.next_frame()? {
                return Ok(0);
            }
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(into.len());
        let count = self.inner.read(&mut into[..most])?;
        for byte in &mut into[..count] {
            *byte ^= self.mask[self.at % 4];
            self.at += 1;
        }
        self.left -= count as u64;
        Ok(count)
    }
}

impl Write for WebSocket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let kind = self.kind();
        self.frame(kind, bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.get_mut().flush()
    }
}

impl Carrier for WebSocket {
    fn end_message(&mut self) -> io::Result<()> {
        let kind = self.kind();
        self.begun = false;
        self.frame(FINAL | kind, &[])
    }
}

fn strange(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads from the first part, writes into the second.
    struct Ends(io::Cursor<Vec<u8>>, std::sync::mpsc::Sender<Vec<u8>>);

    impl Read for Ends {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.0.read(into)
        }
    }

    impl Write for Ends {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Carrier for Ends {}

    fn masked(kind: u8, body: &[u8]) -> Vec<u8> {
        let mask = [1, 2, 3, 4];
        let body = body.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]);
        [&[kind, 0x80 | body.len() as u8][..], &mask, &body.collect::<Vec<_>>()].concat()
    }

    fn line(sent: &[Vec<u8>]) -> (WebSocket, std::sync::mpsc::Receiver<Vec<u8>>) {
        let (sender, receiver) = std::sync::mpsc::channel();
        (WebSocket::over(Box::new(Ends(io::Cursor::new(sent.concat()), sender))), receiver)
    }

    #[test]
    fn the_key_of_the_standard_gets_the_answer_of_the_standard() {
        let request =
            "GET / HTTP/1.1\r\nUpgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        let answer = handshake(&mut request.as_bytes()).unwrap();
        assert!(answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{answer}");
    }

    #[test]
    fn what_is_no_upgrade_is_answered_and_refused() {
        let refused = |request: &str| handshake(&mut request.as_bytes()).unwrap_err().0;
        assert!(refused("GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 426 "));
        assert!(refused("GET / HTTP/1.1\r\n").starts_with("HTTP/1.1 400 "));
        let python = "GET / HTTP/1.1\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Protocol: python\r\n\r\n";
        assert!(refused(python).contains("python"));
        let endless = format!("GET / HTTP/1.1\r\n{}", "a: b\r\n".repeat(10_000));
        assert!(refused(&endless).starts_with("HTTP/1.1 400 "));
    }

    #[test]
    fn fragments_and_controls_make_one_stream_of_bytes() {
        let sent = [
            masked(BINARY, b"ab"),
            masked(FINAL | PING, b"?"),
            masked(FINAL, b"cd"),
            masked(FINAL | CLOSE, &[]),
        ];
        let (mut line, answered) = line(&sent);
        let mut read = String::new();
        line.read_to_string(&mut read).unwrap();
        assert_eq!(read, "abcd");
        let answered: Vec<u8> = answered.try_iter().flatten().collect();
        assert_eq!(answered, [FINAL | PONG, 1, b'?', FINAL | CLOSE, 0]);
    }

    #[test]
    fn frames_against_the_rules_end_the_line() {
        for sent in
            [vec![FINAL | BINARY, 1, 0], masked(FINAL | 3, b""), vec![FINAL | PING, 0xfe, 1, 0, 1, 2, 3, 4]]
        {
            assert!(line(&[sent]).0.read(&mut [0; 8]).is_err());
        }
    }

    #[test]
    fn a_message_is_fragments_with_one_end() {
        let (mut line, sent) = line(&[]);
        line.write_all(&[7; 300]).unwrap();
        line.write_all(b"x").unwrap();
        line.end_message().unwrap();
        line.end_message().unwrap();
        let sent: Vec<u8> = sent.try_iter().flatten().collect();
        assert_eq!(sent[..4], [BINARY, 126, 1, 44]);
        assert_eq!(sent[304..], [0, 1, b'x', FINAL, 0, FINAL | BINARY, 0]);
    }
}
