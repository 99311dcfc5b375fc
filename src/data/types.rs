//! The column types a table can hold, with the server's own numbers and names.
use std::borrow::Cow;

macro_rules! types {
    ($($variant:ident = $id:literal, $name:literal, $width:expr, $doc:literal;)*) => {
        /// A column type.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Type {
            $(#[doc = $doc] $variant,)*
            /// A 32-bit integer, and how many of its digits are behind the point.
            Decimal32(u8),
            /// A 64-bit integer, and how many of its digits are behind the point.
            Decimal64(u8),
            /// A 128-bit integer, and how many of its digits are behind the point.
            Decimal128(u8),
            /// Any number of values of one type in each cell.
            Array(Element),
        }

        impl Type {
            /// Every type that is not an array, in the order of its number; decimals with no
            /// digits behind the point.
            pub const ALL: &[Type] = &[
                $(Type::$variant,)* Type::Decimal32(0), Type::Decimal64(0), Type::Decimal128(0),
            ];

            /// The server's number of a type without parameters, its name, and the bytes of a cell.
            fn plain(self) -> Option<(u8, &'static str, Option<usize>)> {
                match self { $(Type::$variant => Some(($id, $name, $width)),)* _ => None }
            }
        }
    };
}

types! {
    Bool = 1, "BOOL", Some(1), "0 or 1 in one byte.";
    Char = 2, "CHAR", Some(1), "A signed byte.";
    Short = 3, "SHORT", Some(2), "A 16-bit integer.";
    Int = 4, "INT", Some(4), "A 32-bit integer.";
    Long = 5, "LONG", Some(8), "A 64-bit integer.";
    Date = 6, "DATE", Some(4), "Days since 1970-01-01.";
    Month = 7, "MONTH", Some(4), "Months since year 0.";
    Time = 8, "TIME", Some(4), "Milliseconds of the day.";
    Minute = 9, "MINUTE", Some(4), "Minutes of the day.";
    Second = 10, "SECOND", Some(4), "Seconds of the day.";
    Datetime = 11, "DATETIME", Some(4), "Seconds since 1970.";
    Timestamp = 12, "TIMESTAMP", Some(8), "Milliseconds since 1970.";
    Nanotime = 13, "NANOTIME", Some(8), "Nanoseconds of the day.";
    Nanotimestamp = 14, "NANOTIMESTAMP", Some(8), "Nanoseconds since 1970.";
    Float = 15, "FLOAT", Some(4), "An IEEE 754 single.";
    Double = 16, "DOUBLE", Some(8), "An IEEE 754 double.";
    Symbol = 17, "SYMBOL", None, "Text kept in a dictionary.";
    String = 18, "STRING", None, "Text.";
    Uuid = 19, "UUID", Some(16), "A universally unique identifier.";
    Datehour = 28, "DATEHOUR", Some(4), "Hours since 1970.";
    Ipaddr = 30, "IPADDR", Some(16), "An IP address, version 4 or 6.";
    Int128 = 31, "INT128", Some(16), "A 128-bit integer.";
    Blob = 32, "BLOB", None, "Bytes.";
    Complex = 34, "COMPLEX", Some(16), "Two doubles, the real part first.";
    Point = 35, "POINT", Some(16), "Two doubles, x first.";
}

/// The number of an array's type less that of its elements'.
const ARRAY: u8 = 64;

impl Type {
    /// The type with the server's number `id`, if a table can hold it; decimals with no digits
    /// behind the point, see [`Type::with_scale`].
    pub fn from_id(id: i32) -> Option<Type> {
        let id = u8::try_from(id).ok()?;
        match Type::ALL.iter().find(|ty| ty.number() == id) {
            Some(ty) => Some(*ty),
            None => Type::from_id(id.checked_sub(ARRAY)?.into())?.array(),
        }
    }

    /// The type with `scale` digits behind the point, if it can have as many. Types other than
    /// decimals and arrays of them have no scale, and stay what they are.
    pub fn with_scale(self, scale: i32) -> Option<Type> {
        let upto = |most: u8| u8::try_from(scale).ok().filter(|scale| *scale <= most);
        match self {
            Type::Decimal32(_) => upto(9).map(Type::Decimal32),
            Type::Decimal64(_) => upto(18).map(Type::Decimal64),
            Type::Decimal128(_) => upto(38).map(Type::Decimal128),
            Type::Array(element) => element.ty().with_scale(scale)?.array(),
            _ => Some(self),
        }
    }

    /// The digits behind the point of a decimal or of an array's decimals.
    pub fn scale(self) -> Option<u8> {
        match self {
            Type::Decimal32(scale) | Type::Decimal64(scale) | Type::Decimal128(scale) => Some(scale),
            Type::Array(element) => element.ty().scale(),
            _ => None,
        }
    }

    /// The type of arrays of this one, if there is one: elements have a fixed width.
    pub fn array(self) -> Option<Type> {
        self.width()?;
        Some(Type::Array(Element { id: self.number(), scale: self.scale().unwrap_or(0) }))
    }

    /// The server's type number.
    pub fn id(self) -> i32 {
        self.number().into()
    }

    fn number(self) -> u8 {
        match self {
            Type::Decimal32(_) => 37,
            Type::Decimal64(_) => 38,
            Type::Decimal128(_) => 39,
            Type::Array(element) => ARRAY + element.id,
            plain => plain.plain().map_or(0, |(id, ..)| id),
        }
    }

    /// The name that scripts use.
    pub fn name(self) -> Cow<'static, str> {
        match self {
            Type::Decimal32(scale) => format!("DECIMAL32({scale})").into(),
            Type::Decimal64(scale) => format!("DECIMAL64({scale})").into(),
            Type::Decimal128(scale) => format!("DECIMAL128({scale})").into(),
            Type::Array(element) => format!("{}[]", element.ty().name()).into(),
            plain => plain.plain().map_or("", |(_, name, _)| name).into(),
        }
    }

    /// Bytes of one cell, or `None` for text, bytes and arrays, whose cells differ.
    pub fn width(self) -> Option<usize> {
        match self {
            Type::Decimal32(_) => Some(4),
            Type::Decimal64(_) => Some(8),
            Type::Decimal128(_) => Some(16),
            Type::Array(_) => None,
            plain => plain.plain().and_then(|(.., width)| width),
        }
    }

    /// The bytes of a NULL cell of fixed width; none for other types, whose NULL is an empty cell.
    pub fn null(self) -> Vec<u8> {
        let width = self.width().unwrap_or(0);
        let least = || (i128::MIN >> (128 - 8 * width)).to_le_bytes()[..width].to_vec();
        match self {
            Type::Float => f32::MIN.to_le_bytes().to_vec(),
            Type::Double => f64::MIN.to_le_bytes().to_vec(),
            Type::Complex | Type::Point => [f64::MIN.to_le_bytes(); 2].concat(),
            Type::Uuid | Type::Ipaddr | Type::Int128 => vec![0; width],
            _ if width == 0 => Vec::new(),
            _ => least(),
        }
    }

    /// Whether cells are text (STRING and SYMBOL hold the same values).
    pub fn is_text(self) -> bool {
        matches!(self, Type::Symbol | Type::String)
    }

    /// Whether cells are integers or times, whose NULL is the least number.
    pub fn is_integral(self) -> bool {
        use Type::*;
        let fractional = matches!(self, Float | Double | Decimal32(_) | Decimal64(_) | Decimal128(_));
        self.width().is_some_and(|width| width <= 8) && !fractional
    }
}

/// The type of an array's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Element {
    id: u8,
    scale: u8,
}

impl Element {
    /// It, as a type of its own.
    pub fn ty(self) -> Type {
        let ty = Type::from_id(self.id.into()).and_then(|ty| ty.with_scale(self.scale.into()));
        ty.expect("made of a type")
    }

    /// Bytes of one value.
    pub fn width(self) -> usize {
        self.ty().width().expect("made of a type with a width")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back_to_their_types() {
        for ty in Type::ALL {
            assert_eq!(Type::from_id(ty.id()), Some(*ty));
            match ty.array() {
                Some(array) => assert_eq!(Type::from_id(array.id()), Some(array)),
                None => assert_eq!(Type::from_id(ty.id() + 64), None, "{}", ty.name()),
            }
        }
        // VOID, ANY, DATEMINUTE, DURATION, IOTANY, INSTRUMENT, MKTDATA, STRING[], and no type at all.
        for id in [0, 25, 29, 36, 41, 42, 43, 64 + 18, 145, -1, 1 << 20] {
            assert_eq!(Type::from_id(id), None, "{id}");
        }
    }

    #[test]
    fn names_are_those_of_scripts() {
        let decimals = Type::Decimal64(4).array().unwrap();
        assert_eq!(Type::Decimal64(4).name(), "DECIMAL64(4)");
        assert_eq!(decimals.name(), "DECIMAL64(4)[]");
        assert_eq!(Type::Int.array().unwrap().name(), "INT[]");
        assert_eq!(Type::Nanotime.name(), "NANOTIME");
    }

    #[test]
    fn null_is_the_least_number_where_there_is_one() {
        assert_eq!(Type::Bool.null(), [0x80]);
        assert_eq!(Type::Decimal64(2).null(), i64::MIN.to_le_bytes());
        assert_eq!(Type::Decimal128(2).null(), i128::MIN.to_le_bytes());
        assert_eq!(Type::Float.null(), [0xff, 0xff, 0x7f, 0xff]);
        assert_eq!(Type::Uuid.null(), [0; 16]);
        assert!(Type::String.null().is_empty());
    }

    #[test]
    fn a_scale_has_its_limits() {
        for (ty, most) in [(Type::Decimal32(0), 9), (Type::Decimal64(0), 18), (Type::Decimal128(0), 38)] {
            assert_eq!(ty.with_scale(most).and_then(Type::scale), Some(most as u8));
            assert_eq!(ty.with_scale(most + 1), None);
            assert_eq!(ty.with_scale(-1), None);
        }
        assert_eq!(Type::Decimal32(0).array().unwrap().with_scale(3), Type::Decimal32(3).array());
        assert_eq!(Type::Int.with_scale(i32::MIN), Some(Type::Int));
    }
}
