//! The script language. `lexer` makes tokens of text, `parser` a tree (`ast`) of tokens, and the
//! evaluator walks that tree for a [`Session`].
pub mod ast;
mod function;
mod session;

use std::sync::Arc;

pub use function::{Bound, Function, InPlaceFn, Native, NativeFn, PluginFunction, Run};
pub use session::Session;

use crate::value::Value;

/// Metacode: an expression that has not been evaluated.
#[derive(Debug)]
pub struct Code {
    pub expr: Arc<ast::Expr>,
    /// Local variables of the function that made it, by name.
    pub locals: Vec<(String, Value)>,
    /// As it was written.
    pub text: String,
}
