//! Functions: arguments, partial application, changes in place.
use super::*;

#[test]
fn arguments_are_bound_by_place_and_by_name() {
    check(&[
        ("def f(a, b=10) { return a - b }\nf(1)", "-9"),
        ("def f(a, b=10) { return a - b }\nf(b=1, a=5)", "4"),
        ("def f(a, b=10, c=3) { return a + b + c }\nf(1, , 0)", "11"),
        ("def f(a) : a * 2\nf(4)", "8"),
        ("f = x -> x * x\nf(3)", "9"),
        ("f = (x, y) -> x - y\nf(3, 1)", "2"),
        ("def f(x) { if (x <= 1) { return 1 }\n return x * f(x - 1) }\nf(10l)", "3628800"),
        ("(1 2 3).sum()", "6"),
        ("add{1}(2)", "3"),
        ("sub{, 1}(5)", "4"),
        ("def f(a, b, c) { return string(a) + b + c }\nf{, `y}(`x, `z)", "xyz"),
        ("each(x -> x + 1, 1 2 3)", "[2,3,4]"),
        ("each(add, 1 2, 10 20)", "[11,22]"),
        ("(def(x) { return x + 1 })(2)", "3"),
        ("now() > 2020.01.01T00:00:00.000 && today() > 2020.01.01", "1"),
    ]);
}

#[test]
fn wrong_calls_are_refused() {
    let mut fixture = fixture();
    for source in ["add(1)", "add(1, 2, 3)", "def f(a) { a }; f()", "add{1}(1, 2)"] {
        assert!(fixture.fails(source).contains("argument(s)"), "{source}");
    }
    assert_eq!(fixture.fails("typestr(y=1)"), "The function [typestr] has no parameter named y.");
    assert_eq!(fixture.fails("abs(-1, X=2)"), "The parameter X of the function [abs] is given twice.");
    assert_eq!(fixture.fails("x = 1; x(2)"), "Can't recognize function name x");
}

#[test]
fn functions_see_their_own_variables_only() {
    let mut fixture = fixture();
    fixture.run("x = 1\ndef f() { return x }\ndef g(mutable v) { v[0] = 9 }\ndef h(v) { v[0] = 9 }");
    assert!(fixture.fails("f()").contains("token x"));
    assert_eq!(fixture.run("v = 1 2; g(v); v"), "[9,2]");
    assert_eq!(fixture.run("v = 1 2; h(v); v"), "[1,2]");
    // A failing function leaves no scope behind.
    assert_eq!(fixture.run("x"), "1");
}

#[test]
fn a_variable_is_changed_where_it_is() {
    let mut fixture = fixture();
    fixture.run("t = table(1 2 as id, `a`b as s)\nins = tableInsert{t}");
    assert_eq!(fixture.run("tableInsert(t, 3, `c)"), "1");
    assert_eq!(fixture.run("t.append!(table(4 5 as x, `d`e as y)).size()"), "5");
    assert_eq!(fixture.run("ins(table(6 as id, `f as s))"), "1");
    assert_eq!(fixture.run("tableInsert{'t'}(table(7 as id, `g as s))"), "1");
    let rows = fixture.value("table(8 9 as id, `h`i as s)");
    assert_eq!(fixture.session.call("tableInsert{t}", vec![rows]).unwrap().as_i64(), Some(2));
    assert_eq!(fixture.run("t.id"), "[1,2,3,4,5,6,7,8,9]");
    assert_eq!(fixture.run("v = 1 2; v.append!(3); append!(v, 4 5); v"), "[1,2,3,4,5]");
}

#[test]
fn a_refused_insert_changes_nothing() {
    let mut fixture = fixture();
    fixture.run("t = table(1 2 as id, `a`b as s)");
    assert!(fixture.fails("tableInsert(t, table(1 as id))").contains("same as that of the original"));
    assert!(fixture.fails("tableInsert(t, table(1 as id, 2 as s))").contains("S05004"));
    assert_eq!(fixture.run("t.size()"), "2");
}

#[test]
fn shared_tables_are_seen_by_every_session() {
    let mut fixture = fixture();
    fixture.run("t = table(1 2 as id)\nshare t as t");
    let mut other = Session::new(fixture.session.node.clone());
    other.run("tableInsert(t, 3)").unwrap();
    assert_eq!(fixture.run("exec id from t"), "[1,2,3]");
    assert_eq!(fixture.run("def f() { return t.size() }\nf()"), "3");
    fixture.run("undef(`t, SHARED)");
    assert!(other.run("t").is_err());
}

#[test]
fn callers_from_outside_give_script_text() {
    let mut fixture = fixture();
    let mut call = |function: &str, args| fixture.session.call(function, args).map(|value| value.to_string());
    assert_eq!(call("add", vec![Value::int(1), Value::int(2)]).unwrap(), "3");
    assert_eq!(call("(def(a, b){ return a - b; }){10}", vec![Value::int(3)]).unwrap(), "7");
    assert_eq!(call("nothing", vec![]).unwrap_err().text, "Can't recognize function name nothing");
    assert!(call("1 +", vec![]).is_err() && call("1", vec![]).is_err() && call("", vec![]).is_err());
}
