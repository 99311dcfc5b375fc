//! Queries on tables in memory and on distributed ones.
use super::*;

const TABLE: &str = "t = table(1..6 as id, `a`b`a`c`b`a as s, 1.5 2.5 3.5 4.5 00F 6.5 as px)\n";

/// The same rows, partitioned by VALUE(day) and HASH(s).
const DISTRIBUTED: &str = "
    db = database('dfs://q', COMPO, [database('', VALUE, 2013.01.01..2013.01.06), database('', HASH, [STRING, 3])])
    m = table(2013.01.01..2013.01.06 as day, 1..6 as id, `a`b`a`c`b`a as s)
    tableInsert(createPartitionedTable(db, m, `q, `day`s), m)
    q = loadTable('dfs://q', 'q')\n";

fn after(setup: &str, cases: &[(&str, &str)]) {
    let mut fixture = fixture();
    fixture.run(setup);
    for (query, expected) in cases {
        assert_eq!(fixture.run(query), *expected, "{query}");
    }
}

#[test]
fn rows_are_chosen_and_shaped() {
    after(
        TABLE,
        &[
            ("exec id from t where s = `a", "[1,3,6]"),
            ("exec id from t where s = `a, px > 2", "[3,6]"),
            ("exec id from t where s = `a and px > 2 or id = 4", "[3,4,6]"),
            ("exec id from t where px > 2\n and id < 4", "[2,3]"),
            ("exec id from t where isNull(px)", "[5]"),
            ("exec id from t where not(isNull(px)), (id in 1 5 6)", "[1,6]"),
            ("exec id from t where s like \"%b\"", "[2,5]"),
            ("exec id from t where id between 2:4", "[2,3,4]"),
            ("exec id from t where id in (1, 5)", "[1,5]"),
            ("exec id from t where _\"id\" = 2", "[2]"),
            (
                "exec _\"where\" from (select _\"select\" as _\"where\" from table(1 2 as _\"select\"))",
                "[1,2]",
            ),
            ("exec id from t where false", "[]"),
            ("exec id * 2 from t where id < 3", "[2,4]"),
            ("(select id as key, 1 as one from t where id < 3).one", "[1,1]"),
            ("exec top 2 id from t", "[1,2]"),
            ("exec id from t limit 3", "[1,2,3]"),
            ("exec top 1:3 id from t", "[2,3]"),
            ("exec id from t order by s desc, id desc", "[4,5,2,6,3,1]"),
            ("exec id from t order by px", "[5,1,2,3,4,6]"),
            ("exec neg from (select -id as neg from t) order by neg limit 2", "[-6,-5]"),
            ("exec distinct s from t", "[\"a\",\"b\",\"c\"]"),
            ("columnNames(select s, id from t)", "[\"s\",\"id\"]"),
            ("(select * from t where id > 100).size()", "0"),
        ],
    );
}

#[test]
fn aggregates_make_one_row_or_one_per_group() {
    after(
        TABLE,
        &[
            ("exec count(*) from t", "6"),
            ("exec count(px) from t", "5"),
            ("exec count(*) from t where id > 100", "0"),
            ("exec sum(px) from t where id > 100", ""),
            ("exec max(id) - min(id) from t", "5"),
            ("typestr(exec sum(id) from t)", "LONG"),
            ("(select avg(px) as m, count(*) as n from t).n", "[6]"),
            ("exec n from (select count(*) as n from t group by s)", "[3,2,1]"),
            ("exec s from (select first(id), last(id) from t group by s)", "[\"a\",\"b\",\"c\"]"),
            ("exec last_id from (select first(id), last(id) from t group by s)", "[6,5,4]"),
            ("exec n from (select count(*) as n from t group by s having count(*) > 1)", "[3,2]"),
            ("exec s from (select sum(px) as p from t group by s order by p desc)", "[\"a\",\"c\",\"b\"]"),
            ("columnNames(select count(*) from t group by s, id % 2 as odd)", "[\"s\",\"odd\",\"count\"]"),
        ],
    );
}

#[test]
fn a_column_may_have_the_name_of_a_function() {
    after(
        "t = table(2013 2014 as year, 2013.01.01 2014.01.01 as date, 5 6 as count)\n",
        &[
            ("exec year from t where year = 2013", "[2013]"),
            ("exec date from t where year(date) = year", "[2013.01.01,2014.01.01]"),
            ("exec count from t where date = 2014.01.01", "[6]"),
        ],
    );
}

#[test]
fn distributed_tables_are_read_by_partition() {
    after(
        DISTRIBUTED,
        &[
            ("exec count(*) from q", "6"),
            ("exec sum(id) from q", "21"),
            ("exec id from q where partition(day, 2013.01.02)", "[2]"),
            ("(exec id from q where partition(day, 2013.01.02 2013.01.05)).sort()", "[2,5]"),
            ("exec count(*) from q where partition(s, 0 1 2), partition(day, 2013.01.01)", "1"),
            (
                "sum(each(k -> (exec count(*) from loadTable('dfs://q', 'q') where partition(s, k)), 0 1 2))",
                "6",
            ),
            ("exec id from q where partition(day, 2013.01.01) and id = 2", "[]"),
            ("(exec id from q where day > 2013.01.04, s in `a`b).sort()", "[5,6]"),
            ("(exec id from q where day between 2013.01.02:2013.01.03).sort()", "[2,3]"),
            ("exec max(id) from q where 2013.01.03 >= day", "3"),
            ("exec s from (select count(*) from q group by s)", "[\"a\",\"b\",\"c\"]"),
            ("columnNames(select * from q)", "[\"day\",\"id\",\"s\"]"),
        ],
    );
}

#[test]
fn partition_is_strict() {
    let mut fixture = fixture();
    fixture.run(&[TABLE, DISTRIBUTED].concat());
    for query in [
        "exec id from q where partition(day, 2014.01.01)",
        "exec id from q where partition(s, 3)",
        "exec id from q where partition(s, -1)",
    ] {
        assert!(fixture.fails(query).contains("out of range"), "{query}");
    }
    assert!(fixture.fails("exec id from q where partition(id, 1)").contains("no partitioning column"));
    assert!(fixture.fails("exec id from t where partition(id, 1)").contains("partitioned table"));
}

#[test]
fn rows_are_deleted_and_updated() {
    after(
        &[TABLE, DISTRIBUTED].concat(),
        &[
            ("delete from t where s = `a\nt.id", "[2,4,5]"),
            ("update t set px = px * 10, s = `z where id > 4\nt.s", "[\"b\",\"c\",\"z\"]"),
            ("delete from q where s = `a, day > 2013.01.01\n(exec id from q).sort()", "[1,2,4,5]"),
            ("delete from q where partition(day, 2013.01.02)\n(exec id from q).sort()", "[1,4,5]"),
            ("delete from q\nexec count(*) from q", "0"),
        ],
    );
}

#[test]
fn bad_queries_name_the_cause() {
    let mut fixture = fixture();
    fixture.run(&[TABLE, DISTRIBUTED].concat());
    for (query, expected) in [
        ("select nope from t", "Unrecognized column name [nope]"),
        ("select * from t where nope > 1", "Unrecognized column name [nope]"),
        ("select * from q where nope > 1", "Unrecognized column name [nope]"),
        ("select * from t where year > 1", "Unrecognized column name [year]"),
        ("select year from t", "Unrecognized column name [year]"),
        ("select * from t where s", "A STRING is neither true nor false."),
        ("select * from t where s > 1", "Can't combine STRING with INT."),
        ("select * from 5", "The from clause must be a table."),
        ("select * from t where", "Syntax Error: [line #1] The script ends too early."),
        ("select * from t where (id > )", "Syntax Error: [line #1] ')' is unexpected here."),
        ("select from t", "Syntax Error: [line #1] Expected from, got t."),
    ] {
        assert_eq!(fixture.fails(query), expected, "{query}");
    }
}

#[test]
fn context_by_keeps_every_row() {
    after(
        TABLE,
        &[
            ("exec s from (select s, id from t context by s)", "[\"a\",\"a\",\"a\",\"b\",\"b\",\"c\"]"),
            ("exec m from (select id, max(id) as m from t context by s)", "[6,6,6,5,5,4]"),
            ("exec id from (select * from t context by s limit 1)", "[1,2,4]"),
            ("exec id from (select id from t context by s limit -1)", "[6,5,4]"),
            ("exec id from (select id from t context by s csort id desc limit 1)", "[6,5,4]"),
            ("exec id from (select id from t where id > 1 context by s order by id)", "[2,3,4,5,6]"),
            ("exec id from (select id from t context by s having count(id) > 1)", "[1,3,6,2,5]"),
            ("(select id from t where id > 100 context by s).size()", "0"),
        ],
    );
}

/// dolphindb-semantics §3.2: distributed tables take no insert statement by default.
#[test]
fn rows_are_inserted_by_statement_in_memory_only() {
    after(
        TABLE,
        &[
            ("insert into t values (7, `d, 7.5)\nexec last(id) from t", "7"),
            ("insert into t values (8 9, `e`f, 8.5 9.5)\nt.size()", "9"),
            ("insert into t (px, id) values (1.0, 10)\nexec isNull(last(s)) from t", "1"),
        ],
    );
    let mut fixture = fixture();
    fixture.run(&[TABLE, DISTRIBUTED].concat());
    assert!(
        fixture
            .fails("insert into q values (2013.01.01, 1, `a)")
            .contains("enableInsertStatementForDFSTable")
    );
    assert!(fixture.fails("insert into t values (1, `a)").contains("one value for each"));
    assert!(fixture.fails("insert into t (nope) values (1)").contains("nope"));
}
