//! The script language. `lexer` makes tokens of text, `parser` a tree (`ast`) of tokens, and the
//! evaluator walks that tree for a [`Session`].
pub mod ast;
mod compose;
mod eval;
mod function;
mod lexer;
mod literal;
mod names;
pub mod operators;
mod parser;
mod scope;
mod session;
mod ship;
mod spell;
mod sql;

use std::sync::Arc;

pub use compose::{Composer, call as compose_call, infix};
pub use eval::{index, item, items, pair, range, set_key, vector};
pub use function::{Bound, Function, InPlaceFn, Native, NativeFn, PluginFunction, Run};
use scope::unknown_column;
pub use session::{Cut, STACK, Session};
pub use ship::Shipment;
pub use spell::function as spell_function;
pub use sql::DataSource;

use crate::error::Result;
use crate::value::{Parts, Value};

/// Metacode: an expression that has not been evaluated.
#[derive(Clone, Debug)]
pub struct Code {
    pub expr: Arc<ast::Expr>,
    /// Local variables of the function that made it, by name.
    pub locals: Parts<(String, Value)>,
    /// As it was written.
    pub text: String,
}

/// Reads `text` as one expression or query, as parseExpr does.
pub fn parse(text: &str) -> Result<Code> {
    Ok(Code { expr: parser::expression(text)?.into(), locals: Parts::default(), text: text.to_owned() })
}

#[cfg(test)]
mod tests;
