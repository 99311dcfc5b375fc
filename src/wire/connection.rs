//! A logged-in line to one server: one request at a time, and no second chance for a broken line.
use super::codec::{
    self, Body, CALL, CALL_PACKED, CONNECT, CONNECT_PACKED, Dialect, Gather, Login, Reader, Request, lost,
};
use super::dial::dial;
use super::login;
use super::stream::Stream;
use super::tls::Line as Carrier;
use super::{Compress, Endpoint};
use crate::cluster::tags::{self, classify};
use crate::data::Datum;
use crate::error::{Error, Kind, Result};

/// What receives the lines that the server prints.
pub type OnMessage = Box<dyn FnMut(&str) + Send>;

/// A server's answer: a value, or its error line.
pub type Answer = std::result::Result<Datum, String>;

/// A connection. After any failure other than a server's error line nobody knows where the next
/// reply starts, so the line is closed and every later call says why.
pub struct Connection {
    label: String,
    session: String,
    line: Line,
    /// Whether the server may compress what it sends.
    pub packs: bool,
    /// Gets what the server prints.
    pub on_message: OnMessage,
}

enum Line {
    Open(Reader<Carrier>),
    Closed(String),
}

impl Connection {
    /// Connects and logs in; without a user name the connection stays anonymous.
    pub fn open(endpoint: &Endpoint) -> Result<Connection> {
        let (tcp, label) = (dial(endpoint)?, endpoint.label());
        let terms = &endpoint.terms;
        let stream = Stream::new(tcp, endpoint.connect_timeout, terms.control.clone());
        let stream = stream.map_err(|error| lost(error).context(&label))?;
        let carrier = match &terms.tls {
            Some(tls) => tls.wrap(endpoint, stream)?,
            None => Carrier::Plain(stream),
        };
        let packs = matches!(terms.compress, Compress::Lz4 | Compress::Delta);
        let line = Line::Open(Reader::new(carrier));
        let on_message: OnMessage = Box::new(|_| {});
        let mut connection = Connection { label, session: "0".into(), line, packs, on_message };
        let strange =
            |error: Error| error.advise("check that host and port belong to a DolphinDB server that is up");
        connection.log_in(endpoint).map_err(strange)?;
        connection
            .on_line(|reader| reader.source_mut().stream().set_stall(endpoint.io_timeout).map_err(lost))?;
        Ok(connection)
    }

    /// The server as messages name it.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// A message that starts with the header and body of a request; argument objects are added to
    /// it.
    pub fn request<'a>(&self, body: Body) -> Result<Gather<'a>> {
        let (dialect, options) = match body {
            Body::Connect(_) if self.packs => (Dialect::Api, CONNECT_PACKED),
            Body::Connect(_) => (Dialect::Api, CONNECT),
            _ if self.packs => (Dialect::Api2, CALL_PACKED),
            _ => (Dialect::Api2, CALL),
        };
        let mut message = Gather::default();
        let request = Request { dialect, session: self.session.clone(), options: Some(options.into()), body };
        request.encode(&mut message)?;
        Ok(message)
    }

    /// Sends a request. When this fails the server has not got all of it.
    pub fn send(&mut self, message: &Gather<'_>) -> Result<()> {
        self.on_line(|reader| match reader.has_surplus() {
            true => Err(Error::new(Kind::Protocol, "the server sent more than was asked for")),
            false => {
                reader.source_mut().stream().begin();
                message.write_to(reader.source_mut()).map_err(lost)
            }
        })
    }

    /// The answer to what was sent.
    pub fn receive(&mut self) -> Result<Answer> {
        let mut printed = std::mem::replace(&mut self.on_message, Box::new(|_| {}));
        let answer = self.on_line(|reader| {
            reader.source_mut().stream().begin();
            let reply = codec::read_reply(reader, &mut *printed)?;
            match reply.outcome {
                Ok(true) => codec::decode(reader).map(|datum| (reply.session, Ok(datum))),
                Ok(false) => Ok((reply.session, Ok(Datum::Void))),
                Err(text) => Ok((reply.session, Err(text))),
            }
        });
        self.on_message = printed;
        let (session, answer) = answer?;
        self.session = session;
        Ok(answer)
    }

    /// The answer of the function `name`.
    pub fn call(&mut self, name: &str, arguments: &[Datum]) -> Result<Answer> {
        let mut message = self.request(Body::Function { name: name.into(), arguments: arguments.len() })?;
        arguments.iter().try_for_each(|argument| codec::encode(argument, &mut message))?;
        self.send(&message)?;
        self.receive()
    }

    /// A server's error line as an error.
    pub fn server_error(&self, text: &str) -> Error {
        tags::server_error(text, format!("{} answered: {}", self.label, text.trim_end_matches('.')))
    }

    /// A password goes into the connect where nobody can read it, or where that is allowed; else
    /// the session begins as a guest's and logs in afterwards.
    fn log_in(&mut self, endpoint: &Endpoint) -> Result<()> {
        let Endpoint { user, password, terms, .. } = endpoint;
        let open = terms.tls.is_some() || terms.plain_login;
        let login =
            (!user.is_empty() && open).then(|| Login { user: user.clone(), password: password.clone() });
        let sealed = !user.is_empty() && !open;
        let request = self.request(Body::Connect(login)).map_err(|error| {
            error.context(&self.label).advise("use a user name and a password of one line")
        })?;
        self.send(&request)?;
        let answer = match self.receive()? {
            // Some servers answer with a BOOL; false is a refusal (wire-protocol §3).
            Ok(answer) if answer.as_i64() == Some(0) => Err("the login failed".to_owned()),
            Ok(_) if sealed => login::seal(self, user, password)?,
            Ok(_) => Ok(()),
            Err(text) => Err(text),
        };
        answer.map_err(|text| self.refused(endpoint, &text))
    }

    /// Whatever the server says about a login, it must not repeat the password to our users.
    fn refused(&self, endpoint: &Endpoint, text: &str) -> Error {
        let text = match endpoint.password.reveal() {
            "" => text.to_string(),
            password => text.replace(password, "***"),
        };
        match classify(&text) {
            Kind::Server | Kind::Login if !endpoint.user.is_empty() => {
                let text = text.trim_end_matches('.');
                let message = format!("{} refused the user `{}`: {text}", self.label, endpoint.user);
                Error::new(Kind::Login, message).advise("check userId and password")
            }
            _ => self.server_error(&text),
        }
    }

    fn on_line<T>(&mut self, work: impl FnOnce(&mut Reader<Carrier>) -> Result<T>) -> Result<T> {
        let result = match &mut self.line {
            Line::Open(reader) => work(reader),
            Line::Closed(reason) => {
                let message = format!("the connection was given up earlier ({reason})");
                Err(Error::new(Kind::Network, message).advise("connect again"))
            }
        };
        result.map_err(|error| {
            if let Line::Open(_) = self.line {
                self.line = Line::Closed(error.message().into());
            }
            error.context(&self.label)
        })
    }
}
