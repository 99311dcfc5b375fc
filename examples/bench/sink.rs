//! A peer that takes tables over the API protocol, finds where each ends, and forgets it.
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use clustersync::data::Type;

/// As much as the plugin itself reads at once.
pub const BUFFER: usize = 256 << 10;

const VECTOR: u8 = 1;
const TABLE: u8 = 6;

/// Serves every connection on a thread of its own, for as long as the process lives; returns the
/// port.
pub fn start() -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that leaves between two requests is the usual end.
            thread::spawn(move || Sink::new(stream).and_then(|mut sink| sink.serve()));
        }
    });
    Ok(port)
}

struct Sink {
    input: BufReader<TcpStream>,
    output: TcpStream,
}

impl Sink {
    fn new(stream: TcpStream) -> io::Result<Sink> {
        stream.set_nodelay(true)?;
        Ok(Sink { output: stream.try_clone()?, input: BufReader::with_capacity(BUFFER, stream) })
    }

    /// Answers every call of a function with the rows of its table, everything else with nothing.
    fn serve(&mut self) -> io::Result<()> {
        while !self.input.fill_buf()?.is_empty() {
            let header = self.until(b'\n')?;
            let length = header.split(' ').nth(2).and_then(|length| length.parse().ok());
            let mut body = vec![0; length.ok_or_else(|| strange("header"))?];
            self.input.read_exact(&mut body)?;
            match body.starts_with(b"function\n") {
                true => {
                    let rows = self.table()?;
                    let answer = [b"1 1 1\nOK\n", &[Type::Int.id() as u8, 0][..], &rows.to_le_bytes()];
                    self.output.write_all(&answer.concat())?;
                }
                false => self.output.write_all(b"1 0 1\nOK\n")?,
            }
        }
        Ok(())
    }

    /// Reads past a table and returns its rows.
    fn table(&mut self) -> io::Result<i32> {
        let [_, TABLE] = self.array()? else { return Err(strange("table")) };
        let (rows, columns) = (self.number()?, self.number()?);
        for _ in 0..=columns {
            self.until(0)?;
        }
        (0..columns).try_for_each(|_| self.column())?;
        Ok(rows)
    }

    fn column(&mut self) -> io::Result<()> {
        let [ty, VECTOR] = self.array()? else { return Err(strange("column")) };
        let ty = Type::from_id(i32::from(ty)).ok_or_else(|| strange("type"))?;
        let (rows, _) = (self.number()? as usize, self.number()?);
        match ty.width() {
            Some(width) => self.skip(rows * width),
            None => self.skip_texts(rows),
        }
    }

    fn skip(&mut self, mut bytes: usize) -> io::Result<()> {
        while bytes > 0 {
            let here = self.block()?.len().min(bytes);
            self.input.consume(here);
            bytes -= here;
        }
        Ok(())
    }

    fn skip_texts(&mut self, mut texts: usize) -> io::Result<()> {
        while texts > 0 {
            let (taken, ends) = past_texts(self.block()?, texts);
            self.input.consume(taken);
            texts -= ends;
        }
        Ok(())
    }

    fn block(&mut self) -> io::Result<&[u8]> {
        match self.input.fill_buf()? {
            [] => Err(io::ErrorKind::UnexpectedEof.into()),
            block => Ok(block),
        }
    }

    fn until(&mut self, end: u8) -> io::Result<String> {
        let mut bytes = Vec::new();
        self.input.read_until(end, &mut bytes)?;
        bytes.pop();
        String::from_utf8(bytes).map_err(|_| strange("text"))
    }

    fn number(&mut self) -> io::Result<i32> {
        self.array().map(i32::from_le_bytes)
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// How many bytes of `block` belong to the next `wanted` texts, and how many of them end there.
fn past_texts(block: &[u8], wanted: usize) -> (usize, usize) {
    let ends = block.iter().filter(|byte| **byte == 0).count();
    if ends < wanted {
        return (block.len(), ends);
    }
    let last = block.iter().enumerate().filter(|(_, byte)| **byte == 0).nth(wanted - 1);
    (last.map_or(0, |(at, _)| at + 1), wanted)
}

fn strange(what: &str) -> io::Error {
    io::Error::other(format!("not the {what} that the plugin sends"))
}
