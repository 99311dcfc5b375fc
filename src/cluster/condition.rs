//! A user's filter: whether it is one condition, which stays within the parentheses that a query puts
//! around it (a server reads the whole query and would not notice), and the same in other names.

/// Why `filter` is more or less than one condition, as a clause; `None` when nothing shows.
pub fn flaw(filter: &str) -> Option<String> {
    let mut open = Vec::new();
    let mut rest = filter.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '"' | '\'' if !skip_text(&mut rest, next) => return Some("a text in it has no end".into()),
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            ')' | ']' | '}' if open.pop() != Some(next) => {
                return Some(format!("a `{next}` in it closes nothing"));
            }
            '/' if matches!(rest.peek(), Some('/' | '*')) => return Some("it holds a comment".into()),
            ';' => return Some("it holds more than one statement".into()),
            _ => {}
        }
    }
    open.pop().map(|missing| format!("it lacks a `{missing}`"))
}

/// Reads to the end of a text literal; false when there is none.
fn skip_text(rest: &mut impl Iterator<Item = char>, quote: char) -> bool {
    while let Some(next) = rest.next() {
        if next == quote {
            return true;
        }
        if next == '\\' {
            rest.next();
        }
    }
    false
}

/// `filter` with the names of columns put in as `name` says; what it leaves alone is no column.
///
/// A server reads a word as a column unless it is a text, a symbol, a number, a member of something or
/// a function that is called.
pub fn translated(filter: &str, name: &dyn Fn(&str) -> Option<String>) -> String {
    let mut text = String::with_capacity(filter.len());
    let mut rest = filter;
    while let Some(next) = rest.chars().next() {
        let length = word(rest, text.chars().next_back());
        let (own, behind) = rest.split_at(length.unwrap_or(next.len_utf8()));
        let is_called = behind.trim_start().starts_with('(');
        let renamed = length.filter(|_| !is_called).and_then(|_| name(bare(own)));
        text.push_str(renamed.as_deref().unwrap_or(own));
        rest = behind;
        if length.is_none() && matches!(next, '"' | '\'') {
            let mut inside = rest.chars().peekable();
            skip_text(&mut inside, next);
            let left = inside.map(char::len_utf8).sum::<usize>();
            let (literal, behind) = rest.split_at(rest.len() - left);
            text.push_str(literal);
            rest = behind;
        }
    }
    text
}

/// How long the name is that `rest` begins with, given the character before it.
fn word(rest: &str, before: Option<char>) -> Option<usize> {
    let is_inner = |c: char| c.is_alphanumeric() || c == '_';
    if before.is_some_and(|c| is_inner(c) || matches!(c, '`' | '.' | ':')) {
        return None;
    }
    if let Some(quoted) = rest.strip_prefix("_\"") {
        return quoted.find('"').map(|end| end + 3);
    }
    rest.starts_with(char::is_alphabetic).then(|| rest.find(|c| !is_inner(c)).unwrap_or(rest.len()))
}

/// The name that a query writes as `_"name"`.
fn bare(word: &str) -> &str {
    word.strip_prefix("_\"").map_or(word, |quoted| quoted.trim_end_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_condition_has_no_flaw() {
        for filter in [
            "price > 0 and (qty <= 100 or side in [`B, `S])",
            r#"note = ") or ('" or note = 'a // b; \' )' or note like "x\"y)""#,
            "a / b * c > 1",
        ] {
            assert_eq!(flaw(filter), None, "{filter}");
        }
    }

    #[test]
    fn whatever_would_leave_the_parentheses_is_a_flaw() {
        for (filter, expected) in [
            ("v > 0) limit 3 //", "a `)` in it closes nothing"),
            ("v > 0) order by (v", "a `)` in it closes nothing"),
            ("f([1, 2)]", "a `)` in it closes nothing"),
            ("v > (0", "it lacks a `)`"),
            ("v > 0 // all", "it holds a comment"),
            ("v > 0 /* all", "it holds a comment"),
            ("v > 0; undef all", "it holds more than one statement"),
            ("note = \"a", "a text in it has no end"),
            ("note = 'a\\'", "a text in it has no end"),
        ] {
            assert_eq!(flaw(filter).as_deref(), Some(expected), "{filter}");
        }
    }

    #[test]
    fn only_columns_are_renamed() {
        let name = |name: &str| match name {
            "a" => Some("b".to_owned()),
            "b" => Some("a".to_owned()),
            "two words" => Some("w".to_owned()),
            _ => None,
        };
        for (filter, expected) in [
            ("a > 1 and b<a", "b > 1 and a<b"),
            ("a(b) > 2 or c in `a`b", "a(a) > 2 or c in `a`b"),
            (r#"note = "a \" a" and x.a = 'a' and a=1"#, r#"note = "a \" a" and x.a = 'a' and b=1"#),
            ("_\"two words\" = 2024.01.01 and ab = 1a", "w = 2024.01.01 and ab = 1a"),
            ("a", "b"),
        ] {
            assert_eq!(translated(filter, &name), expected);
        }
    }
}
