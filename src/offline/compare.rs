//! The rows of units that counts alone cannot tell apart, whichever side is this node.
use crate::cluster::Cluster;
use crate::error::Result;
use crate::online;
use crate::plan::{Draft, Look};

/// Compares the rows of those units of `draft` that `is_compared` picks by number and counts.
///
/// # Errors
/// What a side answers.
pub fn compare(
    source: &mut dyn Cluster,
    target: &mut dyn Cluster,
    draft: &Draft,
    looks: &mut [Look],
    is_compared: &dyn Fn(usize, &Look) -> bool,
) -> Result<()> {
    for (number, (unit, look)) in draft.units.iter().zip(looks).enumerate() {
        if look.unchanged || !is_compared(number, look) {
            continue;
        }
        let part = draft.rows(unit);
        let ours = online::look(source, part, &draft.columns)?;
        *look = Look::compared(ours, online::look(target, part, &draft.columns)?);
    }
    Ok(())
}
