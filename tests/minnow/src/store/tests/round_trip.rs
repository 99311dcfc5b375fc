//! What goes in comes out, from the selected partitions only.
use super::*;
use crate::value::Rows;
use crate::value::text::{parse_bytes, parse_temporal};

fn date(text: &str) -> Option<i64> {
    parse_temporal(text).map(|(_, cell)| cell)
}

/// One value, the largest or an odd one, and NULL.
fn cells(ty: Type) -> Vector {
    let sixteen = |text| parse_bytes(text, ty).unwrap();
    match ty {
        Type::Float => Vector::new(ty, Data::F32(vec![1.5, f32::NAN, f32::MIN])),
        Type::Double => Vector::new(ty, Data::F64(vec![-0.0, f64::MAX, f64::MIN])),
        Type::String | Type::Symbol | Type::Blob => Vector::strings(ty, ["x", "søk, \n\t", ""]),
        Type::Uuid => Vector::new(
            ty,
            Data::B16(vec![sixteen("5d212a78-cc48-e3b1-4235-b4d91473ee87"), [255; 16], [0; 16]]),
        ),
        Type::Complex | Type::Point => {
            Vector::new(ty, Data::F64x2(vec![[1.0, -0.0], [f64::MAX; 2], [f64::MIN; 2]]))
        }
        Type::Decimal128(_) => Vector::new(ty, Data::I128(vec![1, i128::MAX, i128::MIN])),
        Type::Array(_) => {
            let values = cells(ty.element().unwrap());
            Vector::rows(Rows { ends: vec![2, 3, 6], values: values.gather(&[0, 1, 2, 0, 0, 2]) }).unwrap()
        }
        Type::Ipaddr | Type::Int128 => Vector::new(ty, Data::B16(vec![[1; 16], [255; 16], [0; 16]])),
        _ => Vector::integers(ty, [Some(1), Some(127), None]),
    }
}

#[test]
fn every_type_comes_back_after_a_restart() {
    let mut types: Vec<Type> = Type::ALL.iter().copied().filter(|ty| ty.is_storable()).collect();
    types.extend(types.clone().into_iter().filter_map(Type::array));
    types.push(Type::Decimal64(4));
    types.push(Type::Decimal64(5).array().unwrap());
    let names: Vec<String> = (0..types.len()).map(|at| format!("{}_{at}", types[at].name())).collect();
    let named = names.iter().map(String::as_str).zip(types.iter().copied());
    let columns: Vec<(&str, Type)> = std::iter::once(("key", Type::Int)).chain(named).collect();
    let given = rows(std::iter::once(ints([0, 0, 0])).chain(types.iter().map(|ty| cells(*ty))));
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let table = create(&store, vec![value(ints([0]))], &columns);
    assert_eq!(table.append(&given).unwrap(), 3);
    drop((table, store));
    let back = everything(&reopened(home.path()));
    assert_eq!(back.names[1], "BOOL_0");
    for (position, ty) in types.iter().enumerate() {
        let (own, other) = (&back.columns[position + 1], &given.columns[position + 1]);
        match (&own.data, &other.data) {
            // NaN differs from itself; its bits must not.
            (Data::F32(a), Data::F32(b)) => {
                assert!(a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits()));
            }
            (Data::Rows(_), Data::Rows(_)) => {
                assert!((0..3).all(|row| own.compare(row, other, row).is_eq()), "{}", ty.name());
            }
            _ => assert_eq!(own, other, "{}", ty.name()),
        }
    }
}

#[test]
fn a_selection_reads_its_partitions_and_no_other() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let days = Vector::integers(Type::Date, (0..4).map(Some));
    let levels = vec![value(days.clone()), range([0, 10, 20]), hash(Type::String, 3)];
    let columns = [("d", Type::Date), ("n", Type::Int), ("s", Type::Symbol), ("id", Type::Int)];
    let table = create(&store, levels, &columns);
    let day = Vector::integers(Type::Date, (0..240).map(|i| Some(i % 4)));
    let word = texts((0..240).map(|i| ["a", "b", "c", "d", "e"][i % 5]));
    table.append(&rows([day, ints((0..240).map(|i| i % 20)), word, ints(0..240)])).unwrap();
    assert_eq!(sorted(&everything(&table), 3), (0..240).collect::<Vec<_>>());
    let mut select = Selection::all();
    select.keep(0, &table.levels()[0].named(&days.slice(2, 1)).unwrap());
    select.keep(1, &table.levels()[1].named(&ints([1])).unwrap());
    let found = table.scan(&[3], &select).unwrap();
    let expected: Vec<i64> = (0..240).filter(|i| i % 4 == 2 && i % 20 >= 10).collect();
    assert_eq!(sorted(&found, 0), expected);
    let buckets: usize = (0..3)
        .map(|bucket| {
            table.scan(&[3], &Selection { levels: vec![None, None, Some(vec![bucket])] }).unwrap().rows()
        })
        .sum();
    assert_eq!(buckets, 240);
}

#[test]
fn pruning_never_drops_a_row_that_the_condition_keeps() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let months = Vector::integers(Type::Month, (24_156..24_168).map(Some));
    let table = create(&store, vec![value(months)], &[("at", Type::Timestamp)]);
    let moments = ["2013.01.31T23:59:59.999", "2013.02.01T00:00:00.000", "2013.12.31T12:00:00.000"];
    table.append(&rows([Vector::integers(Type::Timestamp, moments.map(date))])).unwrap();
    let count = |how, ty, text| {
        let mut select = Selection::all();
        table.prune(&mut select, 0, how, &Vector::integers(ty, [date(text)]));
        table.scan(&[0], &select).unwrap().rows()
    };
    assert_eq!(count(Comparison::In, Type::Timestamp, moments[0]), 1);
    assert_eq!(count(Comparison::In, Type::Date, "2013.02.01"), 1);
    assert_eq!(count(Comparison::Less, Type::Timestamp, moments[1]), 1);
    assert_eq!(count(Comparison::LessOrEqual, Type::Timestamp, moments[1]), 2);
    assert_eq!(count(Comparison::GreaterOrEqual, Type::Date, "2013.02.01"), 2);
    assert_eq!(count(Comparison::Greater, Type::Month, "2013.12M"), 1);
    assert_eq!(count(Comparison::Greater, Type::Date, "2013.12.31"), 1);
    assert_eq!(count(Comparison::In, Type::Date, "2014.01.01"), 0);
}

#[test]
fn pruning_agrees_with_where_the_rows_are() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let levels = vec![range([0, 5, 7, 20]), hash(Type::Symbol, 4)];
    let table = create(&store, levels, &[("n", Type::Int), ("s", Type::Symbol)]);
    let words = ["a", "b", "c", "d", "e", "f", "g"];
    table.append(&rows([ints(0..20), texts((0..20).map(|i| words[i % 7]))])).unwrap();
    let found = |column, how, constants: &Vector| {
        let mut select = Selection::all();
        table.prune(&mut select, column, how, constants);
        table.scan(&[0], &select).unwrap()
    };
    use Comparison::*;
    for (how, constant, first, end) in [
        (Less, 5, 0, 5),
        (LessOrEqual, 5, 0, 7),
        (Greater, 6, 7, 20),
        (GreaterOrEqual, 6, 5, 20),
        (In, 6, 5, 7),
    ] {
        let expected: Vec<i64> = (first..end).collect();
        assert_eq!(sorted(&found(0, how, &ints([constant])), 0), expected, "{how:?} {constant}");
    }
    for word in words {
        let bucket = found(1, In, &texts([word]));
        let own = (0..20).filter(|i| words[i % 7] == word).map(|i| i as i64);
        assert!(bucket.rows() < 20 && own.into_iter().all(|n| sorted(&bucket, 0).contains(&n)));
    }
}

#[test]
fn a_reader_sees_whole_appends_while_they_are_made() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let table = create(&store, vec![hash(Type::Int, 7)], &[("id", Type::Int)]);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            (0..30).for_each(|_| assert_eq!(table.append(&rows([ints(0..100)])).unwrap(), 100));
        });
        let (mut seen, mut last) = (0, false);
        while !last {
            last = writer.is_finished();
            let now = everything(&table).rows();
            assert!(now.is_multiple_of(100) && now >= seen, "{now} rows after {seen}");
            seen = now;
        }
        assert_eq!(seen, 3_000);
    });
}

#[test]
fn a_reader_keeps_its_view_while_rows_are_deleted() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let table = create(&store, vec![hash(Type::Int, 2)], &[("id", Type::Int)]);
    table.append(&rows([ints(0..10)])).unwrap();
    let mut seen = 0;
    let removed = table
        .delete(&Selection::all(), &mut |chunk| {
            seen += everything(&table).rows();
            Ok((0..chunk.rows()).map(|row| chunk.columns[0].integer(row).unwrap() < 3).collect())
        })
        .unwrap();
    assert_eq!((removed, seen), (3, 20));
    assert_eq!(sorted(&everything(&reopened(home.path())), 0), [3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(table.drop_chunks(&[Selection::all()]).unwrap(), 2);
    assert_eq!(everything(&reopened(home.path())).rows(), 0);
}

#[test]
fn a_grown_scheme_keeps_numbers_and_a_dropped_database_is_gone() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    create(&store, vec![value(ints([5, 3])), range([0, 10])], &[("v", Type::Int), ("r", Type::Int)]);
    assert_eq!(store.add_partitions(URL, 0, &ints([3, 4, 4])).unwrap(), 1);
    assert_eq!(store.add_partitions(URL, 1, &ints([10, 20, 30])).unwrap(), 2);
    assert!(store.add_partitions(URL, 1, &ints([31, 40])).is_err());
    let table = reopened(home.path());
    assert_eq!(table.append(&rows([ints([3, 4, 5]), ints([29, 0, 30])])).unwrap(), 2);
    let mut chunks = table.chunks(&Selection::all());
    chunks.sort();
    assert_eq!(chunks, [("/a/b/3/20_30/1".to_owned(), 1), ("/a/b/4/0_10/1".to_owned(), 1)]);
    let store = Store::open(home.path()).unwrap();
    let held = store.table(URL, "t").unwrap();
    store.drop_database(URL).unwrap();
    assert!(held.append(&rows([ints([3]), ints([1])])).is_err());
    assert!(Store::open(home.path()).unwrap().databases().is_empty());
}
