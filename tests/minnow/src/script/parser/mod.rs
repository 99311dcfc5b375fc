//! Tokens into a tree, by recursive descent. Each file has one layer of the grammar.
mod operator;
mod postfix;
mod primary;
mod query;
mod statement;

use super::ast::{Block, Expr};
use super::lexer::{self, Lexeme, Token, syntax_error};
use crate::error::{Error, Result};

/// How deep brackets and blocks may nest, and how high an expression's tree may be: deeper input
/// is an error, not a stack overflow.
pub const DEPTH: usize = 200;

/// Parses a whole script.
pub fn script(source: &str) -> Result<Block> {
    let mut parser = Parser::new(source)?;
    let mut block = Block::new();
    while !matches!(parser.peek(), Token::End) {
        parser.statement_into(&mut block)?;
    }
    Ok(block)
}

/// Parses one expression or query, as in parseExpr.
pub fn expression(source: &str) -> Result<Expr> {
    let mut parser = Parser::new(source)?;
    let expr = parser.expression()?;
    parser.accept(";");
    match parser.peek() {
        Token::End => Ok(expr),
        _ => Err(parser.unexpected()),
    }
}

struct Parser<'a> {
    source: &'a str,
    lexemes: Vec<Lexeme>,
    at: usize,
    depth: usize,
    /// The height of the expression parsed last.
    height: usize,
    /// The greatest height within the function being parsed.
    peak: usize,
    /// Inside brackets a new line does not end a statement.
    brackets: usize,
    /// In a query `=` compares; elsewhere it assigns.
    in_query: bool,
    /// Directly in `<...>` a `>` with nothing to its right ends the metacode.
    in_code: bool,
}

impl<'a> Parser<'a> {
    fn new(source: &'a str) -> Result<Self> {
        let lexemes = lexer::tokens(source)?;
        Ok(Parser {
            source,
            lexemes,
            at: 0,
            depth: 0,
            height: 0,
            peak: 0,
            brackets: 0,
            in_query: false,
            in_code: false,
        })
    }

    fn lexeme(&self) -> &Lexeme {
        &self.lexemes[self.at]
    }

    fn peek(&self) -> &Token {
        &self.lexeme().token
    }

    /// The text from the byte `start` to the end of the token read last.
    fn since(&self, start: usize) -> &'a str {
        let end = self.at.checked_sub(1).map_or(start, |last| self.lexemes[last].end);
        &self.source[start..end.max(start)]
    }

    fn peek_after(&self, steps: usize) -> &Lexeme {
        &self.lexemes[(self.at + steps).min(self.lexemes.len() - 1)]
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at = (self.at + 1).min(self.lexemes.len() - 1);
        token
    }

    fn is_mark(&self, mark: &str) -> bool {
        matches!(self.peek(), Token::Mark(own) if *own == mark)
    }

    fn accept(&mut self, mark: &str) -> bool {
        let found = self.is_mark(mark);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, mark: &str) -> Result<()> {
        if self.accept(mark) { Ok(()) } else { Err(self.unexpected_but(mark)) }
    }

    /// Whether the next token is this word; SQL's words may be in capitals.
    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Name(own) if own == word || (*own == word.to_uppercase() && self.in_query))
    }

    fn accept_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.next();
        }
        found
    }

    fn name(&mut self) -> Result<String> {
        match self.peek().clone() {
            Token::Name(name) | Token::Quoted(name) => {
                self.next();
                Ok(name)
            }
            _ => Err(self.unexpected_but("a name")),
        }
    }

    /// Whether the statement could end before the next token.
    fn at_line_end(&self) -> bool {
        self.brackets == 0 && self.lexeme().leads
    }

    fn unexpected(&self) -> Error {
        let seen = self.lexeme();
        let what = match &seen.token {
            Token::End => "The script ends too early.".to_owned(),
            _ => format!("'{}' is unexpected here.", &self.source[seen.start..seen.end]),
        };
        syntax_error(seen.line, what)
    }

    fn unexpected_but(&self, wanted: &str) -> Error {
        let seen = self.lexeme();
        let got = match seen.token {
            Token::End => "the end of the script",
            _ => &self.source[seen.start..seen.end],
        };
        syntax_error(seen.line, format_args!("Expected {wanted}, got {got}."))
    }

    /// Runs `parse` one level deeper.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth == DEPTH {
            return Err(syntax_error(self.lexeme().line, "The code is nested too deeply."));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// Runs `parse` inside brackets that are already open.
    fn bracketed<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let in_code = std::mem::replace(&mut self.in_code, false);
        // Restored, not counted down: a block inside that fails leaves its own count behind.
        let outside = self.brackets;
        self.brackets += 1;
        let parsed = self.nested(parse);
        self.brackets = outside;
        self.in_code = in_code;
        parsed
    }

    /// Notes the height of the tree just built.
    fn grow(&mut self, height: usize) -> Result<()> {
        self.height = height;
        self.peak = self.peak.max(height);
        if height > DEPTH {
            return Err(syntax_error(self.lexeme().line, "The expression has too many parts."));
        }
        Ok(())
    }
}
