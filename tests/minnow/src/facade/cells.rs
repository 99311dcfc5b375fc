//! Reading and writing cells as another numeric type, as the server's accessors do: NULL stays
//! NULL, fractions are rounded, what is too large wraps.
use crate::error::{Error, Result};
use crate::value::{Data, Strings, Type, Vector};

#[derive(Clone, Copy)]
enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    fn int(self) -> i64 {
        match self {
            Number::Int(value) => value,
            Number::Float(value) => value.round() as i64,
        }
    }

    fn float(self) -> f64 {
        match self {
            Number::Int(value) => value as f64,
            Number::Float(value) => value,
        }
    }
}

/// The number at `index`, `None` for NULL.
fn number(data: &Data, index: usize) -> Option<Number> {
    match data {
        Data::I8(cells) => Some(cells[index]).filter(|v| *v != i8::MIN).map(|v| Number::Int(v.into())),
        Data::I16(cells) => Some(cells[index]).filter(|v| *v != i16::MIN).map(|v| Number::Int(v.into())),
        Data::I32(cells) => Some(cells[index]).filter(|v| *v != i32::MIN).map(|v| Number::Int(v.into())),
        Data::I64(cells) => Some(cells[index]).filter(|v| *v != i64::MIN).map(Number::Int),
        Data::F32(cells) => Some(cells[index]).filter(|v| *v != f32::MIN).map(|v| Number::Float(v.into())),
        Data::F64(cells) => Some(cells[index]).filter(|v| *v != f64::MIN).map(Number::Float),
        Data::B16(_) | Data::Text(_) => None,
    }
}

/// The cells at `indices` as data of `ty`.
pub fn cast(source: &Data, indices: impl Iterator<Item = usize>, ty: Type) -> Result<Data> {
    if matches!(source, Data::B16(_) | Data::Text(_)) {
        return Err(Error::runtime(format!("The value can't be read as {}.", ty.name())));
    }
    let numbers = indices.map(|index| number(source, index));
    Ok(match Vector::empty(ty, 0).data {
        Data::I8(_) if ty == Type::Bool => {
            Data::I8(numbers.map(|n| n.map_or(i8::MIN, |n| i8::from(n.float() != 0.0))).collect())
        }
        Data::I8(_) => Data::I8(numbers.map(|n| n.map_or(i8::MIN, |n| n.int() as i8)).collect()),
        Data::I16(_) => Data::I16(numbers.map(|n| n.map_or(i16::MIN, |n| n.int() as i16)).collect()),
        Data::I32(_) => Data::I32(numbers.map(|n| n.map_or(i32::MIN, |n| n.int() as i32)).collect()),
        Data::I64(_) => Data::I64(numbers.map(|n| n.map_or(i64::MIN, Number::int)).collect()),
        Data::F32(_) => Data::F32(numbers.map(|n| n.map_or(f32::MIN, |n| n.float() as f32)).collect()),
        Data::F64(_) => Data::F64(numbers.map(|n| n.map_or(f64::MIN, Number::float)).collect()),
        Data::B16(_) | Data::Text(_) => {
            return Err(Error::runtime(format!("A number can't be stored as {}.", ty.name())));
        }
    })
}

/// Copies `source` over the cells from `start` on; both must have the same width.
pub fn overwrite(target: &mut Data, start: usize, source: Data) -> Result<()> {
    macro_rules! copy {
        ($($variant:ident),*) => {
            match (target, source) {
                $((Data::$variant(target), Data::$variant(source)) => {
                    target[start..start + source.len()].copy_from_slice(&source);
                    Ok(())
                })*
                (Data::Text(target), Data::Text(source)) => {
                    *target = spliced(target, start, &source);
                    Ok(())
                }
                _ => Err(Error::runtime("The cells have another type than the vector.")),
            }
        };
    }
    copy!(I8, I16, I32, I64, F32, F64, B16)
}

fn spliced(old: &Strings, start: usize, new: &Strings) -> Strings {
    let mut all = Strings::default();
    (0..start).for_each(|index| all.push(old.get(index)));
    (0..new.len()).for_each(|index| all.push(new.get(index)));
    (start + new.len()..old.len()).for_each(|index| all.push(old.get(index)));
    all
}

/// The address of the first cell of fixed width, `None` for texts.
pub fn address(data: &Data) -> Option<*const u8> {
    match data {
        Data::I8(cells) => Some(cells.as_ptr().cast()),
        Data::I16(cells) => Some(cells.as_ptr().cast()),
        Data::I32(cells) => Some(cells.as_ptr().cast()),
        Data::I64(cells) => Some(cells.as_ptr().cast()),
        Data::F32(cells) => Some(cells.as_ptr().cast()),
        Data::F64(cells) => Some(cells.as_ptr().cast()),
        Data::B16(cells) => Some(cells.as_ptr().cast()),
        Data::Text(_) => None,
    }
}

/// Bytes per cell of fixed width.
pub fn width(data: &Data) -> usize {
    match data {
        Data::I8(_) => 1,
        Data::I16(_) => 2,
        Data::I32(_) | Data::F32(_) => 4,
        Data::I64(_) | Data::F64(_) => 8,
        Data::B16(_) => 16,
        Data::Text(_) => 0,
    }
}
