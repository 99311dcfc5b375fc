//! Names and addresses of the process, as the dynamic linker knows them.
use std::ffi::{CStr, CString, c_void};

/// What is known about an address that should be a function.
#[derive(Debug, PartialEq)]
pub(super) enum Symbol {
    /// A function of this name begins there.
    Named(String),
    /// Code whose name the linker does not know.
    Unnamed,
    /// No loaded library has anything there.
    Nothing,
}

/// The address of a global name of the server.
pub(super) fn address(name: &str) -> Option<*mut c_void> {
    let name = CString::new(name).ok()?;
    // SAFETY: `name` is NUL-terminated; looking a name up runs no code of the server.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!found.is_null()).then_some(found)
}

/// What begins at `address`.
pub(super) fn name_at(address: *const c_void) -> Symbol {
    let mut info = libc::Dl_info {
        dli_fname: std::ptr::null(),
        dli_fbase: std::ptr::null_mut(),
        dli_sname: std::ptr::null(),
        dli_saddr: std::ptr::null_mut(),
    };
    // SAFETY: any address may be asked about; `info` is ours to fill.
    if unsafe { libc::dladdr(address, &mut info) } == 0 {
        return Symbol::Nothing;
    }
    if info.dli_sname.is_null() || info.dli_saddr.cast_const() != address {
        return Symbol::Unnamed;
    }
    // SAFETY: a non-null name is NUL-terminated and lives as long as its library, and the server's
    // libraries are never closed.
    Symbol::Named(unsafe { CStr::from_ptr(info.dli_sname) }.to_string_lossy().into_owned())
}

/// The text of a static `std::string` of the server, at most 64 bytes. In both string layouts the
/// first word points to the characters.
pub(super) fn static_text(symbol: &str) -> Option<String> {
    let text = address(symbol)?.cast::<*const libc::c_char>();
    // SAFETY: the server exports a string object there that it fills before it loads plugins, and
    // the characters end with NUL.
    let text = unsafe {
        let start = *text;
        if start.is_null() {
            return None;
        }
        let size = libc::strnlen(start, 64);
        std::slice::from_raw_parts(start.cast::<u8>(), size)
    };
    Some(String::from_utf8_lossy(text).into_owned())
}
