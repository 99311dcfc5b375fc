//! Runs statements.
mod apply;
mod assign;
mod call;
mod expression;
mod index;
mod literal;

use std::sync::Arc;
use std::sync::atomic::Ordering;

pub use assign::{set, set_key};
pub use index::{index, item, items};
pub use literal::{pair, range, vector};

use super::ast::{Block, Expr, Statement, StatementKind};
use super::scope::Scope;
use super::{Function, Session, operators, parser};
use crate::error::{Class, Error, Result};
use crate::node::FunctionDefaults;
use crate::value::{Type, Value, Vector};

/// How deep calls and expressions may go at run time. A stack of [`super::STACK`] carries that.
const DEPTH: usize = 1000;

/// How a statement ended.
enum Flow {
    Next(Value),
    Break,
    Continue,
    Return(Value),
}

impl Session {
    /// Runs a script and returns the value of its last expression, Void if there is none.
    pub fn run(&mut self, source: &str) -> Result<Value> {
        self.block_value(&parser::script(source)?)
    }

    pub(super) fn block_value(&mut self, block: &Block) -> Result<Value> {
        match self.block(block)? {
            Flow::Next(value) | Flow::Return(value) => Ok(value),
            Flow::Break | Flow::Continue => Ok(Value::Void),
        }
    }

    fn block(&mut self, block: &Block) -> Result<Flow> {
        let mut last = Value::Void;
        for statement in block {
            match self.statement(statement)? {
                Flow::Next(value) => last = value,
                other => return Ok(other),
            }
        }
        Ok(Flow::Next(last))
    }

    fn statement(&mut self, statement: &Statement) -> Result<Flow> {
        self.check_cancelled()?;
        let done = Ok(Flow::Next(Value::Void));
        match &statement.kind {
            StatementKind::Expr(expr) => self.eval(expr).map(Flow::Next),
            StatementKind::Assign { targets, operator, value } => {
                self.assign(targets, *operator, value)?;
                done
            }
            StatementKind::Define(definition) => {
                self.check_defaults(definition)?;
                self.functions.insert(definition.name.clone(), Arc::new(Function::Udf(definition.clone())));
                done
            }
            StatementKind::If { condition, then, otherwise } => {
                let holds = operators::is_true(&self.eval(condition)?)?;
                self.block(if holds { then } else { otherwise })
            }
            StatementKind::For { names, over, body } => self.for_each(names, over, body),
            StatementKind::While { condition, body, check_last } => {
                self.while_holds(condition, body, *check_last)
            }
            StatementKind::Try { body, name, handler } => self.attempt(body, name, handler),
            StatementKind::Throw(what) => Err(thrown(&self.eval(what)?)),
            StatementKind::Return(None) => Ok(Flow::Return(Value::Void)),
            StatementKind::Return(Some(value)) => self.eval(value).map(Flow::Return),
            StatementKind::Break => Ok(Flow::Break),
            StatementKind::Continue => Ok(Flow::Continue),
            StatementKind::Use(module) => {
                self.modules.push(module.clone());
                done
            }
            StatementKind::Share { table, name } => {
                let value = self.eval(table)?;
                // Shared under its own name it stops being the session's; under another one the
                // session keeps a copy, where a server would keep a second name for one table.
                if matches!(table, Expr::Name(own) if own == name) {
                    self.own_variables().remove(name);
                }
                self.node.shared.write().insert(name.clone(), value);
                done
            }
            StatementKind::UndefAll => {
                self.variables.clear();
                done
            }
            StatementKind::Delete { table, conditions } => self.delete(table, conditions).map(Flow::Next),
            StatementKind::Update { table, changes, conditions } => {
                self.update(table, changes, conditions).map(Flow::Next)
            }
            StatementKind::Insert { table, columns, values } => {
                self.insert(table, columns, values).map(|_| Flow::Next(Value::Void))
            }
            StatementKind::Go => done,
        }
    }

    /// Servers refuse defaults that are functions, dictionaries or tuples (dolphindb-semantics
    /// §7.1); the sentence is ours `[U]`. A default that has no value yet is left to the call.
    fn check_defaults(&mut self, definition: &super::ast::Definition) -> Result<()> {
        if self.node.switches.function_defaults == FunctionDefaults::Allow {
            return Ok(());
        }
        for param in &definition.params {
            let value = param.default.as_ref().map(|default| self.eval(default));
            if let Some(Ok(Value::Function(_) | Value::Dict(_) | Value::Tuple(_))) = value {
                return Err(Error::syntax(format!(
                    "Syntax Error: The default value of the parameter {} can't be a function, a dictionary or a tuple.",
                    param.name
                )));
            }
        }
        Ok(())
    }

    fn for_each(&mut self, names: &[String], over: &Expr, body: &Block) -> Result<Flow> {
        let over = self.eval(over)?;
        for step in 0..index::items(&over)? {
            let item = index::item(&over, step)?;
            match names {
                [name] => {
                    self.own_variables().insert(name.clone(), item);
                }
                _ => {
                    for (position, name) in names.iter().enumerate() {
                        let part = index::item(&item, position)?;
                        self.own_variables().insert(name.clone(), part);
                    }
                }
            }
            if let Some(end) = self.turn(body)? {
                return Ok(end);
            }
        }
        Ok(Flow::Next(Value::Void))
    }

    /// One turn of a loop: how the loop ends, if it ends with this turn.
    fn turn(&mut self, body: &Block) -> Result<Option<Flow>> {
        match self.block(body)? {
            Flow::Break => Ok(Some(Flow::Next(Value::Void))),
            Flow::Return(value) => Ok(Some(Flow::Return(value))),
            Flow::Next(_) | Flow::Continue => self.check_cancelled().map(|()| None),
        }
    }

    fn while_holds(&mut self, condition: &Expr, body: &Block, check_last: bool) -> Result<Flow> {
        let mut skip_check = check_last;
        while skip_check || operators::is_true(&self.eval(condition)?)? {
            skip_check = false;
            if let Some(end) = self.turn(body)? {
                return Ok(end);
            }
        }
        Ok(Flow::Next(Value::Void))
    }

    /// try-catch. The caught value has the class of the error first, its text second.
    fn attempt(&mut self, body: &Block, name: &str, handler: &Block) -> Result<Flow> {
        let error = match self.block(body) {
            Ok(flow) => return Ok(flow),
            Err(error) => error,
        };
        // A cancelled job may not go on by catching its own end.
        self.check_cancelled()?;
        let texts = [class_name(error.class), error.text.as_str()];
        let caught = Value::Vector(Vector::strings(Type::String, texts).into());
        self.own_variables().insert(name.to_owned(), caught);
        self.block(handler)
    }

    /// Fails once someone outside has asked the session to stop. The sentence is ours `[U]`.
    pub fn check_cancelled(&self) -> Result<()> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(Error::runtime("The task was cancelled."));
        }
        Ok(())
    }

    /// Runs `work` one level deeper, so that a runaway recursion ends in an error.
    fn deeper<T>(&mut self, work: impl FnOnce(&mut Session) -> Result<T>) -> Result<T> {
        if self.depth >= DEPTH {
            return Err(Error::runtime("The function calls are nested too deeply."));
        }
        self.depth += 1;
        let outcome = work(self);
        self.depth -= 1;
        outcome
    }

    /// Evaluates metacode with what it captured.
    pub fn eval_code(&mut self, code: &super::Code) -> Result<Value> {
        let captured = code.locals.iter().cloned().collect();
        self.within(Scope::Code(captured), |session| session.eval(&code.expr))
    }
}

fn thrown(what: &Value) -> Error {
    let text = what.as_str().map_or_else(|| what.to_string(), str::to_owned);
    Error { class: Class::User, function: String::new(), text }
}

/// What a caught error says about its kind. A server's own words are not documented `[U]`.
fn class_name(class: Class) -> &'static str {
    match class {
        Class::Syntax => "SYNTAX",
        Class::IllegalArgument => "ARGUMENT",
        Class::Runtime | Class::TableRuntime => "RUNTIME",
        Class::IncompatibleType => "TYPE",
        Class::NoPrivilege => "PRIVILEGE",
        Class::Io => "IO",
        Class::User => "USER",
    }
}
