//! What a user may do, and how the server refuses the rest (the manual's user access control).
mod common;

use common::Local;

/// Tables `t` and `u` of the administrator in `dfs://db`, and a user `carol` without rights.
fn with_carol() -> Local {
    let mut a = Local::new(None);
    a.run(
        "db = database('dfs://db', VALUE, 1 2 3); model = table(1:0, `k`x, [INT, INT])
         createPartitionedTable(db, model, `t, `k).append!(table(1 2 as k, 1 2 as x))
         createPartitionedTable(db, model, `u, `k)
         createUser(`carol, 'Pa55word')",
    );
    a
}

impl Local {
    /// Runs a script as somebody else.
    fn by(&mut self, user: &str, source: &str) -> Result<minnow::value::Value, String> {
        self.session.user = user.into();
        let outcome = self.session.run(source);
        self.session.user = "admin".into();
        outcome.map_err(|error| error.text)
    }
}

const LOAD: &str = "loadTable('dfs://db', `t)";
const APPEND: &str = "h.append!(table([3] as k, [3] as x))";

#[test]
fn a_user_without_rights_is_refused_in_the_servers_words() {
    let mut a = with_carol();
    a.run(&format!("h = {LOAD}"));
    let read = "<NoPrivilege>Not granted to read table dfs://db/t";
    let write = "<NoPrivilege>Not granted to write data to table dfs://db/t";
    let databases = "<NoPrivilege>Not granted to create or delete databases";
    for (source, refusal) in [
        (LOAD, read),
        ("exec count(*) from h", read),
        (APPEND, write),
        ("upsert!(h, table([1] as k, [3] as x), , `k)", write),
        ("update h set x = 0", write),
        ("delete from h", write),
        ("truncate('dfs://db', `t)", write),
        ("database('dfs://new', VALUE, 1 2)", databases),
        ("dropDatabase('dfs://db')", databases),
        ("createPartitionedTable(db, model, `v, `k)", "<NoPrivilege>Not granted to create tables"),
        ("dropTable(db, `t)", "<NoPrivilege>Not granted to delete tables"),
        ("addValuePartitions(db, 4)", "<NoPrivilege>Not granted to manage"),
        ("dropPartition(db, 1, `t)", "<NoPrivilege>Not granted to delete partitions"),
        ("addColumn(h, `y, INT)", "<NoPrivilege>Not granted to create tables"),
        ("grant(`carol, DB_READ, 'dfs://db')", "<NoPrivilege>Only an administrator"),
    ] {
        let error = a.by("carol", source).unwrap_err();
        assert!(error.starts_with(refusal), "{source}: {error}");
    }
    let guest = a.by("guest", LOAD).unwrap_err();
    assert_eq!(guest, "<NotAuthenticated>Not granted to read table dfs://db/t");
    assert_eq!(a.number("exec sum(x) from h"), 3, "nothing has changed");
    assert_eq!(a.by("carol", "size(getClusterDFSDatabases())").unwrap().as_i64(), Some(0));
    assert_eq!(a.by("carol", "size(getDFSTablesByDatabase('dfs://db'))").unwrap().as_i64(), Some(0));
}

/// As the vendor's Python client tests it with users of one right each.
#[test]
fn each_right_allows_its_own() {
    for (grants, appends, upserts, deletes) in [
        ("TABLE_READ, 'dfs://db/t'", false, false, false),
        ("TABLE_INSERT, 'dfs://db/t'", true, false, false),
        ("TABLE_UPDATE, 'dfs://db/t'", false, true, false),
        ("TABLE_DELETE, 'dfs://db/t'", false, false, true),
        ("TABLE_WRITE, 'dfs://db/t'", true, true, true),
        ("DB_INSERT, 'dfs://db'", true, false, false),
        ("DB_WRITE, 'dfs://db'", true, true, true),
        ("DB_WRITE, '*'", true, true, true),
        ("DB_WRITE, 'dfs://other'", false, false, false),
        ("DB_OWNER, 'dfs://db*'", false, false, false),
    ] {
        let mut a = with_carol();
        a.run(&format!("grant(`carol, DB_READ, 'dfs://db'); grant(`carol, {grants})"));
        a.by("carol", &format!("h = {LOAD}; select * from h")).unwrap();
        assert_eq!(a.by("carol", APPEND).is_ok(), appends, "{grants}");
        let upsert = "upsert!(h, table([1] as k, [3] as x), , `k)";
        assert_eq!(a.by("carol", upsert).is_ok(), upserts, "{grants}");
        assert_eq!(a.by("carol", "delete from h where k = 1").is_ok(), deletes, "{grants}");
        assert!(a.by("carol", "loadTable('dfs://db', `u)").is_ok(), "{grants}");
    }
}

#[test]
fn rights_are_denied_revoked_and_lost_with_their_object() {
    let mut a = with_carol();
    a.run("grant(`carol, TABLE_READ, '*'); deny(`carol, TABLE_READ, 'dfs://db/t')");
    assert!(a.by("carol", LOAD).is_err());
    a.by("carol", "loadTable('dfs://db', `u)").unwrap();
    a.run("deny(`carol, TABLE_READ, '*')");
    assert_eq!(
        a.fails("grant(`carol, TABLE_READ, 'dfs://db/t')"),
        "Invalid grant: grant [dfs://db/t] and [deny *] are in conflict"
    );
    a.run("revoke(`carol, TABLE_READ, '*'); grant(`carol, TABLE_READ, 'dfs://db/t')");
    a.by("carol", LOAD).unwrap();
    a.run("dropTable(db, `t); createPartitionedTable(db, model, `t, `k)");
    assert!(a.by("carol", LOAD).is_err(), "a table made again is another one");
    assert_eq!(a.fails("grant(`carol, DB_MANAGE, 'dfs://x')"), "The database [dfs://x]  does not exist");
    for wrong in ["DB_OWNER, 'dfs://db'", "TABLE_READ, 'dfs://db'", "'FLY', '*'", "DB_READ, 'db'"] {
        a.fails(&format!("grant(`carol, {wrong})"));
    }
    a.run("deleteUser(`carol)");
    assert!(a.fails("grant(`carol, DB_READ, '*')").contains("carol"));
}

/// An administrator is nobody special to the data unless it is the first one, `admin`.
#[test]
fn a_new_administrator_has_no_rights_but_may_grant_them() {
    let mut a = with_carol();
    a.run("createUser(`dave, 'Pa55word', , true)");
    assert!(a.by("dave", LOAD).unwrap_err().starts_with("<NoPrivilege>"));
    assert_eq!(a.by("dave", "size(getClusterDFSTables())").unwrap().as_i64(), Some(2));
    a.by("dave", "grant(`dave, DB_READ, 'dfs://db')").unwrap();
    a.by("dave", LOAD).unwrap();
    a.run("deny(`admin, DB_READ, '*')");
    a.run(LOAD);
    assert_eq!(a.run("getUserAccess(`dave`admin).ACCESS_READ").to_string(), "[\"none\",\"allow\"]");
    assert_eq!(a.run("getUserAccess(`dave).DB_READ_allowed").to_string(), "[\"dfs://db\"]");
}

/// Who makes a database with DB_OWNER manages it, and grants others what is in it.
#[test]
fn an_owner_manages_what_it_made() {
    let mut a = with_carol();
    a.run("createUser(`erin, 'Pa55word'); grant(`erin, DB_OWNER, 'dfs://own*')");
    assert!(a.by("erin", "database('dfs://else', VALUE, 1 2)").is_err());
    a.by(
        "erin",
        "own = database('dfs://own1', VALUE, 1 2)
         mine = createPartitionedTable(own, model, `t, `k); mine.append!(table([1] as k, [1] as x))
         addValuePartitions(own, 3); dropPartition(own, 1, `t); select * from mine
         grant(`carol, TABLE_READ, 'dfs://own1/t'); deny(`carol, DB_DELETE, 'dfs://own1')",
    )
    .unwrap();
    a.by("carol", "loadTable('dfs://own1', `t)").unwrap();
    assert!(a.by("erin", "grant(`carol, DB_READ, 'dfs://db')").is_err());
    assert!(a.by("erin", "grant(`carol, DB_MANAGE, 'dfs://own1')").is_err());
    assert_eq!(a.by("erin", "getClusterDFSDatabases()").unwrap().to_string(), "[\"dfs://own1\"]");
    assert_eq!(a.by("erin", "getDFSDatabases()").unwrap().to_string(), "[\"dfs://own1\"]");
    a.by("erin", "dropDatabase('dfs://own1')").unwrap();
}
