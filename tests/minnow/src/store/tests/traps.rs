//! What a server does to rows without a word, and what it refuses.
use super::*;

fn store() -> (tempfile::TempDir, Store) {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    (home, store)
}

#[test]
fn rows_outside_the_scheme_vanish_and_are_not_counted() {
    let (_home, store) = store();
    let levels = vec![value(ints([1, 2])), range([0, 10, 20]), hash(Type::Symbol, 2)];
    let columns = [("v", Type::Int), ("r", Type::Int), ("h", Type::Symbol)];
    let table = create(&store, levels, &columns);
    let v = ints([1, 9, 1, 1, 1, 2]);
    let r = ints([0, 0, -1, 20, i32::MIN, 19]);
    let h = texts(["a", "a", "a", "a", "a", ""]);
    assert_eq!(table.append(&rows([v, r, h])).unwrap(), 1);
    assert_eq!(everything(&table).rows(), 1);
}

#[test]
fn a_null_value_key_fails_the_whole_append() {
    let (_home, store) = store();
    let table = create(&store, vec![value(ints([1]))], &[("v", Type::Int)]);
    let error = table.append(&rows([ints([1, i32::MIN])])).unwrap_err();
    assert!(error.text.contains("S01001"), "{error}");
    assert_eq!(everything(&table).rows(), 0);
}

#[test]
fn the_policy_for_new_values_adds_or_fails() {
    let (home, store) = store();
    create(&store, vec![value(texts(["a"]))], &[("v", Type::String)]);
    drop(store);
    let store = Store::open(home.path())
        .unwrap()
        .with_policies(Policies { new_values: NewValuePolicy::Fail, ..Policies::default() });
    let refused = store.table(URL, "t").unwrap().append(&rows([texts(["a", "b"])])).unwrap_err();
    assert!(refused.text.contains("S01016"), "{refused}");
    let store = Store::open(home.path())
        .unwrap()
        .with_policies(Policies { new_values: NewValuePolicy::Add, ..Policies::default() });
    let table = store.table(URL, "t").unwrap();
    assert_eq!(table.append(&rows([texts(["b", "a", "b", "c"])])).unwrap(), 4);
    assert!(table.append(&rows([texts(["with space"])])).unwrap_err().text.contains("S01018"));
    assert_eq!(store.database(URL).unwrap().levels[0].count(), 3);
    assert_eq!(everything(&reopened(home.path())).rows(), 4);
}

#[test]
fn columns_are_taken_by_position_and_converted_within_their_category() {
    let (_home, store) = store();
    let columns = [("a", Type::Int), ("b", Type::Double), ("c", Type::Symbol), ("d", Type::Date)];
    let table = create(&store, vec![hash(Type::Int, 1)], &columns);
    let long = Vector::integers(Type::Long, [Some(7), Some(8)]);
    let moment = Vector::integers(Type::Timestamp, [Some(86_400_001), None]);
    table.append(&rows([long.clone(), long.clone(), texts(["x", ""]), moment.clone()])).unwrap();
    let back = everything(&table);
    assert_eq!(back.columns[0].integer(0), Some(7));
    assert_eq!(back.columns[1].double(1), Some(8.0));
    assert_eq!((back.columns[3].integer(0), back.columns[3].is_null(1)), (Some(1), true));
    let wide = table.append(&rows([&long, &long, &long, &moment, &long].map(Vector::clone))).unwrap_err();
    assert!(wide.text.contains("S01015"), "{wide}");
    let swapped = table.append(&rows([long.clone(), texts(["1", "2"]), long, moment])).unwrap_err();
    let sentence = "The column [b] expects type of DOUBLE, but the actual type is STRING";
    assert!(swapped.text.contains(sentence) && swapped.text.contains("S05004"), "{swapped}");
}

#[test]
fn long_strings_are_cut_and_long_symbols_refused() {
    let (_home, store) = store();
    let table = create(
        &store,
        vec![hash(Type::Int, 1)],
        &[("k", Type::Int), ("text", Type::String), ("sym", Type::Symbol)],
    );
    let long = "x".repeat(70_000);
    table.append(&rows([ints([1, 2]), texts([long.as_str(), "y"]), texts(["a", "b"])])).unwrap();
    let back = everything(&table);
    assert_eq!(back.columns[1].text(0).map(str::len), Some(65_535));
    assert_eq!(back.columns[1].text(1), Some("y"));
    assert!(table.append(&rows([ints([1]), texts([""]), texts([&long[..256]])])).is_err());
    assert_eq!(table.append(&rows([ints([1]), texts([""]), texts([&long[..255]])])).unwrap(), 1);
}

#[test]
fn a_partition_takes_so_many_different_symbols_and_no_more() {
    const MOST: usize = 2_097_152;
    let (_home, store) = store();
    let table = create(&store, vec![value(ints([1, 2]))], &[("k", Type::Int), ("sym", Type::Symbol)]);
    let names: Vec<String> = (0..MOST).map(|number| number.to_string()).collect();
    let all = || texts(names.iter().map(String::as_str));
    table.append(&rows([ints(std::iter::repeat_n(1, MOST)), all()])).unwrap();
    let refused = table.append(&rows([ints([1]), texts(["another"])])).unwrap_err();
    assert!(refused.text.ends_with("RefId:S00003"), "{refused}");
    assert_eq!(table.append(&rows([ints([1, 2]), texts(["7", "another"])])).unwrap(), 2);
}

#[test]
fn a_chunk_has_one_writer_and_other_chunks_stay_free() {
    let (_home, store) = store();
    let table =
        create(&store, vec![value(ints([1, 2])), hash(Type::Int, 2)], &[("v", Type::Int), ("h", Type::Int)]);
    let open = table.stored.chunks.begin(vec![[0, 1, 0]], &|_| unreachable!("free")).unwrap();
    let conflict = table.append(&rows([ints([1, 2]), ints([1, 1])])).unwrap_err();
    assert!(conflict.text.starts_with("<ChunkInTransaction>"), "{conflict}");
    assert!(
        conflict.text.contains("'/a/b/1/Key1/1'") && conflict.text.ends_with("RefId:S00002"),
        "{conflict}"
    );
    assert_eq!(table.append(&rows([ints([1, 2]), ints([0, 1])])).unwrap(), 2);
    drop(open);
    assert_eq!(table.append(&rows([ints([1]), ints([1])])).unwrap(), 1);
}

#[test]
fn schemes_that_a_server_refuses_are_refused() {
    let refused = |scheme| Level::new(scheme).is_err();
    assert!(refused(Scheme::Value(ints([1, 1]))));
    assert!(refused(Scheme::Value(ints([i32::MIN]))));
    assert!(refused(Scheme::Value(ints([]))));
    assert!(refused(Scheme::Value(Vector::doubles([Some(1.0)]))));
    assert!(refused(Scheme::Value(Vector::integers(Type::Long, [Some(1)]))));
    assert!(refused(Scheme::Value(texts(["a b"]))));
    assert!(refused(Scheme::Range(ints([1]))));
    assert!(refused(Scheme::Range(ints([2, 1]))));
    assert!(refused(Scheme::Hash { ty: Type::Int, buckets: 0 }));
    assert!(!refused(Scheme::Hash { ty: Type::Uuid, buckets: 2 }));
    assert!(hash(Type::Int, 4).named(&ints([4])).unwrap_err().text.contains("out of range"));
    assert!(!value(Vector::integers(Type::Date, [Some(1)])).accepts(Type::Month));
}
