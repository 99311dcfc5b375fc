//! Whether a user's filter is one condition, which stays within the parentheses that a query puts
//! around it. A server reads the whole query and would not notice.

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
}
