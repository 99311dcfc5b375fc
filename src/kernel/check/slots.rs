//! The function behind each slot, by its symbol.
//!
//! A method's mangled name ends the same in every class that implements it, so the ends are data
//! of the row. A symbol that ends otherwise contradicts the row; one that the server does not show
//! leaves the slot to the probe.
use std::collections::HashMap;
use std::ffi::c_void;
use std::mem::ManuallyDrop;

use crate::data::Type;
use crate::error::{Error, Kind, Result as Answer};
use crate::kernel::cell::is_optional;
use crate::kernel::row::{Row, Slot};
use crate::kernel::session::Session;
use crate::kernel::symbols::{Symbol, name_at};
use crate::kernel::sys::{cs_object, cs_references};
use crate::kernel::value::Value;

/// The functions that the plugin cannot do without; their objects are looked at, too.
const FUNCTIONS: &[&str] = &["parseExpr", "eval"];

/// Any number of references above this is a misread one.
const REFERENCES_MAX: i32 = 1 << 20;

/// Compares every slot of the row with the objects of every class that we meet.
pub(super) fn verify(row: &Row, session: &Session) -> Result<(), String> {
    let mut seen = Seen { row, names: HashMap::new() };
    seen.compare("Session", session.object())?;
    let objects = Objects::create(session).map_err(|error| error.to_string())?;
    objects.0.iter().try_for_each(|(class, value)| seen.compare_value(class, value))?;
    objects.give_back();
    Ok(())
}

struct Seen<'a> {
    row: &'a Row,
    /// Finding a name is slow, and classes share most functions.
    names: HashMap<usize, Symbol>,
}

impl Seen<'_> {
    fn compare_value(&mut self, class: &str, value: &Value) -> Result<(), String> {
        // SAFETY: the value is live, and this is its thread.
        let object = unsafe { cs_object(value.raw()) };
        self.compare("Constant", object)?;
        if class == "Constant" { Ok(()) } else { self.compare(class, object) }
    }

    fn compare(&mut self, class: &str, object: *const c_void) -> Result<(), String> {
        self.row.slots.iter().filter(|slot| slot.class == class).try_for_each(|slot| {
            // SAFETY: the first word of a server object points to its virtual table. The tables of
            // all classes lie side by side in the library's data, far more words than any position,
            // so that behind a table shorter than the row believes lies a word of another one; what
            // it names is compared, not called.
            let function = unsafe { *(*object.cast::<*const *const c_void>()).add(slot.position as usize) };
            agree(slot, self.names.entry(function as usize).or_insert_with(|| name_at(function)))
        })
    }
}

fn agree(slot: &Slot, symbol: &Symbol) -> Result<(), String> {
    let found = match symbol {
        Symbol::Named(name) if slot.implemented_by(name) => return Ok(()),
        Symbol::Unnamed => return Ok(()),
        Symbol::Named(name) => name,
        Symbol::Nothing => "no function",
    };
    Err(format!("slot {} should be {}.{} and is {found}", slot.position, slot.class, slot.method))
}

/// One object of every kind, made by exported functions alone, with the class whose own slots it
/// has besides those of every value. Not given back unless all is well: the numbers that would do
/// it are in doubt.
struct Objects(Vec<(&'static str, ManuallyDrop<Value>)>);

impl Objects {
    fn create(session: &Session) -> Answer<Objects> {
        let mut objects = Objects(Vec::new());
        // First, because these have the server's own counters; those of what we make are ours.
        FUNCTIONS.iter().try_for_each(|name| objects.add_function(session, name))?;
        objects.add("Constant", session.void()?);
        objects.add("Constant", session.tuple(1)?);
        for ty in Type::ALL {
            // A server without the type is used for the others.
            match session.vector(*ty, 1) {
                Ok(vector) => objects.add("Vector", vector),
                Err(_) if is_optional(*ty) => continue,
                Err(error) => return Err(error),
            }
            // Scalars have no SYMBOL type of their own.
            if *ty != Type::Symbol {
                objects.add("Constant", session.constant(*ty)?);
            }
        }
        let column = session.vector(Type::Int, 1)?;
        objects.add("Table", session.table(&["a"], std::slice::from_ref(&column))?);
        objects.add("Constant", column);
        objects.add("Dictionary", session.dictionary()?);
        Ok(objects)
    }

    /// A function that the server knows, once its counter is one: a wrong one must not be counted
    /// down.
    fn add_function(&mut self, session: &Session, name: &str) -> Answer<()> {
        let function = ManuallyDrop::new(session.function(name)?.into_value());
        // SAFETY: the function is live, and this is its thread.
        let references = unsafe { cs_references(function.raw()) };
        if !(1..REFERENCES_MAX).contains(&references) {
            let what = format!("{references} references to the function {name} are counted");
            return Err(Error::new(Kind::Abi, what));
        }
        self.0.push(("FunctionDef", function));
        Ok(())
    }

    fn add(&mut self, class: &'static str, value: Value) {
        self.0.push((class, ManuallyDrop::new(value)));
    }

    fn give_back(self) {
        self.0.into_iter().for_each(|(_, value)| drop(ManuallyDrop::into_inner(value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_contradicts_but_silence_does_not() {
        let slot = Slot { class: "Constant", method: "size", position: 7, ending: "4sizeEv" };
        let named = |name: &str| Symbol::Named(name.to_string());
        assert!(agree(&slot, &named("_ZNK3ddb3Int4sizeEv")).is_ok());
        assert!(agree(&slot, &Symbol::Unnamed).is_ok());
        for wrong in [named("__cxa_pure_virtual"), named("_ZNK3ddb3Int4rowsEv"), Symbol::Nothing] {
            let message = agree(&slot, &wrong).unwrap_err();
            assert!(message.contains("slot 7 should be Constant.size"), "{message}");
        }
    }
}
