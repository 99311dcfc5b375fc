//! Data types with the server's numbers (dolphindb-semantics §11.1).

macro_rules! types {
    ($($variant:ident = $id:literal $name:literal),* $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Type { $($variant = $id),* }

        impl Type {
            pub const ALL: &[Type] = &[$(Type::$variant),*];

            pub fn from_id(id: u8) -> Option<Type> {
                match id { $($id => Some(Type::$variant),)* _ => None }
            }

            pub fn name(self) -> &'static str {
                match self { $(Type::$variant => $name),* }
            }
        }
    };
}

types! {
    Void = 0 "VOID", Bool = 1 "BOOL", Char = 2 "CHAR", Short = 3 "SHORT", Int = 4 "INT",
    Long = 5 "LONG", Date = 6 "DATE", Month = 7 "MONTH", Time = 8 "TIME", Minute = 9 "MINUTE",
    Second = 10 "SECOND", Datetime = 11 "DATETIME", Timestamp = 12 "TIMESTAMP",
    Nanotime = 13 "NANOTIME", Nanotimestamp = 14 "NANOTIMESTAMP", Float = 15 "FLOAT",
    Double = 16 "DOUBLE", Symbol = 17 "SYMBOL", String = 18 "STRING", Uuid = 19 "UUID",
    Any = 25 "ANY", Datehour = 28 "DATEHOUR", Ipaddr = 30 "IPADDR", Int128 = 31 "INT128",
    Duration = 36 "DURATION",
}

impl Type {
    /// The type called `name` in a script, in any case.
    pub fn from_name(name: &str) -> Option<Type> {
        Type::ALL.iter().copied().find(|ty| ty.name().eq_ignore_ascii_case(name))
    }

    /// Whether a table's column can have the type.
    pub fn is_storable(self) -> bool {
        !matches!(self, Type::Void | Type::Any | Type::Duration)
    }

    pub fn is_text(self) -> bool {
        matches!(self, Type::Symbol | Type::String)
    }

    pub fn is_temporal(self) -> bool {
        (6..=14).contains(&(self as u8)) || self == Type::Datehour
    }

    pub fn is_integral(self) -> bool {
        (2..=5).contains(&(self as u8))
    }

    pub fn is_floating(self) -> bool {
        matches!(self, Type::Float | Type::Double)
    }
}
