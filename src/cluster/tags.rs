//! What the tags in a server's error text mean for the caller.
use crate::error::{Error, Kind};

/// The one list of tags. A tag counts wherever it stands: an error inside `mr` carries the tag of
/// its first failed call in the middle (dolphindb-semantics §4.2).
const TAGS: &[(&str, Kind)] = &[
    ("<ChunkInTransaction>", Kind::Busy),
    ("S00002", Kind::Busy),
    ("<DataNodeNotAvail>", Kind::Busy),
    ("<DataNodeNotReady>", Kind::Busy),
    ("<ControllerNotReady>", Kind::Busy),
    ("<ControllerNotAvail>", Kind::Busy),
    ("DFS is not enabled", Kind::Busy),
    ("<NotLeader>", Kind::Network),
    ("<NoPrivilege>", Kind::Login),
    ("<NotAuthenticated>", Kind::Login),
];

/// The kind of a server error with this text; `Server` when no tag says more.
pub fn classify(text: &str) -> Kind {
    let tagged = TAGS.iter().find(|(tag, _)| text.contains(tag));
    tagged.map_or(Kind::Server, |(_, kind)| *kind)
}

/// Who leads instead, according to an error that says `<NotLeader>host:port:alias`
/// (wire-protocol §3).
pub fn leader(text: &str) -> Option<(&str, u16)> {
    let (_, site) = text.split_once("<NotLeader>")?;
    let (host, rest) = site.split_once(':')?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).map_or(rest, |end| &rest[..end]);
    let fits = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    digits.parse().ok().filter(|_| fits).map(|port| (host, port))
}

/// A server's error `text`, told by `message`, with what to do about its kind.
pub fn server_error(text: &str, message: impl Into<String>) -> Error {
    let kind = classify(text);
    Error::new(kind, message).advise(match kind {
        Kind::Busy => "run again when the server is through with what it is doing there",
        Kind::Network => "name the leader among the sites, or run again when the servers have settled",
        Kind::Login => "log in as, or ask an administrator to make, a user who may do this",
        _ => "remove the cause that the server names, or look into its log",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_of_a_server_says_what_to_do() {
        for text in
            ["<ChunkInTransaction>locked", "<NotLeader>B", "<NoPrivilege>no", "No space left on device"]
        {
            let error = server_error(text, format!("B answered: {text}"));
            assert_eq!(error.kind(), classify(text));
            assert!(error.to_string().starts_with(&format!("B answered: {text}; ")), "{error}");
        }
    }

    #[test]
    fn who_leads_is_named_by_who_does_not() {
        assert_eq!(leader("B answered: <NotLeader>10.0.0.3:8848:A"), Some(("10.0.0.3", 8848)));
        assert_eq!(leader("<NotLeader>db-2.example:8900"), Some(("db-2.example", 8900)));
        for text in
            ["<NotLeader>", "<NotLeader>B", "<NotLeader>h:x", "<NotLeader>a b:1", "h:1", "<NotLeader>h:70000"]
        {
            assert_eq!(leader(text), None, "{text}");
        }
    }

    #[test]
    fn a_tag_counts_wherever_it_stands() {
        let new = "<ChunkInTransaction>The openChunks operation failed because the chunk '/db/1' is locked";
        let old = "filepath '/db/1' has been owned by transaction 8 RefId: S00002";
        let nested =
            "1 map call(s) failed. The error message for the first failed call is: <DataNodeNotAvail>";
        for text in [new, old, nested, "DFS is not enabled"] {
            assert_eq!(classify(text), Kind::Busy, "{text}");
        }
        assert_eq!(classify("<NotLeader>10.0.0.3:8848:A"), Kind::Network);
        assert_eq!(classify("<NoPrivilege>Not granted to write table"), Kind::Login);
        assert_eq!(classify("<NotAuthenticated>Not granted to read"), Kind::Login);
        assert_eq!(classify("Syntax Error: [line #1] Cannot recognize the token foo"), Kind::Server);
    }
}
