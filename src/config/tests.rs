//! The file as people and the plugin write it.
use super::*;

fn config() -> (tempfile::TempDir, Config) {
    let home = tempfile::tempdir().unwrap();
    let config = Config::within(&home.path().join("clusterSync"));
    (home, config)
}

fn whole(name: &str, number: i64) -> (String, Option<Value>) {
    (name.to_owned(), Some(Value::Whole(number)))
}

#[test]
fn what_is_set_is_read_with_its_line_and_nothing_is_made_by_reading() {
    let (_home, config) = config();
    assert_eq!(config.entries().unwrap(), []);
    assert!(!config.file().exists());
    fs::create_dir_all(&config.folder).unwrap();
    fs::write(config.file(), "# ours\n\nlanes = 2\ncompress = \"lz4\" # slow line\nodd = 1.5\nflag = true\n")
        .unwrap();
    let found: Vec<(String, Value, usize)> =
        config.entries().unwrap().into_iter().map(|entry| (entry.name, entry.value, entry.line)).collect();
    let text = Value::Text("lz4".into());
    assert_eq!(
        found,
        [
            ("lanes".into(), Value::Whole(2), 3),
            ("compress".into(), text, 4),
            ("odd".into(), Value::Other("float"), 5),
            ("flag".into(), Value::Flag(true), 6),
        ]
    );
}

#[test]
fn a_change_keeps_what_people_wrote() {
    let (_home, config) = config();
    config.change(&[whole("lanes", 2), whole("retries", 5)]).unwrap();
    let text = fs::read_to_string(config.file()).unwrap();
    fs::write(config.file(), text.replace("lanes = 2", "lanes = 2 # the link is small")).unwrap();
    config.change(&[("retries".into(), None), whole("lanes", 3)]).unwrap();
    let text = fs::read_to_string(config.file()).unwrap();
    assert!(text.starts_with(HEADER) && text.contains("lanes = 3"), "{text}");
    assert!(!text.contains("retries"), "{text}");
}

#[test]
fn a_broken_file_is_named_with_its_line_and_left_alone() {
    let (_home, config) = config();
    config.change(&[whole("lanes", 2)]).unwrap();
    let broken = "lanes = 2\nretries = \n";
    fs::write(config.file(), broken).unwrap();
    for error in [config.entries().unwrap_err(), config.change(&[whole("lanes", 1)]).unwrap_err()] {
        assert_eq!(error.kind(), Kind::State);
        assert!(error.message().contains("config.toml cannot be understood at line 2"), "{error}");
    }
    assert_eq!(fs::read_to_string(config.file()).unwrap(), broken);
}
