//! The column types a table can hold, with the server's own numbers and names.

macro_rules! types {
    ($($variant:ident = $id:literal, $name:literal, $width:expr, $doc:literal;)*) => {
        /// A column type; the discriminant is the server's type number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Type { $(#[doc = $doc] $variant = $id,)* }

        impl Type {
            /// Every type, in the order of its number.
            pub const ALL: &[Type] = &[$(Type::$variant),*];

            /// The type with the server's number `id`, if a table can hold it and we support it.
            pub fn from_id(id: i32) -> Option<Type> {
                match id { $($id => Some(Type::$variant),)* _ => None }
            }

            /// The name that scripts use.
            pub fn name(self) -> &'static str {
                match self { $(Type::$variant => $name,)* }
            }

            /// Bytes of one cell, or `None` for text.
            pub fn width(self) -> Option<usize> {
                match self { $(Type::$variant => $width,)* }
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
}

impl Type {
    /// The server's type number.
    pub fn id(self) -> i32 {
        self as i32
    }

    /// Whether cells are text (STRING and SYMBOL hold the same values).
    pub fn is_text(self) -> bool {
        self.width().is_none()
    }
}
