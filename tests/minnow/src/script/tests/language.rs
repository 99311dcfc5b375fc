//! Literals, operators, statements.
use super::*;
use crate::value::Type;

#[test]
fn literals_have_their_types() {
    let mut fixture = fixture();
    for (source, ty, text) in [
        ("5", Type::Int, "5"),
        ("5h", Type::Short, "5"),
        ("5c", Type::Char, "5"),
        ("5l", Type::Long, "5"),
        ("3000000000", Type::Long, "3000000000"),
        ("2.5", Type::Double, "2.5"),
        ("2.5f", Type::Float, "2.5"),
        ("1e3", Type::Double, "1000"),
        ("true", Type::Bool, "1"),
        ("`abc", Type::String, "abc"),
        ("'it'", Type::String, "it"),
        (r#""a\"b\\c""#, Type::String, "a\"b\\c"),
        ("2013.01.31", Type::Date, "2013.01.31"),
        ("2013.01M", Type::Month, "2013.01M"),
        ("09:30m", Type::Minute, "09:30m"),
        ("09:30:05", Type::Second, "09:30:05"),
        ("09:30:05.007", Type::Time, "09:30:05.007"),
        ("09:30:05.000000007", Type::Nanotime, "09:30:05.000000007"),
        ("2013.01.31T09:30:05", Type::Datetime, "2013.01.31T09:30:05"),
        ("2013.01.31T09:30:05.007", Type::Timestamp, "2013.01.31T09:30:05.007"),
        ("2013.01.31T09:30:05.000000007", Type::Nanotimestamp, "2013.01.31T09:30:05.000000007"),
        ("datehour(2013.01.31T09:30:05)", Type::Datehour, "2013.01.31T09"),
        ("00i", Type::Int, ""),
        ("00d", Type::Date, ""),
        ("00F", Type::Double, ""),
        (
            "uuid(\"5d212a78-cc48-e3b1-4235-b4d91473ee87\")",
            Type::Uuid,
            "5d212a78-cc48-e3b1-4235-b4d91473ee87",
        ),
        ("ipaddr(\"10.0.0.1\")", Type::Ipaddr, "10.0.0.1"),
        ("2.5$INT", Type::Int, "3"),
    ] {
        let value = fixture.value(source);
        assert_eq!((value.cells().unwrap().ty, value.to_string()), (ty, text.to_owned()), "{source}");
    }
}

#[test]
fn values_are_made_of_values() {
    check(&[
        ("1 2 3", "[1,2,3]"),
        ("[1, 2.5, 3]", "[1,2.5,3]"),
        ("[1, `a]", "(1,\"a\")"),
        ("(1, `a)", "(1,\"a\")"),
        ("`a`b", "[\"a\",\"b\"]"),
        ("1..4", "[1,2,3,4]"),
        ("3..1", "[3,2,1]"),
        ("2013.01.30..2013.02.01", "[2013.01.30,2013.01.31,2013.02.01]"),
        ("1:5", "1:5"),
        ("2013.01.01:2013.02.01", "2013.01.01:2013.02.01"),
        ("[1, NULL, 3]", "[1,,3]"),
        ("[]", "()"),
    ]);
}

#[test]
fn operators_bind_as_they_should() {
    check(&[
        ("1+2*3", "7"),
        ("(1+2)*3", "9"),
        ("-2*3", "-6"),
        ("7/2", "3"),
        ("7\\2", "3.5"),
        ("1 2 3 + 1", "[2,3,4]"),
        ("1 + 1 < 3 && 2 > 1", "1"),
        ("1 > 2 or 2 > 1", "1"),
        ("not(1 > 2)", "1"),
        ("!true", "0"),
        ("3 in 1 2 3", "1"),
        ("2 between 1:3", "1"),
        ("`abc like \"a%\"", "1"),
        ("\"n=\" + 5", "n=5"),
        ("2013.01.31 + 1", "2013.02.01"),
        ("2013.02.01 - 2013.01.01", "31"),
        ("2013.01M == 2013.01.01", "1"),
        ("1 // a comment\n + 1", "1"),
        ("1 + /* one\n */ 1", "2"),
    ]);
}

#[test]
fn statements_do_what_they_say() {
    check(&[
        ("s = 0\nfor (i in 1..10) { if (i == 3) continue; if (i > 5) break; s += i }\ns", "12"),
        ("s = 0; i = 0; while (i < 4) { i += 1; s += i }; s", "10"),
        ("i = 9; do { i += 1 } while (i < 5)\ni", "10"),
        ("x = 5\nif (x > 3) { y = `big }\nelse if (x > 1) { y = `mid }\nelse { y = `small }\ny", "big"),
        ("a, b = 1 2\na + b", "3"),
        ("v = 1 2 3\nv[1] = 9\nv[0:2] = 7 8\nv", "[7,8,3]"),
        ("v = 1 2 3\nv[v > 1] = 0\nv", "[1,0,0]"),
        ("k = 7\nd = {k: 1, 'b': k + 1,}\nd.k + d[`b]", "9"),
        ("d = dict(`a`b, (1, `x))\nd[`c] = 2\nd.a + d[`c]", "3"),
        ("t = table(1 2 as id)\nt[`x] = 5\nt.x", "[5,5]"),
        ("try { throw \"oops\" } catch (ex) { r = ex[1] }\nr", "oops"),
        ("try { 1 + `a + foo() } catch (ex) { r = ex[1] }\nr", "Can't recognize function name foo"),
        ("x = 1; undef(`x); defined(`x)", "0"),
        ("x = 1\nundef all\ndefined(`x)", "0"),
        ("x = 1\ny = x\ny += 1\nx", "1"),
        ("x = 1\ngo\nx", "1"),
    ]);
}

#[test]
fn indexes_reach_inside() {
    check(&[
        ("(10 20 30)[1]", "20"),
        ("v = 10 20 30; v[5]", ""),
        ("v = 10 20 30; v[2 0]", "[30,10]"),
        ("v = 10 20 30; v[v > 10]", "[20,30]"),
        ("t = table(1 2 3 as id, `a`b`c as s); t[`s]", "[\"a\",\"b\",\"c\"]"),
        ("t = table(1 2 3 as id, `a`b`c as s); t[1].s", "b"),
        ("t = table(1 2 3 as id); t[1:3].id", "[2,3]"),
        ("t = table(1 2 3 as id, `a`b`c as s); t.s[2]", "c"),
        ("dict(`k`l, 1 2)[`l]", "2"),
        ("dict(`k`l, 1 2)[`none]", ""),
    ]);
}

#[test]
fn errors_name_what_is_wrong() {
    let mut fixture = fixture();
    for (source, expected) in [
        ("1 +", "Syntax Error: [line #1] The script ends too early."),
        ("\n\nx = )", "Syntax Error: [line #3] ')' is unexpected here."),
        ("\"abc", "Syntax Error: [line #1] A string has no end."),
        ("12ab", "Syntax Error: [line #1] '12' cannot be followed by a name."),
        ("nothing", "Syntax Error: Cannot recognize the token nothing"),
        ("foo(1)", "Can't recognize function name foo"),
        ("sin_of(1)", "Can't recognize function name sin_of"),
        ("1 2 + 1 2 3", "Both vectors must have the same length."),
        ("1 + 2013.01.01T00:00:00.000 - `a", "Can't combine TIMESTAMP with STRING."),
        ("5 = 6", "Syntax Error: [line #1] Only a variable, an element or a column can be assigned to."),
        ("if (1 2) { 3 }", "A condition must be a scalar."),
    ] {
        assert_eq!(fixture.fails(source), expected, "{source}");
    }
}

#[test]
fn print_reaches_the_session_at_once() {
    let mut fixture = fixture();
    fixture.run("print(1 2); print(`a, 2)");
    assert_eq!(*fixture.printed.lock(), ["[1,2]", "a", "2"]);
}

#[test]
fn built_ins_work_on_whole_columns() {
    check(&[
        ("take(1 2 3, 5)", "[1,2,3,1,2]"),
        ("take(1 2 3, -2)", "[2,3]"),
        ("sort(3 1 2, false)", "[3,2,1]"),
        ("isort(30 10 20)", "[1,2,0]"),
        ("distinct(2 1 2 00i 1)", "[2,1,]"),
        ("reverse(`a`b)", "[\"b\",\"a\"]"),
        ("flatten([1 2, 3 4])", "[1,2,3,4]"),
        ("at(1 5 3 > 2)", "[1,2]"),
        ("join(1 2, 3.5)", "[1,2,4]"),
        ("concat(`a`b, \"-\")", "a-b"),
        ("split(\"a,b\")", "[\"a\",\"b\"]"),
        ("upper(`ab`c)", "[\"AB\",\"C\"]"),
        ("strlen(\"abc\")", "3"),
        ("startsWith(\"dfs://x\", \"dfs\")", "1"),
        ("strReplace(\"a.b\", \".\", \"/\")", "a/b"),
        ("count(1 00i 3)", "2"),
        ("avg(1 2 00i)", "1.5"),
        ("max(`b`c`a)", "c"),
        ("iif(1 2 3 > 1, `y, `n)", "[\"n\",\"y\",\"y\"]"),
        ("nullFill(1 00i, 0)", "[1,0]"),
        ("abs(-1 2)", "[1,2]"),
        ("year(2013.05.06)", "2013"),
        ("hour(2013.05.06T07:08:09.000)", "7"),
        ("date(2013.05.06T07:08:09.000)", "2013.05.06"),
        ("month(2013.05.06)", "2013.05M"),
        ("eqObj(table(1 2 as a), table(1 2 as a))", "1"),
        ("table(1:0, `a`b, [INT, SYMBOL]).size()", "0"),
        ("typestr(symbol(`a`b))", "FAST SYMBOL VECTOR"),
        ("keys(dict(`a`b, 1 2))", "[\"a\",\"b\"]"),
        ("values(dict(`a`b, 1 2))", "[1,2]"),
    ]);
}
