//! How far the clock of another node is from this one's.
use super::Finding;
use crate::cluster::{Cluster, Host};
use crate::error::{Error, Kind, Result};
use crate::plugin::call::caller;

/// Milliseconds up to which two clocks are the same for what leases and windows need.
const CLOSE: i64 = 2_000;
/// Time zones differ by whole quarters of an hour.
const QUARTER: i64 = 15 * 60 * 1_000;

/// Asks both, the other one in between.
pub(super) fn compare(host: &mut dyn Host, target: &mut dyn Cluster, area: &str) -> Result<Finding> {
    let before = caller::now(host)?;
    let there = target.query("now()")?.as_i64().ok_or_else(|| {
        Error::new(Kind::Protocol, format!("{} does not tell its time", target.label()))
            .advise("report this with the server's release")
    })?;
    let after = caller::now(host)?;
    Ok(judge(area, there - before - (after - before) / 2, (after - before) / 2 + 1))
}

/// What a difference of so many milliseconds means, known but for so many.
fn judge(area: &str, ahead: i64, doubt: i64) -> Finding {
    let way = if ahead < 0 { "behind" } else { "ahead" };
    let fact = format!("its clock is {} ms {way}, give or take {doubt} ms", ahead.abs());
    let to_zone = (ahead + QUARTER / 2).rem_euclid(QUARTER) - QUARTER / 2;
    match ahead.abs() {
        near if near <= CLOSE + doubt => Finding::ok(area, fact),
        _ if to_zone.abs() <= CLOSE + doubt => Finding::warning(
            area,
            format!("{fact}: it seems to be in another time zone"),
            "times carry no zone, and `now` and `today()` in options mean this node's clock",
        ),
        _ => Finding::warning(
            area,
            fact,
            "set both clocks by NTP: the nodes of a target have to agree for leases, and windows end by the \
             clock of the node that syncs",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::setup::Severity;

    #[test]
    fn clocks_zones_and_drift_are_told_apart() {
        for (ahead, severity, words) in [
            (3, Severity::Ok, "3 ms ahead"),
            (-1_500, Severity::Ok, "1500 ms behind"),
            (-90_000, Severity::Warning, "90000 ms behind"),
            (8 * 3_600_000 + 40, Severity::Warning, "time zone"),
            (-5 * 3_600_000 - 1_800_000, Severity::Warning, "time zone"),
        ] {
            let finding = judge("B", ahead, 2);
            assert!(finding.severity == severity && finding.fact.contains(words), "{finding:?}");
        }
        assert!(!judge("B", -90_000, 2).fact.contains("zone"));
    }
}
