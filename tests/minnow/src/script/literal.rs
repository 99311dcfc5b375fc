//! Literals that begin with a digit: numbers, typed NULLs, temporal values.
use crate::value::{Data, Duration, Type, Value, Vector, text};

/// The value at the start of `source` and its length in bytes.
pub fn number(source: &str) -> Result<(Value, usize), String> {
    if let Some(found) = temporal(source) {
        return Ok(found);
    }
    let (digits, is_float) = decimal(source);
    let letters = source[digits..].bytes().take_while(u8::is_ascii_alphabetic).count();
    let ended = !source[digits + letters..].starts_with(|c: char| c == '_' || c.is_alphanumeric());
    if ended
        && &source[..digits] != "00"
        && let Some(duration) = Duration::parse(&source[..digits + letters])
    {
        return Ok((Value::Scalar(duration.cell().into()), digits + letters));
    }
    let suffix = source[digits..].chars().next().filter(char::is_ascii_alphabetic);
    let spelled = &source[..digits];
    let length = digits + suffix.map_or(0, char::len_utf8);
    if source[length..].starts_with(|c: char| c == '_' || c.is_alphanumeric()) {
        return Err(format!("'{spelled}' cannot be followed by a name."));
    }
    let value = match suffix {
        Some(letter) if spelled == "00" => null(letter),
        _ if is_float => float(spelled, suffix),
        _ => integer(spelled, suffix),
    };
    value
        .map(|cell| (Value::Scalar(cell.into()), length))
        .ok_or_else(|| format!("'{}' is no number.", &source[..length]))
}

/// Every length a temporal literal can have, longest first.
fn temporal(source: &str) -> Option<(Value, usize)> {
    const LENGTHS: [usize; 12] = [29, 26, 23, 19, 18, 15, 13, 12, 10, 8, 7, 6];
    LENGTHS.into_iter().find_map(|length| {
        let spelled = source.get(..length)?;
        let allowed = |byte: u8| byte.is_ascii_digit() || b".:TMm".contains(&byte);
        let ended = !source[length..].starts_with(|c: char| c == '_' || c.is_alphanumeric());
        let (ty, cell) = (ended && spelled.bytes().all(allowed)).then(|| text::parse_temporal(spelled))??;
        Some((Value::Scalar(Vector::integers(ty, [Some(cell)]).into()), length))
    })
}

/// How many bytes belong to a decimal number, and whether it has a fraction or an exponent.
fn decimal(source: &str) -> (usize, bool) {
    let bytes = source.as_bytes();
    let run = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut length = run(0);
    let mut is_float = false;
    if bytes.get(length) == Some(&b'.') && run(length + 1) > 0 {
        length += 1 + run(length + 1);
        is_float = true;
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'-' | b'+')));
        let digits = bytes.get(length + 1 + sign..).map_or(0, |_| run(length + 1 + sign));
        if digits > 0 {
            length += 1 + sign + digits;
            is_float = true;
        }
    }
    (length, is_float)
}

/// `00i`, `00l`, ..: the NULL of a type.
fn null(letter: char) -> Option<Vector> {
    let ty = match letter {
        'b' => Type::Bool,
        'c' => Type::Char,
        'h' => Type::Short,
        'i' => Type::Int,
        'l' => Type::Long,
        'd' => Type::Date,
        'M' => Type::Month,
        't' => Type::Time,
        'm' => Type::Minute,
        's' => Type::Second,
        'D' => Type::Datetime,
        'T' => Type::Timestamp,
        'n' => Type::Nanotime,
        'N' => Type::Nanotimestamp,
        'f' => Type::Float,
        'F' => Type::Double,
        'S' => Type::String,
        _ => return None,
    };
    Some(Vector::nulls(ty, 1))
}

fn float(spelled: &str, suffix: Option<char>) -> Option<Vector> {
    let number: f64 = spelled.parse().ok()?;
    match suffix {
        None | Some('F') => Some(Vector::doubles([Some(number)])),
        Some('f') => Some(Vector::new(Type::Float, Data::F32(vec![number as f32]))),
        _ => None,
    }
}

fn integer(spelled: &str, suffix: Option<char>) -> Option<Vector> {
    let number: i64 = spelled.parse().ok()?;
    let ty = match suffix {
        None if i32::try_from(number).is_ok() => Type::Int,
        None | Some('l') => Type::Long,
        Some('i') => Type::Int,
        Some('b') => Type::Bool,
        Some('c') => Type::Char,
        Some('h') => Type::Short,
        Some('f' | 'F') => return float(spelled, suffix),
        _ => return None,
    };
    let cell = Vector::integers(ty, [Some(number)]);
    (!cell.is_null(0)).then_some(cell)
}
