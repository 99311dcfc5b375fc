//! Reading and writing cells as another numeric type, as the server's accessors do: NULL stays
//! NULL, fractions are rounded, what is too large wraps.
use crate::error::{Error, Result};
use crate::value::{Data, Strings, Type, Vector, for_cells};

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
fn number(source: &Vector, index: usize) -> Option<Number> {
    if source.ty.is_floating() || source.ty.is_decimal() {
        return source.double(index).map(Number::Float);
    }
    source.integer(index).map(Number::Int)
}

/// The cells at `indices` as data of `ty`.
pub fn cast(source: &Vector, indices: impl Iterator<Item = usize>, ty: Type) -> Result<Data> {
    if ty.is_decimal() {
        let indices: Vec<u32> = indices.map(|index| index as u32).collect();
        return Ok(source.gather(&indices).cast(ty)?.data);
    }
    if !has_numbers(&source.data) {
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
        _ => return Err(Error::runtime(format!("A number can't be stored as {}.", ty.name()))),
    })
}

fn has_numbers(data: &Data) -> bool {
    !matches!(data, Data::B16(_) | Data::F64x2(_) | Data::Text(_) | Data::Rows(_))
}

/// Cells of 16 bytes as others of 16 bytes, bit by bit.
pub fn sixteen(cells: &[[u8; 16]], like: &Data) -> Option<Data> {
    Some(match like {
        Data::B16(_) => Data::B16(cells.to_vec()),
        Data::I128(_) => Data::I128(cells.iter().map(|cell| i128::from_le_bytes(*cell)).collect()),
        Data::F64x2(_) => Data::F64x2(cells.iter().map(doubles).collect()),
        _ => return None,
    })
}

fn doubles(cell: &[u8; 16]) -> [f64; 2] {
    let (parts, _) = cell.as_chunks();
    [f64::from_le_bytes(parts[0]), f64::from_le_bytes(parts[1])]
}

/// The bytes of a cell of 16 bytes.
pub fn bytes(data: &Data, index: usize) -> Option<[u8; 16]> {
    match data {
        Data::B16(cells) => Some(cells[index]),
        Data::I128(cells) => Some(cells[index].to_le_bytes()),
        Data::F64x2(cells) => {
            let [first, second] = cells[index].map(f64::to_le_bytes);
            let mut both = [0; 16];
            both[..8].copy_from_slice(&first);
            both[8..].copy_from_slice(&second);
            Some(both)
        }
        _ => None,
    }
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
    copy!(I8, I16, I32, I64, I128, F32, F64, F64x2, B16)
}

fn spliced(old: &Strings, start: usize, new: &Strings) -> Strings {
    let mut all = Strings::default();
    (0..start).for_each(|index| all.push(old.get(index)));
    (0..new.len()).for_each(|index| all.push(new.get(index)));
    (start + new.len()..old.len()).for_each(|index| all.push(old.get(index)));
    all
}

/// The address of the first cell of fixed width, `None` for texts and rows.
pub fn address(data: &Data) -> Option<*const u8> {
    for_cells!(data, cells => Some(cells.as_ptr().cast()), _texts => None, _rows => None)
}

/// Bytes per cell of fixed width.
pub fn width(data: &Data) -> usize {
    for_cells!(data, cells => cell_size(cells), _texts => 0, _rows => 0)
}

fn cell_size<T>(_: &[T]) -> usize {
    size_of::<T>()
}
