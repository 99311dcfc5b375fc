//! Makes what the target lacks before the first row: database, table, comments, partitions. All of it
//! stays, whatever becomes of the run.
use crate::cluster::{Cluster, Host};
use crate::engine::Connect;
use crate::error::{Error, Kind, Result};
use crate::failpoint::reach;
use crate::model::TableName;
use crate::plan::{Deed, Draft, Plan, Wanted, prepare};

/// Makes what `plans` say, and tells the caller.
pub(in crate::plugin) fn make(host: &mut dyn Host, plans: &[Plan], connect: Connect) -> Result<()> {
    let lacks = |draft: &&Draft| !draft.makes.is_empty() || !draft.creation.is_empty();
    for draft in plans.iter().map(|plan| &plan.draft).filter(lacks) {
        make_one(host, draft, &mut *connect()?)?;
    }
    Ok(())
}

/// Partitions come before the table: a table that is there has all of its own.
fn make_one(host: &mut dyn Host, draft: &Draft, target: &mut dyn Cluster) -> Result<()> {
    let creation = &draft.creation;
    tell(host, creation.make_database(target)?.into_iter().collect());
    if !draft.makes.is_empty() {
        let named = |error: Error| {
            error.context(format!("making partitions of {} at the target", draft.counterpart.table))
        };
        draft.makes.iter().try_for_each(|call| target.query(call).map(drop)).map_err(named)?;
        host.print(&format!("the partitions that the target lacked of {} are made", draft.counterpart.table));
    }
    tell(host, creation.make_table(target)?);
    reach("made");
    creation.comment(target)
}

fn tell(host: &mut dyn Host, made: Vec<String>) {
    if !made.is_empty() {
        host.print(&format!("{} at the target: made", made.join(" and ")));
    }
}

/// Makes the database and the table `table` at once if `target` lacks them; a plan only says that they
/// would be made.
pub(in crate::plugin) fn missing(
    source: &mut dyn Cluster,
    target: &mut dyn Cluster,
    table: &TableName,
    is_dry: bool,
) -> Result<Vec<String>> {
    let deeds = vec![Deed::Read];
    let wanted = Wanted { creates: true, makes: true, deeds, ..Wanted::default() };
    let creation = prepare(source, target, table, &wanted)?.creation;
    let lacking = creation.lacking();
    if lacking.is_empty() || !is_dry {
        let mut made: Vec<String> = creation.make_database(target)?.into_iter().collect();
        made.extend(creation.make_table(target)?);
        creation.comment(target)?;
        return Ok(made);
    }
    let what = format!("{} would be made on {} first", lacking.join(" and "), target.label());
    Err(Error::new(Kind::Schema, what).advise("call without dryRun, or make them yourself"))
}
