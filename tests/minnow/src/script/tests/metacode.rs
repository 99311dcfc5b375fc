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
