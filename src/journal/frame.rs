//! The bytes of a journal: a head, then frames. No I/O.
use std::fmt;

const MAGIC: &[u8; 8] = b"CSYNCRUN";
/// The version of the format that this code writes.
pub(super) const VERSION: u32 = 3;
/// The oldest version that it reads.
const OLDEST: u32 = 2;
/// Magic, version, and the checksum of both.
pub(super) const HEAD: usize = 16;
/// Length and checksum, in front of each payload.
const FRAME: usize = 8;

/// Why a journal cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It does not begin as a journal does.
    Foreign,
    /// It was written in a version that this code does not know.
    Version(u32),
    /// The frame at this offset is not what was written, and valid ones follow.
    At(usize),
    /// The record at this offset cannot follow those before it.
    Senseless(usize),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damage::Foreign => write!(f, "it is no journal of a run"),
            Damage::Version(found) => {
                write!(f, "its format has version {found}, known are {OLDEST} to {VERSION}")
            }
            Damage::At(offset) => write!(f, "it is damaged at byte {offset}"),
            Damage::Senseless(offset) => {
                write!(f, "its record at byte {offset} cannot follow those before it")
            }
        }
    }
}

/// What a journal begins with.
pub(super) fn head() -> Vec<u8> {
    let mut bytes = [&MAGIC[..], &VERSION.to_le_bytes()].concat();
    bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
    bytes
}

/// `payload` with its length and checksum.
pub(super) fn frame(payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_le_bytes();
    let checksum = checksum(&length, payload);
    [&length[..], &checksum.to_le_bytes(), payload].concat()
}

fn checksum(length: &[u8], payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(length), payload)
}

/// The payloads of a journal and their offsets. A head or frame that is not complete at the end was
/// being written when the writer died: it is left out.
pub(super) fn payloads(bytes: &[u8]) -> Result<Vec<(usize, &[u8])>, Damage> {
    check_head(bytes)?;
    let mut payloads = Vec::new();
    let mut offset = HEAD;
    while let Some(payload) = bytes.get(offset..).and_then(payload) {
        payloads.push((offset, payload));
        offset += FRAME + payload.len();
    }
    match bytes.len() > offset && followed(&bytes[offset..]) {
        true => Err(Damage::At(offset)),
        false => Ok(payloads),
    }
}

fn check_head(bytes: &[u8]) -> Result<(), Damage> {
    let head = head();
    let Some(found) = bytes.get(..HEAD) else {
        // Whoever dies while writing the head leaves a part of it, or zeros.
        let torn = head.starts_with(bytes) || bytes.iter().all(|byte| *byte == 0);
        return if torn { Ok(()) } else { Err(Damage::Foreign) };
    };
    let sound = crc32c::crc32c(&found[..12]).to_le_bytes() == found[12..];
    let version = u32::from_le_bytes([found[8], found[9], found[10], found[11]]);
    match found[..8] == MAGIC[..] && sound {
        true if (OLDEST..=VERSION).contains(&version) => Ok(()),
        true => Err(Damage::Version(version)),
        false => Err(Damage::Foreign),
    }
}

/// The first payload of a journal that begins with `bytes`, if they hold it whole.
pub(super) fn first(bytes: &[u8]) -> Option<&[u8]> {
    check_head(bytes).ok()?;
    payload(bytes.get(HEAD..)?)
}

/// The payload of the frame that a journal ends with, if `bytes`, its end, hold it whole. A length
/// has zeros in it, which no record has, so that nothing else can pass for a frame.
pub(super) fn last(bytes: &[u8]) -> Option<&[u8]> {
    let ends = |start: &usize| {
        let length = bytes[*start..][..4].try_into().map(u32::from_le_bytes);
        length.is_ok_and(|length| start + FRAME + length as usize == bytes.len())
    };
    let starts = (0..bytes.len().checked_sub(FRAME)?).rev();
    starts.filter(ends).find_map(|start| payload(&bytes[start..]))
}

/// The payload of the frame that `bytes` begin with, if it is whole.
fn payload(bytes: &[u8]) -> Option<&[u8]> {
    let (length, checked) = (bytes.get(..4)?, bytes.get(4..FRAME)?);
    let size = u32::from_le_bytes(length.try_into().ok()?) as usize;
    let payload = bytes.get(FRAME..FRAME.checked_add(size)?)?;
    let whole = size > 0 && checksum(length, payload).to_le_bytes() == checked;
    whole.then_some(payload)
}

/// Whether a whole frame comes later in `bytes`, which begin with a broken one. Each frame is
/// durable before the next is written, so a torn one is always the last.
fn followed(bytes: &[u8]) -> bool {
    (1..bytes.len()).any(|start| payload(&bytes[start..]).is_some())
}
