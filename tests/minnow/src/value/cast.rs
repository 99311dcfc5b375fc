//! Conversions between types, as functions like `int` or an append make them.
use super::{Data, Rows, Strings, Type, Vector, calendar, decimal, text};
use crate::error::{Class, Error, Result};

impl Vector {
    /// The same cells as another type. A text that does not spell a value of `to` becomes NULL,
    /// and so does a number that does not fit.
    pub fn cast(&self, to: Type) -> Result<Vector> {
        let from = self.ty;
        if from == to {
            return Ok(self.clone());
        }
        if from == Type::Void {
            return Ok(Vector::nulls(to, self.len()));
        }
        match (&self.data, to) {
            (Data::Text(_), _) if to.is_text() => Ok(Vector::new(to, self.data.clone())),
            (Data::Text(strings), _) if to.is_decimal() => parse_decimals(strings, to),
            (Data::Text(strings), _) if to != Type::Any && to.element().is_none() && !is_double_pair(to) => {
                Ok(parse(strings, to))
            }
            (_, Type::String | Type::Symbol | Type::Blob) => Ok(self.spell(to)),
            (Data::Rows(rows), _) if to.element().is_some() => self.elements(rows, to),
            (Data::B16(_) | Data::F64x2(_) | Data::Rows(_) | Data::Text(_), _) => Err(no_cast(from, to)),
            _ if to.is_decimal() => self.decimal(to),
            _ if to.is_floating() || to.is_integral() || to == Type::Bool => self.number(to),
            _ if to.is_temporal() => self.temporal(to),
            _ => Err(no_cast(from, to)),
        }
    }

    fn spell(&self, to: Type) -> Vector {
        let mut strings = Strings::default();
        (0..self.len()).for_each(|row| strings.push(text::cell(self, row).as_bytes()));
        Vector::new(to, Data::Text(strings))
    }

    fn elements(&self, rows: &Rows, to: Type) -> Result<Vector> {
        let element = to.element().ok_or_else(|| no_cast(self.ty, to))?;
        let cast = Rows { ends: rows.ends.clone(), values: rows.values.cast(element)? };
        Ok(Vector::new(to, Data::Rows(Box::new(cast))))
    }

    fn decimal(&self, to: Type) -> Result<Vector> {
        let scale = to.scale().unwrap_or(0);
        let fits = |digits: Option<i128>| digits.ok_or_else(|| no_cast(self.ty, to));
        let of = |row: usize| match self.ty.scale() {
            _ if self.is_null(row) => Ok(None),
            Some(own) => self.unscaled(row).map(|n| fits(decimal::rescaled(n, own, scale))).transpose(),
            None if self.ty.is_floating() => {
                self.double(row).map(|n| fits(decimal::of_double(n, scale))).transpose()
            }
            None => self.integer(row).map(|n| fits(decimal::rescaled(n.into(), 0, scale))).transpose(),
        };
        if self.ty.is_temporal() {
            return Err(no_cast(self.ty, to));
        }
        Vector::decimals(to, (0..self.len()).map(of).collect::<Result<Vec<_>>>()?)
    }

    fn number(&self, to: Type) -> Result<Vector> {
        if self.ty.is_temporal() && (to.is_floating() || to == Type::Bool) {
            return Err(no_cast(self.ty, to));
        }
        let rows = 0..self.len();
        Ok(match to {
            Type::Double => Vector::doubles(rows.map(|row| self.double(row))),
            Type::Float => Vector::new(
                to,
                Data::F32(rows.map(|row| self.double(row).map_or(f32::MIN, |v| v as f32)).collect()),
            ),
            Type::Bool => Vector::integers(to, rows.map(|row| self.double(row).map(|v| i64::from(v != 0.0)))),
            _ if self.ty.is_floating() => {
                Vector::integers(to, rows.map(|row| self.double(row).and_then(round)))
            }
            _ => Vector::integers(to, rows.map(|row| self.integer(row))),
        })
    }

    fn temporal(&self, to: Type) -> Result<Vector> {
        let from = self.ty;
        let rows = 0..self.len();
        if from.is_integral() {
            return Ok(Vector::integers(to, rows.map(|row| self.integer(row))));
        }
        if !from.is_temporal() || !calendar::convertible(from, to) {
            return Err(no_cast(from, to));
        }
        Ok(Vector::integers(
            to,
            rows.map(|row| self.integer(row).and_then(|cell| calendar::convert(cell, from, to))),
        ))
    }
}

/// Halves away from zero. The manual does not say how a server rounds `[U]`.
pub(super) fn round(number: f64) -> Option<i64> {
    let rounded = number.round();
    (rounded.abs() < 9.2e18).then_some(rounded as i64)
}

fn parse(strings: &Strings, to: Type) -> Vector {
    let mut cells = Vector::empty(to, strings.len());
    let texts = (0..strings.len()).map(|row| std::str::from_utf8(strings.get(row)).unwrap_or("").trim());
    match &mut cells.data {
        Data::F32(own) => own.extend(texts.map(|t| t.parse().unwrap_or(f32::MIN))),
        Data::F64(own) => own.extend(texts.map(|t| t.parse().unwrap_or(f64::MIN))),
        Data::B16(own) => own.extend(texts.map(|t| text::parse_bytes(t, to).unwrap_or([0; 16]))),
        _ => return Vector::integers(to, texts.map(|t| text::parse_integer(t, to))),
    }
    cells
}

fn parse_decimals(strings: &Strings, to: Type) -> Result<Vector> {
    let spelled = |row| std::str::from_utf8(strings.get(row)).unwrap_or("").trim();
    let scale = to.scale().unwrap_or(0);
    Vector::decimals(to, (0..strings.len()).map(|row| decimal::parsed(spelled(row), scale)))
}

fn is_double_pair(ty: Type) -> bool {
    matches!(ty, Type::Complex | Type::Point)
}

fn no_cast(from: Type, to: Type) -> Error {
    Error {
        class: Class::IncompatibleType,
        function: String::new(),
        text: format!("Can't convert {} to {}.", from.name(), to.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_type_survives_its_text() {
        let cells = [
            (Type::Date, 15_706),
            (Type::Month, 24_240),
            (Type::Time, 34_200_001),
            (Type::Minute, 570),
            (Type::Second, 34_200),
            (Type::Datetime, 1_357_032_600),
            (Type::Timestamp, 1_357_032_600_001),
            (Type::Nanotime, 34_200_000_000_001),
            (Type::Nanotimestamp, 1_357_032_600_000_000_001),
            (Type::Datehour, 376_953),
            (Type::Int, -7),
            (Type::Long, i64::MAX),
            (Type::Bool, 1),
            (Type::Char, 65),
        ];
        for (ty, cell) in cells {
            let vector = Vector::integers(ty, [Some(cell), None]);
            let texts = vector.cast(Type::String).unwrap();
            assert_eq!(texts.cast(ty).unwrap(), vector, "{} {:?}", ty.name(), texts.text(0));
        }
    }

    #[test]
    fn bytes_survive_their_text() {
        for (ty, text) in [
            (Type::Uuid, "5d212a78-cc48-e3b1-4235-b4d91473ee87"),
            (Type::Ipaddr, "127.0.0.1"),
            (Type::Ipaddr, "2001:db8::1"),
            (Type::Int128, "e1671797c52e15f763380b45e841ec32"),
        ] {
            let vector = Vector::strings(Type::String, [text]).cast(ty).unwrap();
            assert_eq!(vector.cast(Type::String).unwrap().text(0), Some(text));
        }
    }

    #[test]
    fn impossible_casts_are_errors_and_unreadable_texts_null() {
        assert!(Vector::integers(Type::Date, [Some(1)]).cast(Type::Time).is_err());
        assert!(Vector::nulls(Type::Uuid, 1).cast(Type::Int).is_err());
        assert!(Vector::strings(Type::String, ["x"]).cast(Type::Int).unwrap().is_null(0));
        assert_eq!(Vector::doubles([Some(1e300)]).cast(Type::Long).unwrap().integer(0), None);
    }
}
