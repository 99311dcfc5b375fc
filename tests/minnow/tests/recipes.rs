//! The recipes by which users sync clusters today, on two nodes: in our own words always, and as
//! the tutorial prints them when its text lies beside the repository. Only hosts, ports,
//! directories and users are substituted; files go through a real sshd, to which the environment
//! of the nodes leads `rsync`.
mod common;
#[path = "../../common/sshd.rs"]
#[allow(dead_code, reason = "the stories of the plugin use the rest")]
mod sshd;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use common::Running;
use minnow::value::Value;
use minnow::wire::{Address, Peer};
use sshd::Sshd;

/// Two served nodes with a client each, both configured so that the recipes may run.
struct Pair {
    a: Running,
    b: Running,
    at_a: Peer,
    at_b: Peer,
    files: tempfile::TempDir,
    sshd: Sshd,
}

/// For the sshd.
fn unused_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// How `rsync` reaches the sshd of this run: its port, its key, and whose key is the host's.
fn remote_shell(sshd: &Sshd) -> String {
    let (key, known) = (sshd.file("user"), sshd.file("known"));
    format!(
        "ssh -p {} -i {} -o IdentitiesOnly=yes -o UserKnownHostsFile={} -o BatchMode=yes",
        sshd.port,
        key.display(),
        known.display()
    )
}

const SWITCHES: &[&str] = &["--enable-shell-function", "--function-defaults", "allow"];

impl Pair {
    /// `dfs://db1` with an empty table `mt` on both; A gets its rows.
    fn new(table: &str, rows: &str) -> Pair {
        let sshd = Sshd::start();
        let shell = remote_shell(&sshd);
        let start = || Running::start_in(SWITCHES, &[("RSYNC_RSH", &shell)]);
        let (a, b) = (start(), start());
        let (at_a, at_b) = (client(&a), client(&b));
        at_a.script(table).unwrap();
        at_b.script(table).unwrap();
        at_a.script(rows).unwrap();
        let files = tempfile::tempdir().unwrap();
        for folder in ["backup", "restore"] {
            std::fs::create_dir(files.path().join(folder)).unwrap();
        }
        Pair { a, b, at_a, at_b, files, sshd }
    }

    fn folder(&self, name: &str) -> String {
        self.files.path().join(name).to_string_lossy().into_owned()
    }

    /// Who may log in at the sshd.
    fn user(&self) -> String {
        self.sshd.login().split('@').next().unwrap_or_default().to_owned()
    }

    /// Rows of `mt` on A and on B.
    fn rows(&self) -> (i64, i64) {
        (rows(&self.at_a), rows(&self.at_b))
    }

    /// Runs a script as a client of a node, with what recipes call their directories and nodes.
    fn run(&self, at: &Peer, script: &str) -> Value {
        let (backup, restore) = (self.folder("backup"), self.folder("restore"));
        let prologue = format!(
            "backupDir = '{backup}'; restoreDir = '{restore}'; userName = '{}'; restoreIP = '127.0.0.1'
             portA = {}; portB = {}\n",
            self.user(),
            self.a.port,
            self.b.port
        );
        at.script(&format!("{prologue}{script}")).unwrap_or_else(|error| panic!("{script}: {error}"))
    }
}

fn client(node: &Running) -> Peer {
    let address = Address { host: "127.0.0.1", port: node.port, login: Some(("admin", "123456")) };
    Peer::connect(&address, &Arc::new(AtomicBool::new(false))).unwrap()
}

fn number(at: &Peer, script: &str) -> i64 {
    at.script(script).unwrap_or_else(|error| panic!("{script}: {error}")).as_i64().unwrap()
}

fn rows(at: &Peer) -> i64 {
    number(at, "exec count(*) from loadTable('dfs://db1', 'mt')")
}

/// Files of the backup to where they are restored, through the sshd.
const CARRY: &str = "shell('rsync -a ' + backupDir + '/ ' + userName + '@' + restoreIP + ':' + restoreDir)";

/// By day, with a column that is a plain date.
const BY_TRADING_DAY: &str = "
    db = database('dfs://db1', VALUE, (today() - 20)..today())
    model = table(1:0, `TradingDay`col1`col2`col3, [DATE, INT, DOUBLE, SYMBOL])
    createPartitionedTable(db, model, `mt, `TradingDay)";

/// Twenty days up to today, one row each.
const TWENTY_DAYS: &str = "
    days = (today() - 19)..today()
    loadTable('dfs://db1', 'mt').append!(table(days as d, 1..20 as a, double(1..20) as b, take(`x`y, 20) as c))";

/// By day of a moment.
const BY_MOMENT: &str = "
    db = database('dfs://db1', VALUE, (today() - 2)..today())
    createPartitionedTable(db, table(1:0, `Timestamp`price, [TIMESTAMP, DOUBLE]), `mt, `Timestamp)";

/// Yesterday, today's midnight, a moment after it, and today's last moment.
const FOUR_MOMENTS: &str = "
    midnight = timestamp(today())
    moments = [midnight - 1000, midnight, midnight + 1, midnight + 86399999]
    loadTable('dfs://db1', 'mt').append!(table(moments as t, 1.0 2.0 3.0 4.0 as p))";

#[test]
fn a_whole_table_is_backed_up_carried_over_and_restored() {
    let pair = Pair::new(BY_TRADING_DAY, TWENTY_DAYS);
    pair.run(&pair.at_a, "backup(backupDir, <select * from loadTable('dfs://db1', 'mt')>)");
    pair.run(&pair.at_a, &format!("assert({CARRY} == 0)"));
    let restore = "restore(restoreDir, 'dfs://db1', 'mt', '%', true, loadTable('dfs://db1', 'mt'))";
    pair.run(&pair.at_b, restore);
    assert_eq!(pair.rows(), (20, 20));
    pair.run(&pair.at_b, restore);
    assert_eq!(pair.rows(), (20, 40), "an SQL restore appends (dolphindb-semantics §1.7)");
}

#[test]
fn the_backup_of_the_last_week_holds_seven_days() {
    let pair = Pair::new(BY_TRADING_DAY, TWENTY_DAYS);
    let window = "<select * from loadTable('dfs://db1', 'mt')
                   where TradingDay > date(now()) - 7 and TradingDay <= date(now())>";
    assert_eq!(pair.run(&pair.at_a, &format!("backup(backupDir, {window})")).as_i64(), Some(7));
}

#[test]
fn the_daily_window_misses_midnight_and_the_evening_and_doubles_when_repeated() {
    let pair = Pair::new(BY_MOMENT, FOUR_MOMENTS);
    let recipe = "
        def write(db, name, t) : loadTable(db, name).append!(t)
        def sync(port, write) {
            t = select * from loadTable('dfs://db1', 'mt')
                where Timestamp > timestamp(date(now())) and Timestamp < now()
            conn = xdb('127.0.0.1', port)
            conn(login{`admin, `123456})
            conn(write{'dfs://db1', 'mt', t})
        }
        sync(portB, write)";
    pair.run(&pair.at_a, recipe);
    assert_eq!(pair.rows(), (4, 1));
    assert_eq!(number(&pair.at_b, "int(exec sum(price) from loadTable('dfs://db1', 'mt'))"), 3);
    pair.run(&pair.at_a, recipe);
    assert_eq!(pair.rows(), (4, 2));
}

#[test]
fn sources_are_written_one_by_one_over_connections_of_their_own() {
    let pair = Pair::new(BY_TRADING_DAY, TWENTY_DAYS);
    let recipe = "
        def write(db, name, t) : loadTable(db, name).append!(t)
        def writeRemote(t, port, write) {
            conn = xdb('127.0.0.1', port)
            conn(login{`admin, `123456})
            remoteRun(conn, write, 'dfs://db1', 'mt', t)
        }
        mr(sqlDS(<select * from loadTable('dfs://db1', 'mt')>), writeRemote{, portB, write},,, PARALLEL)";
    pair.run(&pair.at_a, &recipe.replace("PARALLEL", "false"));
    assert_eq!(pair.rows(), (20, 20));
    pair.run(&pair.at_a, &recipe.replace("PARALLEL", "true"));
    assert_eq!(pair.rows(), (20, 40));
}

#[test]
fn the_target_can_fetch_the_day_by_backup_over_a_connection() {
    let pair = Pair::new(BY_MOMENT, FOUR_MOMENTS);
    let recipe = "
        conn = xdb('127.0.0.1', portA)
        conn(login{`admin, `123456})
        conn(backup{backupDir, <select * from loadTable('dfs://db1', 'mt')
                                where Timestamp > timestamp(date(now())) and Timestamp < now()>})
        conn(shell{'rsync -a ' + backupDir + '/ ' + userName + '@127.0.0.1:' + restoreDir})
        restore(restoreDir, 'dfs://db1', 'mt', '%', true, loadTable('dfs://db1', 'mt'))";
    pair.run(&pair.at_b, recipe);
    assert_eq!(pair.rows(), (4, 1));
    pair.run(&pair.at_b, recipe);
    assert_eq!(pair.rows(), (4, 2), "the second run doubles the row");
}

#[test]
fn the_eight_examples_run_as_printed() {
    let text =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/000_ae1b909738141e63.txt");
    let Ok(text) = std::fs::read_to_string(&text) else {
        println!("the tutorial's text is not beside the repository: its examples were not run as printed");
        return;
    };
    let blocks: Vec<&str> = text.split("```").skip(1).step_by(2).collect();
    assert_eq!(blocks.len(), 12, "the tutorial has changed");
    let by_day = || Pair::new(BY_TRADING_DAY, TWENTY_DAYS);
    let by_moment = || Pair::new(BY_MOMENT, FOUR_MOMENTS);
    offline(&by_day(), &blocks);
    let six = by_moment();
    let printed = format!("{}\n{}", blocks[5], blocks[6]);
    example("6", &six, &six.at_b, &printed, (4, 1));
    example("6 again", &six, &six.at_b, &printed, (4, 2));
    let seven = by_moment();
    example("7 (with function-valued defaults allowed)", &seven, &seven.at_a, blocks[8], (4, 1));
    let eight = by_moment();
    example("8", &eight, &eight.at_a, &format!("{}\n{}", blocks[9], blocks[10]), (4, 1));
    scheduled(&six, &six.at_b, &format!("{}\n{}", blocks[5], blocks[7]));
    scheduled(&eight, &eight.at_a, &format!("{}\n{}", blocks[9], blocks[11]));
}

/// The first five are steps of one recipe; each of the three backups needs a directory of its own.
fn offline(pair: &Pair, blocks: &[&str]) {
    for (number, partitions) in [("1", 20), ("2", 7), ("3", 20)] {
        let index = number.parse::<usize>().unwrap() - 1;
        let printed = blocks[index].replace("/hdd/hdd1/backDir", &pair.folder(&format!("backup{number}")));
        let before = pair.rows();
        assert_eq!(pair.run(&pair.at_a, &printed).as_i64(), Some(partitions), "example {number}");
        report(number, before, pair.rows());
    }
    std::fs::remove_dir(pair.folder("backup")).unwrap();
    std::fs::rename(pair.folder("backup1"), pair.folder("backup")).unwrap();
    example("4", pair, &pair.at_a, blocks[3], (20, 0));
    assert!(PathBuf::from(pair.folder("restore")).join("db1/mt/_metaData").exists());
    example("5", pair, &pair.at_b, blocks[4], (20, 20));
}

fn example(name: &str, pair: &Pair, at: &Peer, printed: &str, expected: (i64, i64)) {
    let before = pair.rows();
    pair.run(at, &substituted(pair, printed));
    let after = pair.rows();
    report(name, before, after);
    assert_eq!(after, expected, "example {name}");
}

/// The printed alternative to calling the function: by the clock.
fn scheduled(pair: &Pair, at: &Peer, printed: &str) {
    assert_eq!(pair.run(at, &substituted(pair, printed)).as_str(), Some("syncDB"));
    assert_eq!(number(at, "exec count(*) from getScheduledJobs() where jobId = `syncDB, frequency = 'D'"), 1);
    at.script("deleteScheduledJob(`syncDB)").unwrap();
}

fn report(name: &str, before: (i64, i64), after: (i64, i64)) {
    println!("example {name}: A {} -> {} rows, B {} -> {} rows", before.0, after.0, before.1, after.1);
}

/// The text for this pair.
fn substituted(pair: &Pair, printed: &str) -> String {
    printed
        .replace("'user1'", &format!("'{}'", pair.user()))
        .replace("115.239.209.234", "127.0.0.1")
        .replace("18846", &pair.a.port.to_string())
        .replace("18848", &pair.b.port.to_string())
        .replace(
            "backupDir = \"/home/myselfTest/backupDir\"",
            &format!("backupDir = '{}'", pair.folder("backup")),
        )
        .replace(
            "restoreDir = \"/home/myselfTest/backupDir\"",
            &format!("restoreDir = '{}'", pair.folder("restore")),
        )
}
