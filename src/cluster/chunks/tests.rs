//! Lists of chunks as servers give them.
use super::*;
use crate::data::{Column, Type};

fn longs(ty: Type, values: &[i64]) -> Column {
    Column::fixed(ty, values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
}

fn strings(values: &[&str]) -> Column {
    Column::text(Type::String, values)
}

fn tablets_of(ids: &[&str], paths: &[&str], rows: &[i64]) -> Option<Vec<(String, u64)>> {
    let columns = vec![
        ("chunkId".into(), strings(ids)),
        ("dfsPath".into(), strings(paths)),
        ("rowNum".into(), longs(Type::Long, rows)),
    ];
    let tablets = read_tablets(&Batch { rows: ids.len(), columns }, "/db", 2)?;
    Some(tablets.into_iter().map(|tablet| (tablet.path, tablet.rows)).collect())
}

#[test]
fn a_path_loses_the_database_and_the_physical_index() {
    let found = tablets_of(&["a", "b"], &["/db/20130101/Key0/9m9", "/db/20130101/Key1"], &[3, 4]);
    assert_eq!(found, Some(vec![("/20130101/Key0".into(), 3), ("/20130101/Key1".into(), 4)]));
    assert_eq!(tablets_of(&["a"], &["/db/20130101"], &[3]), None, "no partition of two levels");
    assert_eq!(tablets_of(&["a"], &["/dbx/20130101/Key0"], &[3]), None, "another database");
}

#[test]
fn replicas_count_once_and_tell_nothing_when_they_disagree() {
    let paths = ["/db/1/Key0/2", "/db/1/Key0/2"];
    assert_eq!(tablets_of(&["a", "a"], &paths, &[3, 3]), Some(vec![("/1/Key0".into(), 3)]));
    assert_eq!(tablets_of(&["a", "a"], &paths, &[3, 4]), None);
    assert_eq!(tablets_of(&["a"], &paths[..1], &[i64::MIN]), None);
}

#[test]
fn chunks_that_are_not_at_rest_have_no_version() {
    let columns = vec![
        ("chunkId".into(), strings(&["a", "b"])),
        ("version".into(), longs(Type::Long, &[7, 8])),
        ("versionChain".into(), strings(&["9:0:7 -> 5:0:6", "1:0:8 -> "])),
        ("state".into(), strings(&["COMPLETE", "RECOVERING"])),
        ("lastUpdated".into(), longs(Type::Timestamp, &[i64::MIN, 5])),
    ];
    let marks = read_versions(&Batch { rows: 2, columns }).unwrap();
    let expected = ChunkMark { id: "a".into(), version: 7, newest: "9:0:7".into(), updated: None };
    assert_eq!((marks.len(), marks.get("a")), (1, Some(&expected)));
}

#[test]
fn a_database_whose_name_would_be_a_pattern_is_not_asked_for() {
    assert_eq!(folder(&TableName::new("dfs://a/b", "t")).as_deref(), Some("/a/b"));
    assert_eq!(folder(&TableName::new("dfs://a%", "t")), None);
}
