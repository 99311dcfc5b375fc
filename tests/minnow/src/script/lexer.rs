//! Text into tokens.
use super::literal;
use crate::error::{Error, Result};
use crate::value::{Type, Value, Vector};

#[derive(Clone, Debug)]
pub enum Token {
    /// A literal: number, text, temporal value, `` `a`b``.
    Constant(Value),
    Name(String),
    /// A name written `_"like this"`, which is never a word of the language.
    Quoted(String),
    /// Operators and brackets.
    Mark(&'static str),
    End,
}

/// A token and where it stands.
#[derive(Clone, Debug)]
pub struct Lexeme {
    pub token: Token,
    pub line: usize,
    /// Where it starts and ends in the text, in bytes.
    pub start: usize,
    pub end: usize,
    /// Whether white space or a comment precedes it.
    pub spaced: bool,
    /// Whether it is the first of its line.
    pub leads: bool,
}

/// Longest first, so that `<=` is not read as `<`.
const MARKS: &[&str] = &[
    "..", "::", "->", "==", "!=", "<>", "<=", ">=", "&&", "||", "+=", "-=", "*=", "/=", "+", "-", "*", "/",
    "\\", "%", "=", "<", ">", "!", "(", ")", "[", "]", "{", "}", ",", ";", ":", ".", "$",
];

/// The tokens of `source`, the last of which is `End`.
pub fn tokens(source: &str) -> Result<Vec<Lexeme>> {
    let mut lexer = Lexer { source, at: 0, line: 1 };
    let mut lexemes: Vec<Lexeme> = Vec::new();
    loop {
        let (before, line) = (lexer.at, lexer.line);
        lexer.skip_blank()?;
        let leads = lexemes.is_empty() || lexer.line > line;
        let (start, line) = (lexer.at, lexer.line);
        let token = lexer.token()?;
        let done = matches!(token, Token::End);
        lexemes.push(Lexeme { token, line, start, end: lexer.at, spaced: start > before, leads });
        if done {
            return Ok(lexemes);
        }
    }
}

/// The sentence of every syntax error. A server's own words differ from case to case `[U]`.
pub fn syntax_error(line: usize, what: impl std::fmt::Display) -> Error {
    Error::syntax(format!("Syntax Error: [line #{line}] {what}"))
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    line: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn advance(&mut self, bytes: usize) -> &'a str {
        let taken = &self.rest()[..bytes];
        self.line += taken.bytes().filter(|byte| *byte == b'\n').count();
        self.at += bytes;
        taken
    }

    fn skip_blank(&mut self) -> Result<()> {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start().len();
            if blank > 0 {
                self.advance(blank);
            } else if rest.starts_with("//") {
                self.advance(rest.find('\n').unwrap_or(rest.len()));
            } else if rest.starts_with("/*") {
                let end = rest.find("*/").ok_or_else(|| syntax_error(self.line, "A comment has no end."))?;
                self.advance(end + 2);
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<Token> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(Token::End) };
        let digit_follows = rest[first.len_utf8()..].starts_with(|c: char| c.is_ascii_digit());
        match first {
            '"' | '\'' => Ok(Token::Constant(Value::string(&self.quoted(first)?))),
            '`' => Ok(Token::Constant(self.symbols())),
            '_' if rest[1..].starts_with('"') => {
                self.advance(1);
                Ok(Token::Quoted(self.quoted('"')?))
            }
            '0'..='9' => self.number(),
            '.' if digit_follows => self.number(),
            _ if first == '_' || first.is_alphabetic() => Ok(Token::Name(self.name().to_owned())),
            _ => self.mark(first),
        }
    }

    fn mark(&mut self, first: char) -> Result<Token> {
        let mark = MARKS.iter().find(|mark| self.rest().starts_with(**mark));
        let mark = mark
            .ok_or_else(|| syntax_error(self.line, format_args!("The character {first:?} is unexpected.")))?;
        self.advance(mark.len());
        Ok(Token::Mark(mark))
    }

    fn number(&mut self) -> Result<Token> {
        let (value, length) = literal::number(self.rest()).map_err(|what| syntax_error(self.line, what))?;
        self.advance(length);
        Ok(Token::Constant(value))
    }

    /// A name; functions that change their argument end in `!`.
    fn name(&mut self) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
        let tail = &rest[length..];
        let bang = tail.starts_with('!') && !tail.starts_with("!=");
        self.advance(length + usize::from(bang))
    }

    fn quoted(&mut self, quote: char) -> Result<String> {
        let line = self.line;
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, 'r')) => text.push('\r'),
                    Some((_, escaped)) => text.push(escaped),
                    None => break,
                },
                _ if c == quote => {
                    self.advance(at + 1);
                    return Ok(text);
                }
                _ => text.push(c),
            }
        }
        Err(syntax_error(line, "A string has no end."))
    }

    fn symbols(&mut self) -> Value {
        let mut texts = Vec::new();
        while self.rest().starts_with('`') {
            self.advance(1);
            let rest = self.rest();
            let length = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
            texts.push(self.advance(length));
        }
        match texts.as_slice() {
            [text] => Value::string(text),
            _ => Value::Vector(Vector::strings(Type::String, texts).into()),
        }
    }
}
