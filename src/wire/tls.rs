//! TLS: whom to believe, and the handshake.
use std::io::{self, IoSlice, Read, Write};
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::Endpoint;
use super::codec::lost;
use super::stream::Stream;
use crate::error::{Error, Kind, Result};

/// Whose certificates are believed.
#[derive(Clone)]
pub struct Tls(Arc<ClientConfig>);

impl Tls {
    /// Those signed by an authority in `authorities`, certificates as PEM text; without any, by one
    /// that this machine believes.
    ///
    /// # Errors
    /// `Argument` for a text that holds no certificate, `State` when the machine believes nobody.
    pub fn new(authorities: Option<&str>) -> Result<Tls> {
        let roots = match authorities {
            Some(text) => listed(text)?,
            None => system()?,
        };
        let config = ClientConfig::builder_with_provider(default_provider().into())
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::new(Kind::Bug, format!("TLS cannot be set up ({error})")))?;
        Ok(Tls(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
    }

    /// Shakes hands over `stream`.
    pub(super) fn wrap(&self, endpoint: &Endpoint, mut stream: Stream) -> Result<Line> {
        let name = ServerName::try_from(endpoint.host.clone()).map_err(|error| {
            Error::new(Kind::Argument, format!("the host `{}` cannot be in a certificate", endpoint.host))
                .advise("use a host name or an address")
                .caused_by(error)
        })?;
        let setup = |error| Error::new(Kind::Bug, format!("TLS cannot be set up ({error})"));
        let mut connection = ClientConnection::new(self.0.clone(), name).map_err(setup)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream).map_err(|error| refused(endpoint, error))?;
        }
        Ok(Line::Tls(Box::new(StreamOwned::new(connection, stream))))
    }
}

fn listed(text: &str) -> Result<RootCertStore> {
    let wrong = |why: &dyn std::fmt::Display| {
        Error::new(Kind::Argument, format!("`ca` holds no usable certificate ({why})"))
            .advise("give certificates in PEM form, with their BEGIN and END lines")
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
        let certificate = certificate.map_err(|error| wrong(&error))?;
        roots.add(certificate).map_err(|error| wrong(&error))?;
    }
    if roots.is_empty() { Err(wrong(&"there is none in it")) } else { Ok(roots) }
}

fn system() -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    // Files that cannot be read matter only when nothing is left.
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    match roots.is_empty() {
        true => Err(Error::new(Kind::State, "this machine believes no authority for certificates")
            .advise("give the certificate of your own as `ca`")),
        false => Ok(roots),
    }
}

/// A failed handshake. Trying again would not help, another site might.
fn refused(endpoint: &Endpoint, error: io::Error) -> Error {
    let label = endpoint.label();
    let known = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let (message, advice) = match known {
        Some(rustls::Error::InvalidCertificate(why)) => unbelieved(&label, &endpoint.host, why),
        Some(rustls::Error::InvalidMessage(_)) => (
            format!("{label} does not speak TLS"),
            "leave `tls` out, or switch HTTPS on in that server".to_owned(),
        ),
        Some(other) => (format!("{label} and this node agree on no TLS ({other})"), CERTIFICATE.to_owned()),
        None if error.kind() == io::ErrorKind::TimedOut => return lost(error).context(label),
        None => (
            format!("{label} broke the handshake of TLS off ({error})"),
            "check that HTTPS is switched on in that server".to_owned(),
        ),
    };
    Error::new(Kind::Protocol, message).advise(advice).caused_by(error)
}

const CERTIFICATE: &str = "look at the server's certificate";

fn unbelieved(label: &str, host: &str, why: &CertificateError) -> (String, String) {
    use CertificateError::*;
    match why {
        NotValidForName | NotValidForNameContext { .. } => (
            format!("the certificate of {label} is that of another host, not of `{host}`"),
            "name the site as its certificate does, or find out who answers there".to_owned(),
        ),
        UnknownIssuer | BadSignature => (
            format!("the certificate of {label} is signed by nobody whom this node believes"),
            "give the certificate of your own authority as `ca`".to_owned(),
        ),
        Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. } => (
            format!("the certificate of {label} is not valid today"),
            "renew it, or set the clock of this node".to_owned(),
        ),
        other => (format!("the certificate of {label} cannot be believed ({other})"), CERTIFICATE.to_owned()),
    }
}

/// What carries a connection.
pub enum Line {
    /// Bytes as they are.
    Plain(Stream),
    /// Encrypted ones.
    Tls(Box<StreamOwned<ClientConnection, Stream>>),
}

impl Line {
    /// The socket below.
    pub fn stream(&mut self) -> &mut Stream {
        match self {
            Line::Plain(stream) => stream,
            Line::Tls(tls) => tls.get_mut(),
        }
    }
}

impl Read for Line {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Line::Plain(stream) => stream.read(into),
            Line::Tls(tls) => tls.read(into),
        }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Line::Plain(stream) => stream.write(bytes),
            Line::Tls(tls) => tls.write(bytes),
        }
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Line::Plain(stream) => stream.write_vectored(slices),
            Line::Tls(tls) => tls.write_vectored(slices),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Line::Plain(stream) => stream.flush(),
            Line::Tls(tls) => tls.flush(),
        }
    }
}
