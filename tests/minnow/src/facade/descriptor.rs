//! The text file that describes a plugin (plugin-abi §3, points 2 to 5).
use crate::error::{Error, Result};

#[derive(Debug, PartialEq)]
pub struct Descriptor {
    pub module: String,
    /// The library's file, beside the descriptor.
    pub library: String,
    pub version: String,
    pub entries: Vec<Entry>,
}

/// How the server calls a function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    System,
    Operator,
    Command,
}

/// One function line.
#[derive(Debug, PartialEq)]
pub struct Entry {
    pub symbol: String,
    pub name: String,
    pub kind: Kind,
    pub min: usize,
    pub max: usize,
}

/// Reads the descriptor `text` of `file` for a server that says it is `server`. The version is
/// compared before anything else is looked at.
pub fn parse(text: &str, file: &str, server: &str) -> Result<Descriptor> {
    let mut lines = text.split('\n');
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let [module, library, version] = header[..] else {
        return Err(Error::runtime(
            "The first line must be the module name, dynamic library file name and version, separated by comma",
        ));
    };
    let plugin = first_three(version);
    if plugin.is_none() || plugin != first_three(server) {
        return Err(Error::runtime(format!(
            "Failed to load plugin file [{file}] for the plugin version [{version}] is not same to the server version [{server}]"
        )));
    }
    let module = module.trim();
    if !is_identifier(module) {
        return Err(Error::runtime(format!("The module name [{module}] is not a legal identifier.")));
    }
    let entries = lines.filter(|line| !line.is_empty()).map(entry).collect::<Result<_>>()?;
    Ok(Descriptor { module: module.into(), library: library.into(), version: version.into(), entries })
}

/// The first three parts of a version, compared as text; a fourth is ignored.
fn first_three(version: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = version.split('.').collect();
    (parts.len() >= 3).then(|| parts[..3].to_vec())
}

fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// One line `symbol,name,type,min,max,isAggregate[,isSequential[,(syntax)]]`. Nothing is trimmed.
/// The wording of the refusals is not documented.
fn entry(line: &str) -> Result<Entry> {
    let wrong =
        |what: &str| Error::runtime(format!("Invalid function line [{line}] in the plugin file: {what}."));
    let fields: Vec<&str> = line.split(',').collect();
    let [symbol, name, kind, min, max, _aggregate, ..] = fields[..] else {
        return Err(wrong("it needs at least six fields"));
    };
    let kind = match kind {
        "system" => Kind::System,
        "operator" => Kind::Operator,
        "command" => Kind::Command,
        _ => return Err(wrong("the type must be system, operator or command")),
    };
    let (min, max) = (leading_number(min), leading_number(max));
    if min < 0 || min > max {
        return Err(wrong("the least number of arguments must not exceed the largest"));
    }
    if fields.get(6).is_some_and(|sequential| !matches!(*sequential, "0" | "1")) {
        return Err(wrong("isSequential must be 0 or 1"));
    }
    if fields.len() >= 8 && !ends_with_syntax(line) {
        return Err(wrong("the eighth field must be the syntax in parentheses, and the last"));
    }
    Ok(Entry { symbol: symbol.into(), name: name.into(), kind, min: min as usize, max: max as usize })
}

/// Whether the line's first `(` and first `)` enclose the syntax and no comma follows.
fn ends_with_syntax(line: &str) -> bool {
    match (line.find('('), line.find(')')) {
        (Some(open), Some(close)) => open < close && !line[close..].contains(','),
        _ => false,
    }
}

/// As C's strtol reads it: what is no number counts as 0, what follows a number is ignored.
fn leading_number(text: &str) -> i64 {
    let text = text.trim_start();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
    let number = digits[..end].parse().unwrap_or(0);
    if text.starts_with('-') { -number } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> std::result::Result<Descriptor, String> {
        parse(text, "PluginX.txt", "3.00.3.0").map_err(|error| error.text)
    }

    #[test]
    fn a_descriptor_names_its_functions() {
        let text =
            " x ,libX.so,3.00.3.7\ncEcho,echo,system,1,2,0,0,(value, [other])\n\ncGo,go,command,0,0,0;\n";
        let descriptor = read(text).unwrap();
        assert_eq!((descriptor.module.as_str(), descriptor.library.as_str()), ("x", "libX.so"));
        let echo = Entry { symbol: "cEcho".into(), name: "echo".into(), kind: Kind::System, min: 1, max: 2 };
        assert_eq!(descriptor.entries[0], echo);
        assert_eq!(descriptor.entries[1].kind, Kind::Command);
    }

    #[test]
    fn the_version_is_compared_as_text_and_first() {
        for version in ["3.00.2", "3.0.3", "3.00.3b", "3.00", "", " 3.00.3", "3.00.4.3"] {
            let text = format!("not an identifier!,libX.so,{version}\nbroken");
            assert!(
                read(&text).unwrap_err().contains("is not same to the server version [3.00.3.0]"),
                "{version}"
            );
        }
        assert!(read("x,libX.so,3.00.3").is_ok());
    }

    #[test]
    fn what_is_not_a_descriptor_is_refused() {
        let header = "x,libX.so,3.00.3\n";
        for (text, part) in [
            ("", "The first line must be"),
            ("x,libX.so", "The first line must be"),
            ("x,libX.so,3.00.3,more", "The first line must be"),
            ("1x,libX.so,3.00.3", "legal identifier"),
            (",libX.so,3.00.3", "legal identifier"),
        ] {
            assert!(read(text).unwrap_err().contains(part), "{text}");
        }
        for (line, part) in [
            ("a,b,system,1,1", "six fields"),
            ("a,b, system,1,1,0", "the type must be"),
            ("a,b,System,1,1,0", "the type must be"),
            ("a,b,system,2,1,0", "must not exceed"),
            ("a,b,system,0,1,0,2", "isSequential"),
            ("a,b,system,0,1,0, 1", "isSequential"),
            ("a,b,system,0,1,0,0,syntax", "syntax"),
            ("a,b,system,0,1,0,0,(x),more", "syntax"),
            ("pluginType=\"format\"", "six fields"),
        ] {
            assert!(read(&format!("{header}{line}\n")).unwrap_err().contains(part), "{line}");
        }
    }

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        for (text, number) in [("3", 3), (" 4x", 4), ("x", 0), ("-2", -2), ("", 0)] {
            assert_eq!(leading_number(text), number, "{text}");
        }
    }
}
