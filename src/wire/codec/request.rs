//! Requests: one header line, then a body of the length it names (wire-protocol §2).
use std::io::Read;

use super::Gather;
use super::reader::{Reader, broken};
use crate::error::{Error, Kind, Result};
use crate::model::Secret;

/// The options of a connect: an API client (32), cancellable, priority 4, parallelism 2.
pub const CONNECT: &str = "32_1_4_2";
/// The options of every later request: as above with parallelism 64, no job id, no fetch size.
pub const CALL: &str = "32_1_4_64__0";
/// As [`CONNECT`], from a client that takes and sends compressed columns (64).
pub const CONNECT_PACKED: &str = "96_1_4_2";
/// As [`CALL`], with compressed columns.
pub const CALL_PACKED: &str = "96_1_4_64__0";

const HEADER_LIMIT: usize = 1 << 10;
const BODY_LIMIT: usize = 64 << 20;

/// The first word of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `API`, used for connecting.
    Api,
    /// `API2`, which says that the client takes printed messages.
    Api2,
}

/// One request, without its argument objects.
#[derive(Clone, Debug)]
pub struct Request {
    /// The first word.
    pub dialect: Dialect,
    /// The server's name for this connection, `0` before it gave one.
    pub session: String,
    /// What follows the slash, if anything does.
    pub options: Option<String>,
    /// What is asked.
    pub body: Body,
}

/// What a request asks.
#[derive(Clone, Debug)]
pub enum Body {
    /// Open a session, with or without logging in.
    Connect(Option<Login>),
    /// Run a script.
    Script(String),
    /// Call a function with argument objects that follow.
    Function {
        /// Script text that evaluates to a function, such as `tableInsert{t}`.
        name: String,
        /// How many objects follow.
        arguments: usize,
    },
    /// Define variables of the session from objects that follow, one for each name.
    Variable(Vec<String>),
}

/// The login within a connect.
#[derive(Clone, Debug)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// The password, which travels as it is.
    pub password: Secret,
}

impl Request {
    /// Adds header and body to `out`.
    ///
    /// # Errors
    /// `Argument` when a text holds a character that the protocol cannot carry.
    pub fn encode(&self, out: &mut Gather<'_>) -> Result<()> {
        let body = self.body.encode()?;
        let word = match self.dialect {
            Dialect::Api => "API",
            Dialect::Api2 => "API2",
        };
        let mut header = format!("{word} {} {}", self.session, body.len());
        if let Some(options) = &self.options {
            header += &format!(" / {options}");
        }
        out.put(header.as_bytes());
        out.put(b"\n");
        out.put(body.as_bytes());
        Ok(())
    }

    /// Reads header and body, as any vendor client writes them.
    ///
    /// # Errors
    /// `Protocol` for what is not a request or not little-endian, `Network` when the line breaks.
    pub fn decode(reader: &mut Reader<impl Read>) -> Result<Request> {
        let header = reader.line(HEADER_LIMIT)?;
        let (head, options) = match header.split_once(" / ") {
            Some((head, options)) => (head, Some(options.to_string())),
            None => (header.as_str(), None),
        };
        let [word, session, len] = head.split(' ').collect::<Vec<_>>()[..] else {
            return Err(broken("a request does not start with three words"));
        };
        let dialect = match word {
            "API" => Dialect::Api,
            "API2" => Dialect::Api2,
            _ => return Err(broken("a request does not start with API or API2")),
        };
        let len = len.parse().ok().filter(|len| *len <= BODY_LIMIT);
        let len = len.ok_or_else(|| broken("a request's length is not usable"))?;
        let body = String::from_utf8(reader.bytes(len)?);
        let body = body.map_err(|_| broken("a request's text is not UTF-8"))?;
        Ok(Request { dialect, session: session.into(), options, body: Body::decode(&body)? })
    }
}

impl Body {
    fn encode(&self) -> Result<String> {
        match self {
            Body::Connect(None) => Ok("connect\n".into()),
            Body::Connect(Some(login)) => {
                let user = on_one_line("user name", &login.user)?;
                let password = on_one_line("password", login.password.reveal())?;
                Ok(format!("connect\nlogin\n{user}\n{password}\nfalse"))
            }
            Body::Script(source) => Ok(format!("script\n{}", without_nul(source)?)),
            Body::Function { name, arguments } => {
                Ok(format!("function\n{}\n{arguments}\n1", on_one_line("function", name)?))
            }
            Body::Variable(names) => {
                let list = names.join(",");
                Ok(format!("variable\n{}\n{}\n1", on_one_line("list of names", &list)?, names.len()))
            }
        }
    }

    /// Some clients end a body with a line break and count it, others do not.
    fn decode(body: &str) -> Result<Body> {
        let (kind, rest) = body.split_once('\n').ok_or_else(|| broken("a request has no kind"))?;
        match kind {
            "connect" => Login::decode(rest).map(Body::Connect),
            "script" => Ok(Body::Script(rest.into())),
            "function" => {
                let (name, arguments) = counted(rest)?;
                Ok(Body::Function { name: name.into(), arguments })
            }
            "variable" => {
                let (names, count) = counted(rest)?;
                let names: Vec<String> = names.split(',').map(str::to_string).collect();
                match names.len() == count {
                    true => Ok(Body::Variable(names)),
                    false => Err(broken("a request has more or fewer names than objects")),
                }
            }
            _ => Err(broken("a request is of no known kind")),
        }
    }
}

impl Login {
    fn decode(rest: &str) -> Result<Option<Login>> {
        match rest.strip_suffix('\n').unwrap_or(rest).split('\n').collect::<Vec<_>>()[..] {
            [""] => Ok(None),
            ["login", user, password] | ["login", user, password, "false"] => {
                Ok(Some(Login { user: user.into(), password: Secret::new(password) }))
            }
            _ => Err(broken("a connect request carries something other than a login")),
        }
    }
}

/// A text, a count and the byte order, each on a line; the text may have line breaks of its own.
fn counted(rest: &str) -> Result<(&str, usize)> {
    let incomplete = || broken("a request lacks its count or byte order");
    let rest = rest.strip_suffix('\n').unwrap_or(rest);
    let (rest, order) = rest.rsplit_once('\n').ok_or_else(incomplete)?;
    let (text, count) = rest.rsplit_once('\n').ok_or_else(incomplete)?;
    match order {
        "1" => Ok((text, count.parse().map_err(|_| incomplete())?)),
        _ => Err(broken("a request is not little-endian")),
    }
}

fn on_one_line<'a>(what: &str, text: &'a str) -> Result<&'a str> {
    match text.contains(['\n', '\0']) {
        true => Err(Error::new(Kind::Argument, format!("the {what} holds a line break or a NUL character"))),
        false => Ok(text),
    }
}

fn without_nul(text: &str) -> Result<&str> {
    match text.contains('\0') {
        true => Err(Error::new(Kind::Argument, "the script holds a NUL character")),
        false => Ok(text),
    }
}
