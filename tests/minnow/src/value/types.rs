//! Data types with the server's numbers (dolphindb-semantics §11.1).

macro_rules! types {
    ($($variant:ident $(($scale:ident))? = $id:literal $name:literal $array:literal),* $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Type {
            $($variant $((types!(@payload $scale)))?,)*
            /// Array vectors: a cell is a row of elements.
            Array(Element),
        }

        impl Type {
            /// Every type but the array vectors; decimals with scale 0.
            pub const ALL: &[Type] = &[$(Type::$variant $((types!(@zero $scale)))?),*];

            /// The type with this number; decimals with scale 0.
            pub fn from_id(id: u8) -> Option<Type> {
                match id {
                    $($id => Some(Type::$variant $((types!(@zero $scale)))?),)*
                    64..=127 => Type::from_id(id - 64)?.array(),
                    _ => None,
                }
            }

            /// The server's number.
            pub fn id(self) -> u8 {
                match self {
                    $(Type::$variant $((types!(@any $scale)))? => $id,)*
                    Type::Array(element) => 64 + element.id,
                }
            }

            /// The name without scale.
            pub fn name(self) -> &'static str {
                match self {
                    $(Type::$variant $((types!(@any $scale)))? => $name,)*
                    Type::Array(element) => match element.id { $($id => $array,)* _ => "ANY" },
                }
            }
        }
    };
    (@payload $scale:ident) => { u8 };
    (@zero $scale:ident) => { 0 };
    (@any $scale:ident) => { _ };
}

types! {
    Void = 0 "VOID" "", Bool = 1 "BOOL" "BOOL[]", Char = 2 "CHAR" "CHAR[]", Short = 3 "SHORT" "SHORT[]",
    Int = 4 "INT" "INT[]", Long = 5 "LONG" "LONG[]", Date = 6 "DATE" "DATE[]", Month = 7 "MONTH" "MONTH[]",
    Time = 8 "TIME" "TIME[]", Minute = 9 "MINUTE" "MINUTE[]", Second = 10 "SECOND" "SECOND[]",
    Datetime = 11 "DATETIME" "DATETIME[]", Timestamp = 12 "TIMESTAMP" "TIMESTAMP[]",
    Nanotime = 13 "NANOTIME" "NANOTIME[]", Nanotimestamp = 14 "NANOTIMESTAMP" "NANOTIMESTAMP[]",
    Float = 15 "FLOAT" "FLOAT[]", Double = 16 "DOUBLE" "DOUBLE[]", Symbol = 17 "SYMBOL" "",
    String = 18 "STRING" "", Uuid = 19 "UUID" "UUID[]", Any = 25 "ANY" "",
    Datehour = 28 "DATEHOUR" "DATEHOUR[]", Ipaddr = 30 "IPADDR" "IPADDR[]", Int128 = 31 "INT128" "INT128[]",
    Blob = 32 "BLOB" "", Complex = 34 "COMPLEX" "COMPLEX[]", Point = 35 "POINT" "POINT[]",
    Duration = 36 "DURATION" "", Decimal32(scale) = 37 "DECIMAL32" "DECIMAL32[]",
    Decimal64(scale) = 38 "DECIMAL64" "DECIMAL64[]", Decimal128(scale) = 39 "DECIMAL128" "DECIMAL128[]",
}

/// The type of an array vector's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Element {
    id: u8,
    scale: u8,
}

impl Type {
    /// The type called `name` in a script, in any case: `INT`, `DECIMAL64(4)`, `DECIMAL32(2)[]`.
    pub fn from_name(name: &str) -> Option<Type> {
        let name = name.trim();
        if let Some(element) = name.strip_suffix("[]") {
            return Type::from_name(element)?.array();
        }
        if let Some((base, scale)) = name.strip_suffix(')').and_then(|inner| inner.split_once('(')) {
            let scale = scale.trim().parse().ok()?;
            return Type::from_name(base).filter(|ty| ty.is_decimal())?.scaled(scale);
        }
        Type::ALL.iter().copied().find(|ty| ty.name().eq_ignore_ascii_case(name))
    }

    /// The array vectors of this type, if there are such: of fixed width, and so neither texts nor
    /// blobs (dolphindb-semantics §11.1, wire-protocol §6).
    pub fn array(self) -> Option<Type> {
        let fixed = !self.is_text() && !matches!(self, Type::Void | Type::Any | Type::Duration);
        let element = Element { id: self.id(), scale: self.scale().unwrap_or(0) };
        (fixed && self.element().is_none()).then_some(Type::Array(element))
    }

    /// What an array vector's rows are made of.
    pub fn element(self) -> Option<Type> {
        match self {
            Type::Array(element) => {
                Type::from_id(element.id).map(|ty| ty.scaled(element.scale).unwrap_or(ty))
            }
            _ => None,
        }
    }

    /// Digits after the point of a decimal type, or of an array vector's decimals.
    pub fn scale(self) -> Option<u8> {
        match self {
            Type::Decimal32(scale) | Type::Decimal64(scale) | Type::Decimal128(scale) => Some(scale),
            Type::Array(element) => (37..=39).contains(&element.id).then_some(element.scale),
            _ => None,
        }
    }

    /// The same type with another scale; `None` if it is no decimal or cannot have that scale.
    pub fn scaled(self, scale: u8) -> Option<Type> {
        match self {
            Type::Decimal32(_) => (scale <= 9).then_some(Type::Decimal32(scale)),
            Type::Decimal64(_) => (scale <= 18).then_some(Type::Decimal64(scale)),
            Type::Decimal128(_) => (scale <= 38).then_some(Type::Decimal128(scale)),
            Type::Array(_) => self.element()?.scaled(scale)?.array(),
            _ => None,
        }
    }

    /// The number that stands for the type in scripts. How a server keeps the scale in it is not
    /// documented `[U]`.
    pub fn constant(self) -> i32 {
        match self.scale() {
            Some(scale) if scale > 0 => i32::MIN | i32::from(scale) << 16 | i32::from(self.id()),
            _ => self.id().into(),
        }
    }

    /// What [`Type::constant`] stands for.
    pub fn from_constant(number: i64) -> Option<Type> {
        let [id, 0, scale, sign] = i32::try_from(number).ok()?.to_le_bytes() else { return None };
        match (Type::from_id(id)?, sign) {
            (ty, 0) if scale == 0 => Some(ty),
            (ty, 0x80) => ty.scaled(scale),
            _ => None,
        }
    }

    /// Whether a table's column can have the type.
    pub fn is_storable(self) -> bool {
        !matches!(self, Type::Void | Type::Any | Type::Duration)
    }

    /// Whether cells are texts or bytes of any length.
    pub fn is_text(self) -> bool {
        matches!(self, Type::Symbol | Type::String | Type::Blob)
    }

    pub fn is_temporal(self) -> bool {
        (6..=14).contains(&self.id()) || self == Type::Datehour
    }

    pub fn is_integral(self) -> bool {
        (2..=5).contains(&self.id())
    }

    pub fn is_floating(self) -> bool {
        matches!(self, Type::Float | Type::Double)
    }

    pub fn is_decimal(self) -> bool {
        matches!(self, Type::Decimal32(_) | Type::Decimal64(_) | Type::Decimal128(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_tell_types() {
        for (name, id, ty) in [
            ("INT", 4, Type::Int),
            ("decimal64(4)", 38, Type::Decimal64(4)),
            ("INT[]", 68, Type::Int.array().unwrap()),
            ("DECIMAL32(2)[]", 101, Type::Decimal32(2).array().unwrap()),
        ] {
            assert_eq!((Type::from_name(name), ty.id()), (Some(ty), id));
        }
        for ty in [Type::Decimal64(4), Type::Decimal32(9).array().unwrap(), Type::Int, Type::Decimal32(0)] {
            assert_eq!(Type::from_constant(ty.constant().into()), Some(ty));
        }
        assert_eq!(Type::Decimal32(2).array().unwrap().element(), Some(Type::Decimal32(2)));
        for name in ["STRING[]", "SYMBOL[]", "BLOB[]", "INT[][]", "INT(3)", "DECIMAL32(10)", "VOID[]"] {
            assert_eq!(Type::from_name(name), None, "{name}");
        }
    }
}
