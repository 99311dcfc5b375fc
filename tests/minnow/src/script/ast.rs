//! The tree that the parser builds and the evaluator walks.
use std::sync::Arc;

use crate::value::Value;

/// One statement and the line that it starts in.
#[derive(Clone, Debug)]
pub struct Statement {
    pub line: usize,
    pub kind: StatementKind,
}

pub type Block = Vec<Statement>;

#[derive(Clone, Debug)]
pub enum StatementKind {
    Expr(Expr),
    /// `target = value`, `target += value` (with the operator) and `a, b = value`.
    Assign {
        targets: Vec<Expr>,
        operator: Option<Operator>,
        value: Expr,
    },
    Define(Arc<Definition>),
    If {
        condition: Expr,
        then: Block,
        otherwise: Block,
    },
    For {
        names: Vec<String>,
        over: Expr,
        body: Block,
    },
    /// `while`, and `do ... while` when `check_last`.
    While {
        condition: Expr,
        body: Block,
        check_last: bool,
    },
    Try {
        body: Block,
        name: String,
        handler: Block,
    },
    Throw(Expr),
    Return(Option<Expr>),
    Break,
    Continue,
    /// `use module`.
    Use(String),
    /// `share table as name`.
    Share {
        table: Expr,
        name: String,
    },
    /// `undef all`.
    UndefAll,
    /// `delete from t where ..`.
    Delete {
        table: Expr,
        conditions: Vec<Expr>,
    },
    /// `update t set c = e, .. where ..`.
    Update {
        table: Expr,
        changes: Vec<(String, Expr)>,
        conditions: Vec<Expr>,
    },
    /// `insert into t (columns) values (..)`; no columns: all of them.
    Insert {
        table: Expr,
        columns: Vec<String>,
        values: Vec<Expr>,
    },
    /// `go`: everything before it is done before what follows is looked at.
    Go,
}

/// A function written in the script.
#[derive(Debug)]
pub struct Definition {
    /// Empty for an anonymous function.
    pub name: String,
    pub params: Vec<Param>,
    pub body: Block,
    /// Parameters and body as text that `def` and the name can precede.
    pub source: String,
}

#[derive(Clone, Debug)]
pub struct Param {
    pub name: String,
    pub mutable: bool,
    pub default: Option<Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Add,
    Sub,
    Mul,
    Div,
    /// `\`: division with a DOUBLE result.
    Ratio,
    Mod,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    And,
    Or,
    In,
    Like,
}

/// One argument of a call.
#[derive(Clone, Debug)]
pub struct Arg {
    /// The keyword of `name=value`.
    pub name: Option<String>,
    /// `None` for an omitted argument, as in `f(a, , b)`.
    pub value: Option<Expr>,
}

#[derive(Clone, Debug)]
pub enum Expr {
    Constant(Value),
    Name(String),
    /// `[a, b]`: a vector when all have one type, else a tuple.
    Vector(Vec<Expr>),
    /// `(a, b)`.
    Tuple(Vec<Expr>),
    /// `a:b`.
    Pair(Box<Expr>, Box<Expr>),
    /// `a..b`.
    Range(Box<Expr>, Box<Expr>),
    Negate(Box<Expr>),
    Not(Box<Expr>),
    Binary(Operator, Box<Expr>, Box<Expr>),
    Between(Box<Expr>, Box<Expr>),
    Call {
        function: Box<Expr>,
        args: Vec<Arg>,
    },
    /// `f{a, , b}`.
    Partial {
        function: Box<Expr>,
        args: Vec<Arg>,
    },
    /// `object.name(args)`.
    Method {
        object: Box<Expr>,
        name: String,
        args: Vec<Arg>,
    },
    /// `object.name`.
    Member {
        object: Box<Expr>,
        name: String,
    },
    /// `object[index]`.
    Index {
        object: Box<Expr>,
        index: Vec<Expr>,
    },
    Lambda(Arc<Definition>),
    /// `<expr>` and how it was written.
    Code(Arc<Expr>, String),
    Query(Arc<Query>),
    /// `expr as name`, in metacode that a query is put together from.
    Named(Box<Expr>, String),
}

/// What a query's rows become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `select`: always a table.
    Select,
    /// `exec`: a vector or scalar when there is one column.
    Exec,
}

/// One column of a query and its name, if it has an alias.
#[derive(Clone, Debug)]
pub struct Item {
    pub expr: Expr,
    pub alias: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Query {
    pub shape: Shape,
    pub distinct: bool,
    /// Empty for `*`.
    pub items: Vec<Item>,
    pub from: Expr,
    /// Comma-separated conditions, each applied to what those before it left.
    pub conditions: Vec<Expr>,
    pub group_by: Vec<Item>,
    pub context_by: Vec<Item>,
    /// Sort keys within each context.
    pub context_sort: Vec<(Expr, bool)>,
    pub having: Option<Expr>,
    /// Sort keys and whether they ascend.
    pub order_by: Vec<(Expr, bool)>,
    /// `top n` or `limit n`.
    pub limit: Option<Expr>,
}
