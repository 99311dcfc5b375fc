//! What people get wrong about offline syncs: one sentence each, before anything is changed.
mod common;

use std::fs;
use std::path::Path;

use clustersync::ship::contents;
use common::sshd::Sshd;
use common::{CREATE, Node, unused_port};

fn pair(dirs: &[&Path]) -> (Node, Node) {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::with_plugin("B"));
    for node in [&mut source, &mut target] {
        node.run(CREATE).expect("the table");
        let dirs: Vec<String> = dirs.iter().map(|dir| format!("\"{}\"", dir.display())).collect();
        node.run(&format!("clusterSync::setRoots([{}])", dirs.join(", "))).expect("roots");
    }
    source
        .run("tableInsert(loadTable(\"dfs://db1\", \"t\"), table([1, 2, 3] as k, [1.0, 2.0, 3.0] as v))")
        .expect("rows");
    (source, target)
}

/// A push with these options, in the order in which they come.
fn push(port: u16, options: &[(&str, String)]) -> String {
    let names: Vec<String> = options.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let values: Vec<&str> = options.iter().map(|(_, value)| value.as_str()).collect();
    let dict = format!("dict([{}], ({},))", names.join(", "), values.join(", ")).replace(",))", "))");
    format!("clusterSync::syncOffline({}, \"dfs://db1\", \"t\", , {dict})", common::remote(port))
}

fn quoted(path: impl AsRef<Path>) -> String {
    format!("\"{}\"", path.as_ref().display())
}

#[test]
fn wrong_ways_are_refused_before_anything_is_changed() {
    let sshd = Sshd::start();
    let [a, b, other] = [(); 3].map(|()| tempfile::tempdir().expect("a directory"));
    // Nobody may make anything in the last one, whoever the server runs as.
    let (mut source, mut target) = pair(&[a.path(), b.path(), Path::new("/proc")]);
    fs::write(a.path().join("file"), b"no directory").unwrap();
    std::os::unix::fs::symlink(other.path(), a.path().join("out")).unwrap();
    let (backup, restore) = (("backupDir", quoted(a.path())), ("restoreDir", quoted(b.path())));
    let dirs =
        |more: &[(&'static str, String)]| [vec![backup.clone(), restore.clone()], more.to_vec()].concat();
    let ssh = |login: String, known: &Path| {
        dirs(&[
            ("ssh", format!("\"{login}\"")),
            ("sshKey", quoted(sshd.file("user"))),
            ("knownHosts", quoted(known)),
        ])
    };
    let nobody = format!("root@127.0.0.1:{}", unused_port());
    let cases: Vec<(Vec<(&str, String)>, &str)> = vec![
        (vec![backup.clone(), ("keep", "true".into())], "the option `restoreDir` must be given"),
        (dirs(&[("shipper", "\"ftp\"".into())]), "`shipper` must be one of auto, directory, rsync, stream"),
        (dirs(&[("shipper", "\"rsync\"".into())]), "the option `ssh` must be given"),
        (dirs(&[("ssh", "\"-oProxyCommand=x\"".into())]), "is not of the form user@host:port"),
        (dirs(&[("sshKey", quoted("/k"))]), "the option `ssh` must be given with sshKey"),
        (dirs(&[("diskBudget", "0".into())]), "`diskBudget` must be a whole number of megabytes"),
        (dirs(&[("kept", "true".into())]), "no member `kept`, the nearest is `keep`"),
        (dirs(&[("direction", "\"up\"".into())]), "`direction` must be one of push, pull"),
        (vec![("backupDir", quoted(a.path().join("../x"))), restore.clone()], "is not an absolute path"),
        (
            vec![("backupDir", quoted(other.path())), restore.clone()],
            "is not below one that this node allows",
        ),
        (
            vec![("backupDir", quoted(a.path().join("out"))), restore.clone()],
            "is not below one that this node",
        ),
        (vec![("backupDir", quoted(a.path().join("file"))), restore.clone()], "cannot be made"),
        (vec![("backupDir", quoted("/proc/x")), restore.clone()], "/proc/x/db1+t cannot be made"),
        (vec![backup.clone(), ("restoreDir", quoted("/proc/x"))], "cannot be made"),
        (vec![backup.clone(), ("restoreDir", quoted(a.path().join("file/x")))], "cannot be made"),
        (ssh(nobody, &sshd.file("known")), "ssh cannot reach 127.0.0.1 port"),
        (ssh(sshd.login(), &sshd.file("empty")), "ssh does not know the key of 127.0.0.1"),
    ];
    for (options, text) in cases {
        let error = source.error(&push(target.port, &options));
        assert!(error.contains(text) && error.contains("; ") && !error.contains('\n'), "{text}: {error}");
    }
    assert_eq!(target.number("exec count(*) from loadTable(\"dfs://db1\", \"t\")"), 0);
    for dir in [&b, &other] {
        assert_eq!(contents(dir.path()).expect("a listing"), []);
    }
}

#[test]
fn guests_and_ordinary_users_may_not() {
    let a = tempfile::tempdir().unwrap();
    let (mut source, target) = pair(&[a.path()]);
    source.run("createUser(`ann, \"secret-7\")").expect("a user");
    let endpoint = clustersync::wire::Endpoint {
        user: "ann".into(),
        password: clustersync::model::Secret::new("secret-7"),
        ..source.endpoint()
    };
    let mut ann = clustersync::wire::Remote::connect(&endpoint).expect("a session");
    let dir = a.path().display();
    let dirs = [("backupDir", quoted(a.path())), ("restoreDir", quoted(a.path().join("b")))];
    for script in [
        push(target.port, &dirs),
        format!("clusterSync::backupTo(\"{dir}\", \"dfs://db1\")"),
        format!("clusterSync::shipTo(\"{dir}\", \"{dir}/b\")"),
        format!("clusterSync::restoreFrom(\"{dir}\", \"dfs://db1\")"),
        "clusterSync::setRoots([\"/tmp\"])".to_owned(),
    ] {
        let error = clustersync::cluster::Cluster::query(&mut ann, &script).expect_err(&script).to_string();
        assert!(error.contains("only an administrator may"), "{script}: {error}");
    }
}

#[test]
fn a_harmed_piece_is_found_before_it_is_restored() {
    let [a, b] = [(); 2].map(|()| tempfile::tempdir().expect("a directory"));
    let (mut source, mut target) = pair(&[a.path(), b.path()]);
    let (from, to) = (a.path().display(), b.path().display());
    let steps =
        format!("clusterSync::backupTo(\"{from}\", \"dfs://db1\", \"t\", , dict([\"consistent\"], [false]))");
    source.table(&steps);
    let ship = format!("clusterSync::shipTo(\"{from}\", \"{to}\")");
    let restore = format!("clusterSync::restoreFrom(\"{to}\", \"dfs://db1\", \"t\")");
    let piece = |key: &str| b.path().join("db1+t").join(key);
    type Harm<'a> = (&'a str, Box<dyn Fn()>);
    let chunk = |key: &str| {
        let folder = piece(key).join("db1/t");
        let own = ["_metaData", "domain", "dolphindb.lock"];
        let mut files = contents(&folder).expect("a listing").into_iter();
        let data = files.find(|entry| !own.iter().any(|name| entry.path.ends_with(name)));
        folder.join(data.expect("the partition's file").path)
    };
    source.table(&ship);
    let (one, two) = (chunk("1"), chunk("2"));
    let harms: [Harm; 4] = [
        (
            "are damaged",
            Box::new({
                let one = one.clone();
                move || {
                    let mut bytes = fs::read(&one).unwrap();
                    *bytes.last_mut().unwrap() ^= 1;
                    fs::write(&one, bytes).unwrap();
                }
            }),
        ),
        (
            "are damaged",
            Box::new({
                let one = one.clone();
                move || fs::File::options().write(true).open(&one).unwrap().set_len(9).unwrap()
            }),
        ),
        (
            "",
            Box::new({
                let two = two.clone();
                move || assert!(fs::copy(&two, &one).unwrap() > 0)
            }),
        ),
        (
            "is not complete",
            Box::new({
                let record = piece("3").join("clusterSync.piece");
                move || fs::remove_file(&record).unwrap()
            }),
        ),
    ];
    for (text, harm) in harms {
        harm();
        let error = target.error(&restore);
        assert!(error.contains(text) && error.contains("; "), "{text}: {error}");
        assert_eq!(target.number("exec count(*) from loadTable(\"dfs://db1\", \"t\")"), 0, "{text}");
        source.table(&ship);
    }
    assert_eq!(target.table(&restore).rows, 1);
    assert_eq!(target.number("exec count(*) from loadTable(\"dfs://db1\", \"t\")"), 3);
}

#[test]
fn steps_and_bundles_name_directories_they_cannot_use_before_anything_is_changed() {
    let a = tempfile::tempdir().expect("a directory");
    let (mut source, _) = pair(&[a.path(), Path::new("/proc")]);
    let [pieces, media] = ["pieces", "media"].map(|name| a.path().join(name).display().to_string());
    let backup = |dir: &str| format!("clusterSync::backupTo(\"{dir}\", \"dfs://db1\", \"t\")");
    source.table(&backup(&pieces));
    source.table(&format!("clusterSync::exportBundle(\"{pieces}\", \"{media}\")"));
    std::os::unix::fs::symlink("/etc", a.path().join("out")).expect("a link");
    fs::create_dir(a.path().join("links")).expect("a folder");
    std::os::unix::fs::symlink(format!("{pieces}/db1+t"), a.path().join("links/db1+t")).expect("a link");
    let before = contents(Path::new(&pieces)).expect("a listing");
    let inside = |name: &str| a.path().join(name).display().to_string();
    let cases = [
        (backup("/proc/x"), "cannot be made"),
        (backup(&inside("out/x")), "is not below one that this node allows"),
        (format!("clusterSync::shipTo(\"{pieces}\", \"/proc/x\")"), "cannot be made"),
        (format!("clusterSync::shipTo(\"{}\", \"{pieces}\")", inside("none")), "does not exist"),
        (format!("clusterSync::shipTo(\"{}\", \"{}\")", inside("links"), inside("b")), "is a link"),
        (format!("clusterSync::shipTo(\"{pieces}/../media\", \"{pieces}\")"), "absolute path without `..`"),
        (format!("clusterSync::exportBundle(\"{pieces}\", \"/proc/x\")"), "cannot be made"),
        (
            format!("clusterSync::exportBundle(\"{}\", \"{}\")", inside("none"), inside("m2")),
            "does not exist",
        ),
        (format!("clusterSync::importBundle(\"{media}\", \"/proc/x\")"), "cannot be made"),
        (format!("clusterSync::importBundle(\"{pieces}\", \"{pieces}\")"), "there is no complete bundle"),
        (
            format!("clusterSync::inspectBundle(\"{media}\", dict([\"report\"], [\"/proc/x\"]))"),
            "cannot be written",
        ),
    ];
    for (script, text) in cases {
        let error = source.error(&script);
        assert!(error.contains(text) && error.contains("; ") && !error.contains('\n'), "{script}: {error}");
    }
    assert_eq!(contents(Path::new(&pieces)).expect("a listing"), before);
    assert!(!a.path().join("b").join("db1+t").exists());

    // A backup that the user made in the other mode, where the piece would go.
    let other = inside("other");
    source
        .run(&format!("backup(\"{other}/db1+t/snapshot\", <select * from loadTable(\"dfs://db1\", \"t\")>)"))
        .expect("it");
    let held = contents(Path::new(&other)).expect("a listing");
    let error = source.error(&backup(&other));
    assert!(error.contains("other mode") && error.contains("; "), "{error}");
    assert_eq!(contents(Path::new(&other)).expect("a listing"), held);
}

#[test]
fn what_an_unfinished_append_has_added_in_slices_is_not_added_again_offline() {
    let [a, b] = [(); 2].map(|()| tempfile::tempdir().expect("a directory"));
    let mut source = Node::with_plugin("A");
    let mut target = Node::start_with("B", "3.00.3", &["--faults"]);
    target.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
    let dirs = [&a, &b].map(|dir| quoted(dir.path())).join(", ");
    for node in [&mut source, &mut target] {
        node.run(&format!("clusterSync::setRoots([{dirs}])")).expect("roots");
        node.run(
            "db = database(\"dfs://s\", VALUE, 1..3);
             createPartitionedTable(db, table(1:0, `k`id, [\"INT\", \"LONG\"]), \"t\", `k); 0",
        )
        .expect("the table");
    }
    source
        .run("tableInsert(loadTable(\"dfs://s\", \"t\"), table(take(1, 60000) as k, long(1..60000) as id))")
        .expect("rows");
    let remote = common::remote(target.port);
    target
        .run("minnow::setFault(\"error\", 1000, \"<NoPrivilege>Not granted to write\", 4)")
        .expect("a fault");
    let online = "dict([\"mode\", \"memoryBudget\", \"lanes\"], (\"append\", 0.5, 1))";
    let error = source.error(&format!("clusterSync::syncOnline({remote}, \"dfs://s\", \"t\", , {online})"));
    assert!(error.contains(" where id "), "{error}");
    target.run("minnow::clearFaults()").expect("it is over");
    let held = |node: &mut Node| node.number("exec count(*) from loadTable(\"dfs://s\", \"t\")");
    let before = held(&mut target);
    assert!(0 < before && before < 60_000, "{before}");

    let offline = format!(
        "dict([\"mode\", \"backupDir\", \"restoreDir\"], (\"append\", {}, {}))",
        quoted(a.path()),
        quoted(b.path())
    );
    let error = source.error(&format!("clusterSync::syncOffline({remote}, \"dfs://s\", \"t\", , {offline})"));
    assert!(error.contains("appended online in slices") && error.contains("resumeRun"), "{error}");
    assert_eq!(held(&mut target), before);
}
