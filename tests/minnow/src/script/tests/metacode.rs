//! Code as values.
use super::*;

#[test]
fn code_is_evaluated_when_asked() {
    check(&[
        ("eval(<1 + 2>)", "3"),
        ("x = 1; c = <x + 1>; x = 5; eval(c)", "6"),
        ("<a + b * 2>", "< a + b * 2 >"),
        ("t = table(1 2 3 as id); eval(<select * from t where id > 1 and id < 3>).id", "[2]"),
        ("t = table(1 2 3 as id); size(eval(<select * from t where id > 1>))", "2"),
        ("eval(parseExpr(\"1 + 2\"))", "3"),
        ("t = table(1 2 3 as id); eval(parseExpr(\"exec id from t where id in [1, 3]\"))", "[1,3]"),
        ("typestr(parseExpr(\"now()\"))", "CODE"),
    ]);
}

#[test]
fn code_keeps_local_variables_but_parse_expr_never_sees_them() {
    check(&[
        ("def f() { y = 7; return <y + 1> }\neval(f())", "8"),
        ("y = 1\ndef f() { y = 7; return eval(parseExpr(\"y\")) }\nf()", "1"),
    ]);
    let mut fixture = fixture();
    assert!(fixture.fails("def f() { z = 7; return eval(parseExpr(\"z\")) }\nf()").contains("token z"));
    assert!(fixture.fails("parseExpr(\"1 + \")").starts_with("Syntax Error"));
    assert!(fixture.fails("parseExpr(\"1; 2\")").starts_with("Syntax Error"));
}

#[test]
fn functions_are_found_by_name() {
    let mut fixture = fixture();
    assert_eq!(fixture.run("funcByName(\"add\")(1, 2)"), "3");
    assert!(fixture.fails("funcByName(\"getStreamTableTimestamp\")").contains("recognize"));
}

/// dolphindb-semantics §5.2.
#[test]
fn code_is_put_together_from_values_and_code() {
    let mut fixture = fixture();
    fixture.run("t = table(1 2 3 4 as id, `a`b`a`b as s, 1.5 2.5 3.5 4.5 as px)");
    for (source, expected) in [
        ("sql(sqlCol(`id), t)", "< select id from constant0 >"),
        ("eval(sql(sqlCol(`id), t)).id", "[1,2,3,4]"),
        ("eval(sql(sqlCol(`id`s), t, <id > 2>)).s", "[\"a\",\"b\"]"),
        ("eval(sql(sqlCol(\"*\"), t, [<id > 1>, <s == `a>])).px", "[3.5]"),
        ("eval(sql(sqlCol(`px, sum, `total), t, , sqlCol(`s), exec=false)).total", "[5,7]"),
        ("eval(sql(sqlColAlias(<px * 2>, `twice), t, limit=2)).twice", "[3,5]"),
        ("eval(sql(sqlCol(`id), t, orderBy=sqlCol(`px), ascOrder=0)).id", "[4,3,2,1]"),
        ("eval(sql(select=sqlCol(`id), from=t, where=expr(sqlCol(`id), >, 2), exec=true))", "[3,4]"),
        ("eval(sql(sqlColAlias(<max(id)>, `m), t, groupBy=sqlCol(`s), groupFlag=0)).m", "[3,3,4,4]"),
        ("expr(1, +, 2)", "< 1 + 2 >"),
        ("eval(expr(6, <, 8))", "1"),
        ("eval(expr(sum, 1 2 3))", "6"),
        ("eval(expr(1, +, 2, *, 3))", "9"),
        ("binaryExpr(<id>, 2, add)", "< id + 2 >"),
        ("makeCall(abs, -1)", "< abs(constant0) >"),
        ("eval(makeCall(abs, -1))", "1"),
        ("eval(makeUnifiedCall(sub, (5, 3)))", "2"),
    ] {
        assert_eq!(fixture.run(source), expected, "{source}");
    }
    assert!(fixture.fails("sql(sqlCol(`id), t, hint=32)").contains("hint"));
}

/// What is put together travels as well as what is written.
#[test]
fn composed_code_can_be_read_again() {
    let mut fixture = fixture();
    for source in [
        "expr(expr(`a, ==, \"b\\\"c\"), or, expr(2013.01.01, <, 2013.01.02))",
        "sql(sqlCol(`id), parseExpr(\"t\"), [expr(sqlCol(`id), in, parseExpr(\"1 2\"))], orderBy=sqlCol(`id), limit=3)",
        "sql(sqlColAlias(<first(x)>, `f), parseExpr(\"t\"), groupBy=sqlCol(`s), groupFlag=0, csort=sqlCol(`d))",
    ] {
        let shown = fixture.run(source);
        let text = shown.trim_start_matches("< ").trim_end_matches(" >").to_owned();
        fixture.session.set("text", Value::string(&text));
        assert_eq!(fixture.run("string(parseExpr(text))"), shown, "{text}");
    }
}
