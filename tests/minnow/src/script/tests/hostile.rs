//! Input that wants to break the interpreter: every one must end in an error or a value.
use std::sync::atomic::Ordering;

use super::*;

const DEEP: usize = 10_000;

#[test]
fn deep_nesting_is_an_error() {
    let mut fixture = fixture();
    let nests = [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("abs(", "1", ")"),
        ("-", "1", ""),
        ("!", "true", ""),
        ("<", "1", ">"),
        ("x -> ", "1", ""),
        ("if (true) ", "x = 1", ""),
        ("if (true) { ", "x = 1", " }"),
        ("select * from (", "t", ")"),
        ("def f() { ", "1", " }"),
        ("abs{", "1", "}"),
    ];
    for (open, middle, close) in nests {
        let source = [&open.repeat(DEEP), middle, &close.repeat(DEEP)].concat();
        assert!(fixture.fails(&source).starts_with("Syntax Error"), "{open}");
    }
    for (first, more) in [("1", "+1"), ("x", ".y"), ("x", "[0]"), ("f", "(1)"), ("x", " and x"), ("1", ":1")]
    {
        let source = [first, &more.repeat(DEEP)].concat();
        assert!(fixture.fails(&source).starts_with("Syntax Error"), "{more}");
    }
}

#[test]
fn code_that_grows_without_end_is_an_error() {
    let mut fixture = fixture();
    for step in
        ["c = expr(c, +, 1)", "c = expr(c, +, c)", "c = sql(sqlColAlias(c, `x), t)", "c = makeCall(abs, c)"]
    {
        let source = format!("t = table(1 as id); c = <1>; for (i in 1..10000) {{ {step} }}");
        assert_eq!(fixture.fails(&source), "The expression has too many parts.", "{step}");
    }
}

/// Values share their parts, so these grow by one allocation a turn; on the small stack of a test
/// they must be refused before anything walks or drops them.
#[test]
fn a_value_that_grows_into_itself_is_an_error() {
    let mut fixture = fixture();
    fixture.run("def keep(a, b) { return a }\nx = 1; d = dict(`a`b, (1, `z))");
    let refusal = "The object is nested too deeply or has too many parts.";
    for step in [
        "x = (x, x)",
        "x = (x, 1)",
        "x = [x, x]",
        "x = dict(`a`b, (x, x))",
        "y = (1, `a); y[0] = x; x = y",
        "x = keep{x}",
        "x = keep{, x}",
        "x = (def (x) { return <x + 1> })(x)",
        "y = (1, `a); y.append!((x, x)); x = y; x = (x, x)",
    ] {
        let grown = format!("x = 1; for (i in 1..100000) {{ {step} }}");
        assert_eq!(fixture.fails(&grown), refusal, "{step}");
    }
    assert_eq!(fixture.fails("for (i in 1..100000) { d[`a] = d }"), refusal);
    assert_eq!(fixture.fails("print(d)"), refusal, "the last turn went one too far");
    // As deep as the wire takes, and no deeper than it is after parts were replaced.
    assert_eq!(fixture.run("x = 1; for (i in 1..60) { x = (x, 1) }; size(x)"), "2");
    assert_eq!(fixture.run("for (i in 1..100000) { x = (x, 1); x[0] = 1 }; x"), "(1,1)");
}

#[test]
fn runaway_recursion_is_an_error() {
    // The stack that a server's session gets.
    let runner = std::thread::Builder::new().stack_size(crate::script::STACK).spawn(|| {
        let mut fixture = fixture();
        let text = fixture.fails("def f(x) { return 1 + each(f, [x])[0] }\nf(1)");
        assert_eq!(text, "The function calls are nested too deeply.");
        assert!(
            fixture
                .fails("def g(x) { try { return g(x) } catch (e) { throw e[1] } }\ng(1)")
                .contains("deeply")
        );
        assert_eq!(fixture.run("1 + 1"), "2");
    });
    runner.unwrap().join().unwrap();
}

#[test]
fn a_broken_script_never_panics() {
    let sources = [
        "def f(a, b=10) { return a + b }\nfor (i in 1..3) { print(f(i, b=2)) }\ntry { throw \"x\" } catch(e) { e }",
        "t = table(1 2 3 as id, `a`b`c as s)\nselect top 2 s as x, sum(id) from t where id > 1, s in `a`b group by s order by s desc limit 3",
        "d = dict(`a`b, (1, 2013.01.01T09:30:00.123))\nd[`a] += 1\nx = <select * from t where id > 1>\nv = 00i -1.5e3 0x 1..3[0:2]",
        "update t set id = id * 2 where s == `a; delete from t where id between 1:2; do { go } while (false)",
    ];
    let mut fixture = fixture();
    for source in sources {
        let cuts: Vec<usize> = source.char_indices().map(|(at, _)| at).collect();
        for cut in &cuts {
            let (head, tail) = source.split_at(*cut);
            let without_one: String = tail.chars().skip(1).collect();
            for broken in
                [head.to_owned(), tail.to_owned(), [head, &without_one].concat(), [head, ")", tail].concat()]
            {
                // Only a panic would be wrong: the outcome may be a value or an error.
                let _ = fixture.session.run(&broken);
            }
        }
    }
}

#[test]
fn odd_characters_and_huge_numbers_are_errors() {
    let mut fixture = fixture();
    for source in [
        "é$",
        "\u{0}",
        "#",
        "1é",
        "99999999999999999999",
        "5000000000i",
        "300c",
        "2013.13.01x",
        "`a`b(1)(2)",
        "take(1, 1000000000000)",
        "0..9999999999",
        "table(1:99999999999, [`a], [INT])",
        "{",
        "}",
        "a = ",
        "\"\\",
        "[def (x) { )",
    ] {
        assert!(fixture.session.run(source).is_err(), "{source:?}");
    }
}

#[test]
fn cancelling_stops_a_loop_and_cannot_be_caught() {
    let mut fixture = fixture();
    let cancelled = fixture.session.cancelled.clone();
    fixture.session.out = Box::new(move |_| cancelled.store(true, Ordering::Relaxed));
    let text = fixture.fails("while (true) { try { print(1) } catch (ex) { } }");
    assert_eq!(text, "The task was cancelled.");
}
