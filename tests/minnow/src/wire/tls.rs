//! The certificate with which a node answers over TLS.
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::{Error, Result};
use crate::node::Node;

/// What a node that was started with `--enable-https` has in `keys` below its home: `server.crt`,
/// as the manual's page on secure communication says, and `server.key` [U].
pub fn configure(node: &Node) -> Result<Option<Arc<ServerConfig>>> {
    if !node.switches.enable_https {
        return Ok(None);
    }
    let keys = node.home.join("keys");
    let wrong = |file: &Path, why: &dyn std::fmt::Display| {
        Error::runtime(format!("{} cannot be used: {why}", file.display()))
    };
    let (certificate, key) = (keys.join("server.crt"), keys.join("server.key"));
    let chain: Vec<_> = CertificateDer::pem_file_iter(&certificate)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(&certificate, &error))?;
    let secret = PrivateKeyDer::from_pem_file(&key).map_err(|error| wrong(&key, &error))?;
    let config = ServerConfig::builder_with_provider(default_provider().into())
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret))
        .map_err(|error| wrong(&certificate, &error))?;
    Ok(Some(Arc::new(config)))
}
