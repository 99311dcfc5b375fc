//! What C++ asks about one value: its cells, its parts, its text.
use std::ffi::{c_int, c_void};

use super::{answer, keep, lent, lent_mut, type_of};
use crate::error::{Error, Result};
use crate::facade::bridge::{Made, Shape, Text, made};
use crate::facade::lent::Lent;
use crate::facade::{cells, settings};
use crate::value::{Data, Strings, Type, Value, Vector};

/// Functions about one value. The first parameter is its address.
macro_rules! about {
    ($(fn $name:ident($own:ident $(, $arg:ident: $ty:ty)*) $body:block)*) => {$(
        pub unsafe extern "C" fn $name(value: *const c_void $(, $arg: $ty)*) -> bool {
            // SAFETY: see `lent`.
            let $own = unsafe { lent(value) };
            answer(|| $body)
        }
    )*};
}

/// Functions that change one value.
macro_rules! changing {
    ($(fn $name:ident($own:ident $(, $arg:ident: $ty:ty)*) $body:block)*) => {$(
        pub unsafe extern "C" fn $name(value: *mut c_void $(, $arg: $ty)*) -> bool {
            // SAFETY: see `lent_mut`.
            let $own = unsafe { lent_mut(value) };
            answer(|| $body)
        }
    )*};
}

about! {
    fn shape(own, out: &mut Shape) {
        let shape = own.shape(settings().big_array);
        let shown = |address: usize| if settings().hide_cells { 0 } else { address };
        *out = Shape {
            size: shape.size as c_int,
            rows: shape.rows as c_int,
            columns: shape.columns as c_int,
            fast: c_int::from(shape.fast && !settings().hide_cells),
            data: shown(shape.data) as *mut c_void,
            segments: shown(shape.segments) as *mut *mut c_void,
            segment_size: shape.segment_size as c_int,
            scale: shape.scale as c_int,
        };
        Ok(())
    }

    fn read(own, ty: c_int, start: c_int, length: c_int, out: *mut c_void) {
        let data = own.read(type_of(ty)?, start, length)?;
        // SAFETY: `out` has room for `length` cells of the type.
        unsafe { give(&data, out) };
        Ok(())
    }

    fn read_texts(own, start: c_int, length: c_int, out: *mut *const u8) {
        let texts = own.texts(start, length)?;
        // SAFETY: `out` has room for `length` addresses.
        unsafe { std::ptr::copy_nonoverlapping(texts.as_ptr(), out, texts.len()) };
        Ok(())
    }

    fn read_bytes(own, start: c_int, length: c_int, width: c_int, out: *mut c_void) {
        sixteen(width)?;
        let data = Data::B16(own.bytes(start, length)?);
        // SAFETY: `out` has room for `length` cells of 16 bytes.
        unsafe { give(&data, out) };
        Ok(())
    }

    fn show_value(own, index: c_int, out: &mut Text) {
        let cell = if index < 0 { own.value.clone() } else { own.cell(index)? };
        let text = match &cell {
            // As it is: a BLOB may be no text at all.
            Value::Scalar(cells) => match &cells.data {
                Data::Text(texts) => texts.get(0).to_vec(),
                _ => cell.to_string().into_bytes(),
            },
            _ => cell.to_string().into_bytes(),
        };
        keep(text, out);
        Ok(())
    }

    fn part(own, part: c_int, index: c_int, out: &mut Made) {
        *out = made(match part {
            0 => own.cell(index)?,
            1 => own.column(index)?,
            2 => own.keys()?,
            4 => own.flat()?,
            5 => own.sizes()?,
            _ => own.values()?,
        });
        Ok(())
    }

    fn member(own, key: *const c_void, out: &mut Made) {
        // SAFETY: see `lent`.
        let key = unsafe { lent(key) };
        *out = made(own.member(&key.value)?);
        Ok(())
    }

    fn column_name(own, index: c_int, out: &mut Text) {
        keep(own.column_name(index)?.as_bytes().to_vec(), out);
        Ok(())
    }
}

changing! {
    fn write(own, ty: c_int, start: c_int, length: c_int, cells: *const c_void) {
        // SAFETY: `cells` are `length` cells of the type.
        let source = unsafe { taken(type_of(ty)?, length.max(0) as usize, cells) };
        own.write(start, &source)
    }

    fn write_texts(own, start: c_int, length: c_int, cells: *const Text) {
        let mut texts = Strings::default();
        for index in 0..length.max(0) as usize {
            // SAFETY: `cells` are `length` texts.
            texts.push(unsafe { (*cells.add(index)).bytes() });
        }
        own.write(start, &Vector::new(Type::String, Data::Text(texts)))
    }

    fn write_bytes(own, start: c_int, length: c_int, width: c_int, cells: *const c_void) {
        sixteen(width)?;
        // SAFETY: `cells` are `length` cells of 16 bytes.
        let source = unsafe { taken(Type::Int128, length.max(0) as usize, cells) };
        own.write(start, &source)
    }

    fn put(own, index: c_int, cell: *const c_void) {
        // SAFETY: see `lent`.
        own.put(index, &unsafe { lent(cell) }.value)
    }

    fn insert(own, key: *const c_void, item: *const c_void) {
        // SAFETY: see `lent`.
        let (key, item) = unsafe { (lent(key), lent(item)) };
        own.insert(&key.value, &item.value)
    }

    fn insert_text(own, key: Text, item: *const c_void) {
        // SAFETY: see `lent`; the key is a string of the caller.
        let (key, item) = unsafe { (key.to_string(), lent(item)) };
        own.insert(&Value::string(&key), &item.value)
    }
}

fn sixteen(width: c_int) -> Result<()> {
    if width == 16 {
        Ok(())
    } else {
        Err(Error::runtime(format!("Cells of {width} bytes are not part of this stand-in.")))
    }
}

pub unsafe extern "C" fn drop_value(value: *mut c_void) {
    // SAFETY: `made` boxed it, and each object drops its value once.
    drop(unsafe { Box::from_raw(value.cast::<Lent>()) });
}

pub unsafe extern "C" fn is_null(value: *const c_void, index: c_int) -> bool {
    // SAFETY: see `lent`.
    unsafe { lent(value) }.is_null(index.max(0) as usize)
}

pub unsafe extern "C" fn lend(value: *const c_void, ty: c_int, start: c_int, length: c_int) -> *const c_void {
    // SAFETY: see `lent`.
    let own = unsafe { lent(value) };
    let shown = type_of(ty).ok().filter(|_| !settings().hide_cells);
    let address = shown.and_then(|ty| own.lend(ty, start, length, settings().big_array));
    address.unwrap_or(0) as *const c_void
}

/// Copies cells from C++ into a vector of `ty`.
unsafe fn taken(ty: Type, length: usize, cells: *const c_void) -> Vector {
    macro_rules! copy {
        ($($variant:ident),*) => {
            match Vector::empty(ty, 0).data {
                // SAFETY: the caller has `length` cells of this width at `cells`.
                $(Data::$variant(_) => Data::$variant(unsafe { std::slice::from_raw_parts(cells.cast(), length) }.to_vec()),)*
                Data::Text(_) | Data::Rows(_) => Data::Text(Strings::default()),
            }
        };
    }
    if length == 0 {
        return Vector::empty(ty, 0);
    }
    Vector::new(ty, copy!(I8, I16, I32, I64, I128, F32, F64, F64x2, B16))
}

/// Copies cells of fixed width to C++.
unsafe fn give(data: &Data, out: *mut c_void) {
    if let Some(first) = cells::address(data) {
        // SAFETY: the caller's buffer has room for as many cells as it asked for.
        unsafe { std::ptr::copy_nonoverlapping(first, out.cast(), data.len() * cells::width(data)) };
    }
}
