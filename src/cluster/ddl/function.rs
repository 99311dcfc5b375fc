//! Functions as `schema` spells them.

/// `f(column, 6)` of `f{, 6}` and `f(column)` of `f`: a call with `column` in the one place that is free.
pub(super) fn filled(function: &str, column: &str) -> Option<String> {
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_:".contains(c));
    let Some((name, bound)) = function.trim().split_once('{') else {
        return is_name(function.trim()).then(|| format!("{}({column})", function.trim()));
    };
    let bound = bound.strip_suffix('}')?;
    // A comma in a constant would be taken for another argument.
    if !is_name(name) || bound.contains(['"', '\'', '`', '(', '[', '{']) {
        return None;
    }
    let arguments: Vec<&str> = bound.split(',').map(str::trim).collect();
    let free = arguments.iter().filter(|argument| argument.is_empty()).count();
    let filled = arguments.into_iter().map(|argument| if argument.is_empty() { column } else { argument });
    (free == 1).then(|| format!("{name}({})", filled.collect::<Vec<_>>().join(", ")))
}

/// The name of the function that `source` defines, if it is a definition.
pub(super) fn defined(source: &str) -> Option<&str> {
    let (name, _) = source.trim_start().strip_prefix("def ")?.split_once('(')?;
    Some(name.trim()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_free_place_takes_the_column() {
        for (function, call) in [
            ("bucket", Some("bucket(id)")),
            ("myPartitionFunc{, 6, 8}", Some("myPartitionFunc(id, 6, 8)")),
            ("ops::f{2,}", Some("ops::f(2, id)")),
            ("f{1, 2}", None),
            ("f{,}", None),
            ("f{, \"a,\"}", None),
            ("def f(x){return x}", None),
            ("", None),
        ] {
            assert_eq!(filled(function, "id").as_deref(), call, "{function}");
        }
    }

    #[test]
    fn a_definition_has_a_name() {
        assert_eq!(defined("def myHashFunc(x){\n  return hashBucket(x, 10)\n}"), Some("myHashFunc"));
        assert_eq!(defined("hashBucket{, 50}"), None);
        assert_eq!(defined("def (x){x}"), None);
    }
}
