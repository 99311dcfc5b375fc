//! The shapes that Rust and C++ hand each other: `cpp/host.h` in Rust.
use std::ffi::{c_char, c_int, c_long, c_void};

use super::abi::Class;
use super::lent::Lent;
use crate::value::{Type, Value, Vector};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Text {
    pub bytes: *const u8,
    pub size: usize,
}

impl Text {
    pub fn of(text: &[u8]) -> Text {
        Text { bytes: text.as_ptr(), size: text.len() }
    }

    /// # Safety
    /// The bytes must be readable for as long as the result is used.
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.size == 0 {
            return &[];
        }
        // SAFETY: as the caller promises.
        unsafe { std::slice::from_raw_parts(self.bytes, self.size) }
    }

    /// # Safety
    /// As [`Text::bytes`].
    pub unsafe fn to_string(self) -> String {
        // SAFETY: as the caller promises.
        String::from_utf8_lossy(unsafe { self.bytes() }).into_owned()
    }
}

#[repr(C)]
pub struct Failure {
    pub kind: c_int,
    pub function: Text,
    pub text: Text,
}

/// A value on its way to become an object.
#[repr(C)]
pub struct Made {
    pub value: *mut c_void,
    pub class: c_int,
    pub layout: c_int,
    pub flag: u32,
}

#[repr(C)]
pub struct Shape {
    pub size: c_int,
    pub rows: c_int,
    pub columns: c_int,
    pub fast: c_int,
    pub data: *mut c_void,
    pub segments: *mut *mut c_void,
    pub segment_size: c_int,
    pub scale: c_int,
}

/// Where the release has the members that plugins read in place; -1: it has none such.
#[repr(C)]
pub struct Places {
    pub flag: c_int,
    pub vector_name: c_int,
    pub table_owner: c_int,
    pub function_name: c_int,
    pub function_module: c_int,
    pub function_syntax: c_int,
    pub remote_ip: c_int,
    pub remote_alias: c_int,
    pub catalog: c_int,
    pub session_flag: c_int,
    pub counter_size: c_int,
    pub counter_object: c_int,
    pub counter_foreign: c_int,
    pub counter_count: c_int,
    pub object_count: c_int,
    pub heap_session: c_int,
}

#[repr(C)]
pub struct Call {
    pub entry: *mut c_void,
    pub kind: c_int,
    pub session: *mut c_void,
    pub outcome: *mut c_void,
    pub args: *const Made,
    pub count: c_int,
    pub heap: c_int,
}

pub type Emit = unsafe extern "C" fn(*mut c_void, *const c_char, *const c_char, *mut c_void);

/// What the C++ side does for us; filled by its start function.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Remote {
    pub methods: unsafe extern "C" fn(Emit, *mut c_void),
    pub missing: unsafe extern "C" fn(c_int, c_int) -> *mut c_void,
    pub install: unsafe extern "C" fn(c_int, c_int, *const *mut c_void),
    pub call: unsafe extern "C" fn(*const Call),
    pub is_commercial: unsafe extern "C" fn(*mut c_void, *mut c_void) -> bool,
    pub live_objects: unsafe extern "C" fn() -> c_long,
}

/// Boxes a value for the C++ side, which gives it back to `drop`.
pub fn made(value: Value) -> Made {
    let (class, layout) = class_of(&value);
    let flag = flag_of(&value) | TEMPORARY;
    let value = Box::into_raw(Box::new(Lent::new(value))).cast();
    Made { value, class: class as c_int, layout, flag }
}

/// The bit of the flag word that allows built-ins to overwrite the object in place.
const TEMPORARY: u32 = 1;

const PLAIN: c_int = 0;
const VECTOR: c_int = 1;
const TABLE: c_int = 2;
const FUNCTION: c_int = 3;

fn class_of(value: &Value) -> (Class, c_int) {
    match value {
        Value::Void => (Class::Void, PLAIN),
        Value::Scalar(cell) => (class_of_scalar(cell), PLAIN),
        Value::Vector(cells) if cells.ty.element().is_some() => (Class::FastArrayVector, VECTOR),
        Value::Vector(_) | Value::Pair(_) => (Class::FastVector, VECTOR),
        Value::Tuple(_) => (Class::AnyVector, VECTOR),
        Value::Dict(_) => (Class::DictionaryImp, PLAIN),
        Value::Table(_) | Value::Dfs(_) => (Class::BasicTable, TABLE),
        Value::Database(_) | Value::Handle(_) => (Class::SystemHandle, PLAIN),
        Value::Function(_) => (Class::SystemFunction, FUNCTION),
        Value::Code(_) => (Class::Code, PLAIN),
    }
}

/// Temporal scalars have classes of their own in a server; all derive from Int or Long.
fn class_of_scalar(cell: &Vector) -> Class {
    match cell.ty {
        Type::Void => Class::Void,
        Type::Bool => Class::Bool,
        Type::Char => Class::Char,
        Type::Short => Class::Short,
        Type::Long | Type::Timestamp | Type::Nanotime | Type::Nanotimestamp | Type::Duration => Class::Long,
        Type::Float => Class::Float,
        Type::Double => Class::Double,
        Type::Symbol | Type::String | Type::Blob | Type::Any => Class::String,
        Type::Uuid | Type::Ipaddr | Type::Int128 | Type::Complex | Type::Point => Class::Int128,
        Type::Decimal32(_) => Class::Decimal32,
        Type::Decimal64(_) => Class::Decimal64,
        Type::Decimal128(_) => Class::Decimal128,
        _ => Class::Int,
    }
}

/// The flag word: form in bits 8 to 11, type in 16 to 23, category in 24 to 27 (plugin-abi diff
/// §4). The types of functions, metacode and handles are not among the value types.
fn flag_of(value: &Value) -> u32 {
    const MIXED: u32 = 7;
    const SYSTEM: u32 = 6;
    let (form, ty, category): (u32, u32, u32) = match value {
        Value::Void => (0, 0, 0),
        Value::Scalar(cells) => (0, cells.ty.id().into(), category(cells.ty)),
        Value::Vector(cells) => (1, cells.ty.id().into(), category(cells.ty)),
        Value::Pair(cells) => (2, cells.ty.id().into(), category(cells.ty)),
        Value::Tuple(_) => (1, Type::Any.id().into(), MIXED),
        Value::Dict(_) => (5, Type::Any.id().into(), MIXED),
        Value::Table(_) | Value::Dfs(_) => (6, 0, 0),
        Value::Database(_) => (9, 21, SYSTEM),
        Value::Function(_) => (0, 20, SYSTEM),
        Value::Code(_) => (0, 22, SYSTEM),
        Value::Handle(handle) => (0, u32::from(handle.data_type()), SYSTEM),
    };
    form << 8 | ty << 16 | category << 24
}

fn category(ty: Type) -> u32 {
    match ty {
        Type::Void => 0,
        Type::Bool => 1,
        ty if ty.is_integral() => 2,
        ty if ty.is_floating() => 3,
        ty if ty.is_temporal() => 4,
        ty if ty.is_text() => 5,
        Type::Any => 7,
        Type::Uuid | Type::Ipaddr | Type::Int128 => 8,
        Type::Complex | Type::Point => 9,
        Type::Array(_) => 10,
        ty if ty.is_decimal() => 11,
        _ => 6,
    }
}
