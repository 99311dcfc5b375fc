//! The argument `remote`: where the other cluster is and who logs in, by name or as a dictionary.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::names::secret_members;
use super::security::{self, terms};
use crate::cluster::{Cluster, Host, tags};
use crate::data::{Batch, Datum};
use crate::error::{Error, Kind, Result};
use crate::model::{Secret, TableName};
use crate::peers::{Peer, Peers, Site};
use crate::plugin::call::caller;
use crate::wire::{Compress, Control, Endpoint, Remote, Terms};

const KNOWN: &[&str] = &["host", "port", "userId", "password", "tls", "ca", "plainLogin"];

/// Connecting is quick or hopeless, however patient the user is with a busy server.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);

/// The sites of one remote cluster.
pub(in crate::plugin) struct Sites {
    /// What messages call the cluster.
    pub(in crate::plugin) label: String,
    pub(in crate::plugin) endpoints: Vec<Endpoint>,
    /// The site to begin with.
    good: Arc<AtomicUsize>,
}

impl Sites {
    fn new(label: String, endpoints: Vec<Endpoint>) -> Self {
        Sites { label, endpoints, good: Arc::default() }
    }

    /// The same sites, with less patience.
    pub(in crate::plugin) fn hasty(&self, patience: Duration) -> Sites {
        let hasty = |endpoint: &Endpoint| Endpoint {
            connect_timeout: endpoint.connect_timeout.min(patience),
            io_timeout: endpoint.io_timeout.min(patience),
            // What must not be late must neither wait for its turn nor be cancelled.
            terms: Terms { control: Arc::default(), compress: Compress::None, ..endpoint.terms.clone() },
            ..endpoint.clone()
        };
        Sites::new(self.label.clone(), self.endpoints.iter().map(hasty).collect())
    }

    /// The same sites, whose connections compress and are held back as the call says.
    pub(in crate::plugin) fn held(self, compress: Compress, control: &Arc<Control>) -> Sites {
        let held = |endpoint: Endpoint| {
            let terms = Terms { compress, control: control.clone(), ..endpoint.terms };
            Endpoint { terms, ..endpoint }
        };
        Sites::new(self.label, self.endpoints.into_iter().map(held).collect())
    }

    /// A connection to the first site that can be had, in their order, beginning with the one that
    /// answered last or was named as the leader: a dead one before it is waited for once, not by every
    /// lane. A user whom one site refuses is not tried at the next: servers lock users out after a few
    /// failures.
    pub(in crate::plugin) fn connect(&self) -> Result<Led> {
        let mut failures = Vec::new();
        let first = self.good.load(Ordering::Relaxed);
        for step in 0..self.endpoints.len() {
            let index = (first + step) % self.endpoints.len();
            match Remote::connect(&self.endpoints[index]) {
                Ok(remote) => {
                    self.good.store(index, Ordering::Relaxed);
                    return Ok(self.led(remote));
                }
                Err(error) if self.endpoints.len() > 1 && elsewhere(error.kind()) => failures.push(error),
                Err(error) => return Err(error),
            }
        }
        Err(self.unreachable(&failures))
    }

    fn led(&self, remote: Remote) -> Led {
        Led { remote, endpoints: self.endpoints.clone(), good: self.good.clone() }
    }

    fn unreachable(&self, failures: &[Error]) -> Error {
        let reasons: Vec<&str> = failures.iter().map(Error::message).collect();
        let message = format!("no site of {} can be used: {}", self.label, reasons.join(", and "));
        Error::new(Kind::Network, message).advise("look at each with clusterSync::testCluster")
    }
}

/// A connection that remembers who leads, for the next one.
pub(in crate::plugin) struct Led {
    remote: Remote,
    endpoints: Vec<Endpoint>,
    good: Arc<AtomicUsize>,
}

impl Led {
    /// Does the work; when the server says that another one leads, once more there: whoever does not
    /// lead has changed nothing. Only sites that the user named are followed: nobody else gets the
    /// password.
    fn led<T>(&mut self, mut work: impl FnMut(&mut Remote) -> Result<T>) -> Result<T> {
        let outcome = work(&mut self.remote);
        let Some(leader) = self.leader(&outcome) else { return outcome };
        self.good.store(leader, Ordering::Relaxed);
        self.remote = Remote::connect(&self.endpoints[leader])?;
        work(&mut self.remote)
    }

    /// The site that an error names as the leader.
    fn leader<T>(&self, outcome: &Result<T>) -> Option<usize> {
        let (host, port) = tags::leader(outcome.as_ref().err()?.message())?;
        self.endpoints.iter().position(|own| own.host == host && own.port == port)
    }
}

impl Cluster for Led {
    fn label(&self) -> &str {
        self.remote.label()
    }

    fn query(&mut self, script: &str) -> Result<Datum> {
        self.led(|remote| remote.query(script))
    }

    fn append(&mut self, table: &TableName, rows: &Batch) -> Result<u64> {
        self.led(|remote| remote.append(table, rows))
    }

    fn upsert(&mut self, table: &TableName, rows: &Batch, keys: &[String]) -> Result<()> {
        self.led(|remote| remote.upsert(table, rows, keys))
    }

    fn call_function(&mut self, name: &str, arguments: &[Datum]) -> Result<Datum> {
        self.led(|remote| remote.call_function(name, arguments))
    }
}

/// Whether another site may do what this one cannot.
fn elsewhere(kind: Kind) -> bool {
    matches!(kind, Kind::Network | Kind::Silent | Kind::Protocol | Kind::Busy)
}

/// The sites that `remote` means. No message repeats a value of a dictionary.
pub(in crate::plugin) fn resolve(host: &mut dyn Host, remote: &Datum, timeout: Duration) -> Result<Sites> {
    match (remote, remote.as_str()) {
        (_, Some(name)) => {
            caller::user(host)?;
            let (peer, password) = Peers::under(&caller::home(host)?).find(name)?;
            named(&peer, &password, timeout)
        }
        (Datum::Dict(_), _) => {
            let endpoint = endpoint(host, remote, timeout)?;
            Ok(Sites::new(endpoint.label(), vec![endpoint]))
        }
        (Datum::Vector(_) | Datum::Tuple(_), _) => {
            Err(Error::new(Kind::Argument, "remote must be a single cluster here")
                .advise("several are for clusterSync::syncOnline, planSync and verify"))
        }
        _ => Err(Error::new(Kind::Argument, "remote must be a dictionary or a cluster's name")
            .advise("give a name that clusterSync::getClusters shows, or host, port, userId and password")),
    }
}

fn named(peer: &Peer, password: &Secret, timeout: Duration) -> Result<Sites> {
    let terms = terms(&peer.security)?;
    let endpoint = |site: &Site| Endpoint {
        host: site.host.clone(),
        port: site.port,
        user: peer.user.clone(),
        password: password.clone(),
        connect_timeout: timeout.min(LONGEST_CONNECT),
        io_timeout: timeout,
        terms: terms.clone(),
    };
    Ok(Sites::new(format!("cluster `{}`", peer.name), peer.sites.iter().map(endpoint).collect()))
}

/// The endpoint that a dictionary describes.
pub(in crate::plugin) fn endpoint(
    host: &mut dyn Host,
    remote: &Datum,
    timeout: Duration,
) -> Result<Endpoint> {
    let given = secret_members("remote", remote, KNOWN)?;
    let terms = terms(&security::of(host, "remote", &given)?)?;
    let member = |name: &str| {
        let value = given.iter().find(|(own, _)| *own == name).map(|(_, value)| *value);
        value.ok_or_else(|| wrong(name, "is missing"))
    };
    let text = |name: &str| {
        let value = member(name)?.as_str().map(str::to_owned);
        value.ok_or_else(|| wrong(name, "must be a string"))
    };
    let site = text("host")?.trim().to_owned();
    if site.is_empty() {
        return Err(wrong("host", "must not be empty"));
    }
    Ok(Endpoint {
        host: site,
        port: port(member("port")?)?,
        user: text("userId")?,
        password: Secret::new(text("password")?),
        connect_timeout: timeout.min(LONGEST_CONNECT),
        io_timeout: timeout,
        terms,
    })
}

/// The port, as a number or, in a dictionary of strings, as its digits.
fn port(value: &Datum) -> Result<u16> {
    let number = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
    let port = number.and_then(|number| u16::try_from(number).ok()).filter(|port| *port > 0);
    port.ok_or_else(|| wrong("port", "must be a whole number from 1 to 65535"))
}

fn wrong(name: &str, how: &str) -> Error {
    Error::new(Kind::Argument, format!("`{name}` in remote {how}"))
        .advise("give remote as a dictionary of host, port, userId and password")
}
