//! What C++ asks for: new constants, vectors, tables and dictionaries.
use std::ffi::{c_int, c_void};
use std::sync::Arc;

use super::{answer, lent, type_of};
use crate::error::Error;
use crate::facade::bridge::{Made, Text, made};
use crate::value::{Dict, Table, Type, Value, Vector};

pub extern "C" fn new_constant(ty: c_int, out: &mut Made) -> bool {
    answer(|| {
        *out = made(match type_of(ty)? {
            Type::Void => Value::Void,
            ty => Value::Scalar(Arc::new(Vector::nulls(ty, 1))),
        });
        Ok(())
    })
}

pub extern "C" fn new_vector(ty: c_int, size: c_int, out: &mut Made) -> bool {
    answer(|| {
        let size = usize::try_from(size).map_err(|_| Error::runtime("A vector's size can't be negative."))?;
        *out = made(match type_of(ty)? {
            Type::Any => Value::tuple(vec![Value::Void; size]),
            ty => Value::Vector(Arc::new(Vector::nulls(ty, size))),
        });
        Ok(())
    })
}

pub unsafe extern "C" fn new_table(
    names: *const Text,
    columns: *const *const c_void,
    count: c_int,
    out: &mut Made,
) -> bool {
    answer(|| {
        let mut table = Table::default();
        for index in 0..count.max(0) as usize {
            // SAFETY: both are arrays of `count`; see `lent`.
            let (name, column) = unsafe { ((*names.add(index)).to_string(), lent(*columns.add(index))) };
            let Value::Vector(cells) = &column.value else {
                return Err(Error::runtime(format!("Column [{name}] is no vector.")));
            };
            table.names.push(name);
            table.columns.push(cells.clone());
        }
        if table.columns.iter().any(|column| column.len() != table.rows()) {
            return Err(Error::runtime("All columns must have the same length."));
        }
        *out = made(Value::Table(Arc::new(table)));
        Ok(())
    })
}

pub extern "C" fn new_dictionary(key: c_int, out: &mut Made) -> bool {
    answer(|| {
        let keys = Vector::empty(type_of(key)?, 0);
        *out = made(Value::Dict(Arc::new(Dict { keys, values: Default::default() })));
        Ok(())
    })
}
