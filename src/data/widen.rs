//! Numbers as cells of a wider type, without loss.
use super::{Bytes, Cells, Column, Type};

impl Type {
    /// Whether every value of this type, NULL included, is one of `wider`.
    pub fn widens_to(self, wider: Type) -> bool {
        use Type::*;
        let place = |ty| [Char, Short, Int, Long].iter().position(|own| *own == ty);
        match (place(self), place(wider)) {
            (Some(own), Some(wider)) => own < wider,
            // A double has 53 bits for a number.
            (Some(_), None) => self != Long && wider == Double,
            _ => (self, wider) == (Float, Double),
        }
    }
}

impl Column {
    /// The same values as cells of `wider`; nothing when that is no wider type.
    pub fn widened(&self, wider: Type) -> Option<Column> {
        let (true, Cells::Fixed(segments)) = (self.ty.widens_to(wider), &self.cells) else { return None };
        let (width, null) = (self.ty.width()?, wider.null());
        let cell = |cell: &[u8]| -> [u8; 8] {
            let mut wide = [0; 8];
            if self.ty == Type::Float {
                let own = f32::from_le_bytes(cell.try_into().expect("four bytes"));
                wide = if own == f32::MIN { f64::MIN } else { f64::from(own) }.to_le_bytes();
                return wide;
            }
            let sign = if cell[width - 1] & 0x80 == 0 { 0 } else { 0xff };
            wide[..width].copy_from_slice(cell);
            wide[width..].fill(sign);
            let value = i64::from_le_bytes(wide);
            match (value == -1 << (8 * width - 1), wider) {
                (true, _) => wide[..null.len()].copy_from_slice(&null),
                (false, Type::Double) => wide = (value as f64).to_le_bytes(),
                _ => {}
            }
            wide
        };
        let widen = |segment: &Bytes| {
            let mut bytes = Vec::with_capacity(segment.len() / width * null.len());
            segment.chunks_exact(width).for_each(|own| bytes.extend_from_slice(&cell(own)[..null.len()]));
            Bytes::new(bytes)
        };
        let cells = Cells::Fixed(segments.iter().map(widen).collect());
        Some(Column { ty: wider, rows: self.rows, cells })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_keep_their_values_and_null() {
        let shorts = [i16::MIN, -2, -1, 0, 1, i16::MAX].map(i16::to_le_bytes).concat();
        let wide = Column::fixed(Type::Short, shorts).widened(Type::Long).unwrap();
        let values: Vec<Option<i64>> = wide.integers().collect();
        assert_eq!(values, [None, Some(-2), Some(-1), Some(0), Some(1), Some(i64::from(i16::MAX))]);
        let ints = [i32::MIN, i32::MIN + 1, -7, i32::MAX].map(i32::to_le_bytes).concat();
        let wide = Column::fixed(Type::Int, ints).widened(Type::Double).unwrap();
        let bytes =
            [f64::MIN, f64::from(i32::MIN + 1), -7.0, f64::from(i32::MAX)].map(f64::to_le_bytes).concat();
        assert_eq!(wide.cells.segments()[0][..], bytes);
    }

    #[test]
    fn floats_keep_their_values_null_and_what_is_no_number() {
        let floats = [f32::MIN, -0.0, 0.1, f32::INFINITY, f32::NAN, f32::MAX];
        let wide =
            Column::fixed(Type::Float, floats.map(f32::to_le_bytes).concat()).widened(Type::Double).unwrap();
        let cells: Vec<f64> = wide.cells.segments()[0]
            .chunks_exact(8)
            .map(|cell| f64::from_le_bytes(cell.try_into().unwrap()))
            .collect();
        assert_eq!(cells[0], f64::MIN);
        assert!(cells[1].is_sign_negative() && cells[4].is_nan());
        assert_eq!([cells[2], cells[3], cells[5]], [0.1f32, f32::INFINITY, f32::MAX].map(f64::from));
    }

    #[test]
    fn what_would_lose_something_is_not_wider() {
        use Type::*;
        for (own, wider) in [
            (Long, Double),
            (Int, Float),
            (Long, Int),
            (Int, Int),
            (Date, Timestamp),
            (Bool, Int),
            (Int, Date),
        ] {
            assert!(!own.widens_to(wider), "{own:?} {wider:?}");
            assert!(Column::nulls(own, 1).widened(wider).is_none());
        }
        for (own, wider) in [(Char, Short), (Char, Long), (Int, Long), (Short, Double), (Float, Double)] {
            assert!(own.widens_to(wider), "{own:?} {wider:?}");
            assert_eq!(
                Column::nulls(own, 3).widened(wider).unwrap().cells.byte_len(),
                3 * wider.width().unwrap()
            );
        }
    }
}
