//! Where a node is reached: `host:port:alias`, as in a server's `localSite`.
use std::str::FromStr;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    pub host: String,
    /// 0 before a free port was chosen.
    pub port: u16,
    pub alias: String,
}

impl FromStr for Site {
    type Err = String;

    fn from_str(text: &str) -> Result<Site, String> {
        let wrong = || format!("a site is HOST:PORT:ALIAS, not '{text}'");
        let mut parts = text.split(':');
        let (Some(host), Some(port), Some(alias), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong());
        };
        if host.is_empty() || alias.is_empty() {
            return Err(wrong());
        }
        let port = port.parse().map_err(|_| wrong())?;
        Ok(Site { host: host.into(), port, alias: alias.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_has_three_parts() {
        let site: Site = "127.0.0.1:8848:local8848".parse().unwrap();
        assert_eq!(site, Site { host: "127.0.0.1".into(), port: 8848, alias: "local8848".into() });
        for wrong in ["", "h", "h:1", "h:1:", ":1:a", "h:x:a", "h:70000:a", "h:1:a:b"] {
            assert!(wrong.parse::<Site>().is_err(), "{wrong}");
        }
    }
}
