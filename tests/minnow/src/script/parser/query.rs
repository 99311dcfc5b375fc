//! Queries: select, exec, delete, update.
use std::sync::Arc;

use super::Parser;
use crate::error::Result;
use crate::script::ast::{Expr, Item, Query, Shape, StatementKind};
use crate::script::lexer::Token;

impl Parser<'_> {
    /// Runs `parse` where `=` compares.
    fn querying<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let outside = std::mem::replace(&mut self.in_query, true);
        let parsed = parse(self);
        self.in_query = outside;
        parsed
    }

    pub fn query(&mut self) -> Result<Expr> {
        self.querying(Self::query_parts).map(|query| Expr::Query(Arc::new(query)))
    }

    fn query_parts(&mut self) -> Result<Query> {
        let shape = if self.is_word("select") { Shape::Select } else { Shape::Exec };
        self.next();
        let mut highest = 0;
        let top = if self.is_word("top") { self.clause(&mut highest)? } else { None };
        let distinct = self.is_word("distinct") && !matches!(self.peek_after(1).token, Token::Mark("("));
        if distinct {
            self.next();
        }
        let items = if self.accept("*") { Vec::new() } else { self.items(&mut highest)? };
        self.expect_word("from")?;
        let from = self.source(&mut highest)?;
        let conditions = self.conditions(&mut highest)?;
        let group_by = if self.two_words("group", "by") { self.items(&mut highest)? } else { Vec::new() };
        let context_by = if self.two_words("context", "by") { self.items(&mut highest)? } else { Vec::new() };
        let context_sort = if self.accept_word("csort") { self.sort_keys(&mut highest)? } else { Vec::new() };
        let having = if self.is_word("having") { self.clause(&mut highest)? } else { None };
        let order_by = if self.two_words("order", "by") { self.sort_keys(&mut highest)? } else { Vec::new() };
        let limit = if self.is_word("limit") && !matches!(self.peek_after(1).token, Token::Mark("=")) {
            self.clause(&mut highest)?
        } else {
            None
        };
        self.grow(highest + 1)?;
        Ok(Query {
            shape,
            distinct,
            items,
            from,
            conditions,
            group_by,
            context_by,
            context_sort,
            having,
            order_by,
            limit: limit.or(top),
        })
    }

    /// An expression after one word.
    fn clause(&mut self, highest: &mut usize) -> Result<Option<Expr>> {
        self.next();
        // `top 5 *` is no product.
        let expr = match self.peek().clone() {
            Token::Constant(value) => {
                self.next();
                self.height = 1;
                Expr::Constant(value)
            }
            _ => self.expression()?,
        };
        *highest = self.height.max(*highest);
        if self.is_mark(":") {
            self.next();
            let end = self.expression()?;
            return Ok(Some(Expr::Pair(Box::new(expr), Box::new(end))));
        }
        Ok(Some(expr))
    }

    fn expect_word(&mut self, word: &str) -> Result<()> {
        if self.accept_word(word) { Ok(()) } else { Err(self.unexpected_but(word)) }
    }

    fn two_words(&mut self, first: &str, second: &str) -> bool {
        let follows =
            matches!(&self.peek_after(1).token, Token::Name(name) if name.eq_ignore_ascii_case(second));
        let found = follows && self.accept_word(first);
        if found {
            self.next();
        }
        found
    }

    /// The table: anything but operators, whose words would swallow the clauses.
    fn source(&mut self, highest: &mut usize) -> Result<Expr> {
        let outside = std::mem::replace(&mut self.in_query, false);
        let source = self.nested(Self::postfix);
        self.in_query = outside;
        let source = source?;
        *highest = self.height.max(*highest);
        Ok(source)
    }

    fn items(&mut self, highest: &mut usize) -> Result<Vec<Item>> {
        let mut items = Vec::new();
        loop {
            let expr = self.expression()?;
            *highest = self.height.max(*highest);
            let alias = if self.accept_word("as") { Some(self.alias()?) } else { None };
            items.push(Item { expr, alias });
            if !self.accept(",") {
                return Ok(items);
            }
        }
    }

    /// A name, or a text where the name is none.
    fn alias(&mut self) -> Result<String> {
        if let Token::Constant(value) = self.peek()
            && let Some(text) = value.as_str()
        {
            let alias = text.to_owned();
            self.next();
            return Ok(alias);
        }
        self.name()
    }

    fn conditions(&mut self, highest: &mut usize) -> Result<Vec<Expr>> {
        let mut conditions = Vec::new();
        if self.accept_word("where") {
            loop {
                conditions.push(self.expression()?);
                *highest = self.height.max(*highest);
                if !self.accept(",") {
                    break;
                }
            }
        }
        Ok(conditions)
    }

    fn sort_keys(&mut self, highest: &mut usize) -> Result<Vec<(Expr, bool)>> {
        let mut keys = Vec::new();
        loop {
            let key = self.expression()?;
            *highest = self.height.max(*highest);
            let descends = self.accept_word("desc");
            if !descends {
                self.accept_word("asc");
            }
            keys.push((key, !descends));
            if !self.accept(",") {
                return Ok(keys);
            }
        }
    }

    /// `delete from t [where ..]`, with `delete` already read.
    pub fn delete_statement(&mut self) -> Result<StatementKind> {
        self.querying(|parser| {
            parser.expect_word("from")?;
            let table = parser.source(&mut 0)?;
            Ok(StatementKind::Delete { table, conditions: parser.conditions(&mut 0)? })
        })
    }

    /// `insert into t [(columns)] values (..)`, with `insert` already read.
    pub fn insert_statement(&mut self) -> Result<StatementKind> {
        self.querying(|parser| {
            parser.expect_word("into")?;
            let table = parser.primary()?;
            let mut columns = Vec::new();
            if parser.accept("(") {
                loop {
                    columns.push(parser.name()?);
                    if !parser.accept(",") {
                        break;
                    }
                }
                parser.expect(")")?;
            }
            parser.expect_word("values")?;
            Ok(StatementKind::Insert { table, columns, values: parser.list("(", ")")? })
        })
    }

    /// `update t set c = e, .. [where ..]`, with `update` already read.
    pub fn update_statement(&mut self) -> Result<StatementKind> {
        self.querying(|parser| {
            let table = parser.source(&mut 0)?;
            parser.expect_word("set")?;
            let mut changes = Vec::new();
            loop {
                let column = parser.name()?;
                parser.expect("=")?;
                changes.push((column, parser.expression()?));
                if !parser.accept(",") {
                    break;
                }
            }
            Ok(StatementKind::Update { table, changes, conditions: parser.conditions(&mut 0)? })
        })
    }
}
