//! `serveFiles`: this node's end of a stream, for the plugin of another node.

use crate::cluster::Host;
use crate::data::{Column, Datum, Type};
use crate::error::Result;
use crate::failpoint::reach;
use crate::plugin::call::arguments::{argument, text, usage};
use crate::plugin::call::caller;
use crate::plugin::call::table::{longs, table, texts};
use crate::plugin::node::roots;
use crate::ship::{Chunk, Depot, End, Listed};

/// The parameters as the manual writes them.
pub(in super::super) const SERVE: &str =
    "clusterSync::serveFiles(action, directory, paths, [offsets], [lengths], [sums], [bytes])";

/// The most bytes that one call asks for: both servers hold them in memory.
const MOST: u64 = 64 << 20;

/// Lists, reads or writes files below an allowed directory.
pub(in super::super) fn serve_files(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    let (action, directory) = (text(args, 0, "action", SERVE)?, text(args, 1, "directory", SERVE)?);
    let paths = paths(argument(args, 2))?;
    caller::administrator(host)?;
    let mut depot = Depot::new(roots::permitted(host, directory.trim_end_matches('/'))?);
    match action {
        "list" => Ok(listed(&depot.list(&paths)?)),
        "sums" => Ok(sums(&depot.sums(&chunks(&paths, args)?)?)),
        "folders" => Ok(Datum::Vector(Column::text(Type::String, depot.folders()?))),
        "read" => {
            let answer = read(&mut depot, &chunks(&paths, args)?)?;
            reach("served");
            Ok(answer)
        }
        "write" => {
            let (sums, bytes) = (numbers(args, 5, "sums")?, bytes(argument(args, 6))?);
            let sums: Vec<u32> = sums.into_iter().map(|sum| sum as u32).collect();
            depot.write(&chunks(&paths, args)?, &sums, &bytes).map(|()| done(&paths))
        }
        "finish" => {
            let lengths = numbers(args, 4, "lengths")?;
            let files: Vec<Listed> =
                paths.iter().zip(lengths).map(|(path, bytes)| Listed { path: path.clone(), bytes }).collect();
            depot.finish(&files).map(|()| done(&paths))
        }
        "remove" => depot.remove(&paths).map(|()| done(&paths)),
        _ => Err(usage("action must be one of folders, list, sums, read, write, finish, remove", SERVE)),
    }
}

fn paths(argument: &Datum) -> Result<Vec<String>> {
    match argument {
        Datum::Scalar(column) | Datum::Vector(column) if column.ty.is_text() => {
            let paths = column.texts().map(|text| std::str::from_utf8(text).map(str::to_owned));
            paths.collect::<std::result::Result<_, _>>().map_err(|_| usage("paths must be text", SERVE))
        }
        _ => Err(usage("paths must be a string or a vector of strings", SERVE)),
    }
}

fn numbers(args: &[Datum], index: usize, name: &str) -> Result<Vec<u64>> {
    let wrong = || usage(format!("{name} must be a vector of whole numbers, one for each path"), SERVE);
    match (argument(args, index), argument(args, 2)) {
        (Datum::Vector(column), Datum::Vector(paths)) if column.rows == paths.rows => {
            let numbers: Option<Vec<u64>> = column.integers().map(|cell| u64::try_from(cell?).ok()).collect();
            numbers.filter(|numbers| numbers.len() == paths.rows).ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}

fn chunks(paths: &[String], args: &[Datum]) -> Result<Vec<Chunk>> {
    let (offsets, lengths) = (numbers(args, 3, "offsets")?, numbers(args, 4, "lengths")?);
    if lengths.iter().fold(0, |sum: u64, length| sum.saturating_add(*length)) > MOST {
        return Err(usage(format!("lengths must be {MOST} together at most"), SERVE));
    }
    let chunks = paths.iter().zip(offsets).zip(lengths);
    Ok(chunks.map(|((path, at), bytes)| Chunk { path: path.clone(), at, bytes: bytes as u32 }).collect())
}

fn bytes(argument: &Datum) -> Result<Vec<u8>> {
    match argument {
        Datum::Vector(column) if column.ty == Type::Char => {
            Ok(column.cells.segments().iter().flat_map(|segment| segment.iter().copied()).collect())
        }
        _ => Err(usage("bytes must be a CHAR vector", SERVE)),
    }
}

fn listed(files: &[Listed]) -> Datum {
    table([("path", texts(files, |file| &file.path)), ("bytes", longs(files, |file| file.bytes))])
}

fn sums(sums: &[Option<u32>]) -> Datum {
    let cells = sums.iter().flat_map(|sum| sum.map_or(i64::MIN, i64::from).to_le_bytes());
    Datum::Vector(Column::fixed(Type::Long, cells.collect::<Vec<u8>>()))
}

/// The checksum of each chunk in four bytes, then the bytes of all.
fn read(depot: &mut Depot, chunks: &[Chunk]) -> Result<Datum> {
    let bytes = depot.read(chunks)?;
    let mut answer = Vec::with_capacity(bytes.len() + 4 * chunks.len());
    let mut rest = &bytes[..];
    for chunk in chunks {
        let (own, behind) = rest.split_at(chunk.bytes as usize);
        answer.extend(crc32c::crc32c(own).to_le_bytes());
        rest = behind;
    }
    answer.extend(bytes);
    Ok(Datum::Vector(Column::fixed(Type::Char, answer)))
}

fn done(paths: &[String]) -> Datum {
    Datum::Scalar(Column::fixed(Type::Long, (paths.len() as u64).to_le_bytes()))
}
