//! Calls as text and plain data, so that another node, or this one after a restart, can run them.
//!
//! A function of the script travels with the functions that it names; a compiled one (built-in,
//! plugin) as its name only, which the receiver must know (dolphindb-semantics §6).
use std::collections::BTreeMap;
use std::sync::Arc;

use super::ast::Definition;
use super::lexer::{self, Token};
use super::scope::Scope;
use super::{Bound, Code, Function, Session, parser};
use crate::error::{Error, Result};
use crate::value::{Type, Value, Vector};

/// A call on its way.
#[derive(Clone, Debug)]
pub struct Shipment {
    /// Definitions, then the call; it names its data `shipped0`, `shipped1`, ..
    pub source: String,
    /// Compiled functions that the receiver must have.
    pub compiled: Vec<String>,
    pub data: Vec<Value>,
}

impl Shipment {
    /// A shipment from its source and what travelled with it: the names, then the data.
    pub fn of(source: String, mut arguments: Vec<Value>) -> Result<Shipment> {
        let wrong = || Error::runtime("A shipment must start with its compiled functions.");
        let names = arguments.first().and_then(Value::cells).cloned().ok_or_else(wrong)?;
        let names = (0..names.len()).map(|row| names.text(row).map(str::to_owned).ok_or_else(wrong));
        let compiled = names.collect::<Result<_>>()?;
        Ok(Shipment { source, compiled, data: arguments.split_off(1) })
    }

    /// What travels after the source.
    pub fn arguments(&self) -> Vec<Value> {
        let names = Vector::strings(Type::String, self.compiled.iter().map(String::as_str));
        let mut arguments = vec![Value::Vector(names.into())];
        arguments.extend(self.data.iter().cloned());
        arguments
    }
}

impl Session {
    /// The call `function(args)` for somewhere else.
    pub fn ship(&self, function: &Function, args: &[Value]) -> Result<Shipment> {
        let mut packer =
            Packer { session: self, defined: BTreeMap::new(), compiled: Vec::new(), data: Vec::new() };
        let callee = packer.function(function)?;
        let args: Vec<String> = args.iter().map(|arg| packer.value(arg)).collect::<Result<_>>()?;
        let uses: String = self.modules.iter().map(|module| format!("use {module}\n")).collect();
        let definitions: String = packer
            .defined
            .iter()
            .map(|(name, definition)| format!("def {name}{}\n", definition.source))
            .collect();
        let source = format!("{uses}{definitions}{callee}({})", args.join(", "));
        Ok(Shipment { source, compiled: packer.compiled, data: packer.data })
    }

    /// Refuses a shipment whose compiled functions are not all here.
    pub fn knows_all(&self, shipment: &Shipment) -> std::result::Result<(), String> {
        let unknown = shipment.compiled.iter().find(|name| self.function(name).is_none());
        unknown.map_or(Ok(()), |name| Err(name.clone()))
    }

    /// Runs a shipment. Its functions are gone afterwards.
    pub fn receive(&mut self, shipment: Shipment) -> Result<Value> {
        self.knows_all(&shipment)
            .map_err(|name| Error::runtime(format!("Cannot recognize function: {name}. RefId: S00015")))?;
        let block = parser::script(&shipment.source)?;
        let names = (0..shipment.data.len()).map(variable);
        let variables = names.zip(shipment.data).collect();
        let (functions, modules) = (self.functions.clone(), self.modules.clone());
        let outcome = self.within(Scope::Function(variables), |session| session.block_value(&block));
        (self.functions, self.modules) = (functions, modules);
        outcome
    }
}

fn variable(number: usize) -> String {
    format!("shipped{number}")
}

/// Collects what a call needs while spelling it.
struct Packer<'a> {
    session: &'a Session,
    defined: BTreeMap<String, Arc<Definition>>,
    compiled: Vec<String>,
    data: Vec<Value>,
}

impl Packer<'_> {
    fn value(&mut self, value: &Value) -> Result<String> {
        match value {
            Value::Void => Ok("NULL".into()),
            Value::Function(function) => self.function(function),
            Value::Code(code) => self.code(code),
            Value::Tuple(items) if items.len() > 1 => {
                let items: Vec<_> = items.iter().map(|item| self.value(item)).collect::<Result<_>>()?;
                Ok(format!("({})", items.join(", ")))
            }
            // A handle means nothing on another node (dolphindb-semantics §4.1).
            Value::Dfs(_) | Value::Database(_) | Value::Handle(_) => {
                Err(Error::runtime(format!("The handle {value} can't be sent to another node.")))
            }
            _ => {
                self.data.push(value.clone());
                Ok(variable(self.data.len() - 1))
            }
        }
    }

    fn function(&mut self, function: &Function) -> Result<String> {
        match function {
            Function::Native(_) | Function::Plugin { .. } => {
                self.compile(function.name());
                Ok(function.name().to_owned())
            }
            Function::Udf(definition) if definition.name.is_empty() => {
                self.needs(&definition.source)?;
                Ok(format!("(def {})", definition.source))
            }
            Function::Udf(definition) => {
                self.define(definition)?;
                Ok(definition.name.clone())
            }
            Function::Partial { function, bound } => {
                let callee = self.function(function)?;
                let places: Vec<String> =
                    bound.iter().map(|place| self.place(place)).collect::<Result<_>>()?;
                Ok(format!("{callee}{{{}}}", places.join(", ")))
            }
        }
    }

    fn place(&mut self, place: &Bound) -> Result<String> {
        match place {
            Bound::Open => Ok(String::new()),
            Bound::Value(value) => self.value(value),
            Bound::Variable(name) => self.value(&self.session.get(name).unwrap_or(Value::Void)),
        }
    }

    /// Metacode inside a function whose parameters are the variables that it captured.
    fn code(&mut self, code: &Code) -> Result<String> {
        self.needs(&code.text)?;
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for (name, value) in code.locals.iter() {
            if !names.contains(&name.as_str()) {
                names.push(name.as_str());
                values.push(self.value(value)?);
            }
        }
        Ok(format!("(def ({}) : <{}>)({})", names.join(", "), code.text, values.join(", ")))
    }

    fn define(&mut self, definition: &Arc<Definition>) -> Result<()> {
        match self.defined.get(&definition.name) {
            Some(own) if own.source == definition.source => Ok(()),
            Some(own) => {
                Err(Error::runtime(format!("Two functions named {} can't be sent in one call.", own.name)))
            }
            None => {
                self.defined.insert(definition.name.clone(), definition.clone());
                self.needs(&definition.source)
            }
        }
    }

    fn compile(&mut self, name: &str) {
        if !self.compiled.iter().any(|own| own == name) {
            self.compiled.push(name.to_owned());
        }
    }

    /// Adds every function that `source` names.
    fn needs(&mut self, source: &str) -> Result<()> {
        for name in names(source)? {
            match self.session.function(&name).as_deref() {
                Some(Function::Udf(definition)) => self.define(definition)?,
                Some(compiled) => self.compile(compiled.name()),
                None if name.contains("::") => self.compile(&name),
                None => {}
            }
        }
        Ok(())
    }
}

/// The names in a text, with their modules.
fn names(source: &str) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    let mut continues = false;
    for lexeme in lexer::tokens(source)? {
        match lexeme.token {
            Token::Name(name) if continues => {
                if let Some(module) = names.last_mut() {
                    *module = format!("{module}::{name}");
                }
                continues = false;
            }
            Token::Name(name) => names.push(name),
            Token::Mark("::") => continues = true,
            _ => continues = false,
        }
    }
    Ok(names)
}
