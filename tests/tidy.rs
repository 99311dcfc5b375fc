//! The dull rules of the house, checked: who may use whom, where `unsafe` and C++ live, what a file
//! looks like, and that descriptor, function table and README name the same functions.
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What each folder of `src` may use besides itself, `error` and the standard library.
const ARROWS: &[(&str, &[&str])] = &[
    ("data", &[]),
    ("model", &["data"]),
    ("cluster", &["data", "model"]),
    ("wire", &["limiter", "cluster", "data", "model"]),
    ("peers", &["disk", "lock", "model"]),
    ("config", &["disk", "lock"]),
    ("memory", &["disk", "data", "model"]),
    ("ship", &["failpoint", "limiter"]),
    ("bundle", &["failpoint", "ship"]),
    ("offline", &["failpoint", "ship", "plan", "online", "journal", "cluster", "data", "model"]),
    ("lease", &["cluster", "data", "model"]),
    ("journal", &["disk", "failpoint", "lock", "data", "model"]),
    ("plan", &["journal", "cluster", "data", "model"]),
    ("report", &["journal", "cluster"]),
    ("online", &["cluster", "data", "model"]),
    ("engine", &["failpoint", "plan", "online", "journal", "cluster", "data", "model"]),
    (
        "plugin",
        &[
            "failpoint",
            "offline",
            "bundle",
            "ship",
            "lease",
            "engine",
            "plan",
            "online",
            "journal",
            "limiter",
            "disk",
            "report",
            "config",
            "memory",
            "owner",
            "peers",
            "wire",
            "cluster",
            "data",
            "model",
        ],
    ),
    ("kernel", &["plugin", "cluster", "data", "model"]),
    // The nodes in memory that unit tests use; compiled for tests only.
    ("testing", &["cluster", "data", "model"]),
];

#[test]
fn every_folder_uses_only_what_its_arrows_allow() {
    let mut wrong = Vec::new();
    for (folder, allowed) in ARROWS {
        let sources = files(&root().join("src").join(folder), "rs");
        for file in sources.iter().filter(|file| !file.ends_with("tests.rs")) {
            for used in uses(&without_tests(&read(file))) {
                if used != *folder && used != "error" && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{} uses {used}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_folder_of_src_has_its_arrows_and_its_place_on_the_map() {
    let folders: BTreeSet<_> = fs::read_dir(root().join("src"))
        .expect("src")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    let known: BTreeSet<_> = ARROWS.iter().map(|(folder, _)| folder.to_string()).collect();
    assert_eq!(folders, known);

    let readme = read(&root().join("README.md"));
    for folder in folders.iter().filter(|folder| *folder != "testing") {
        assert!(readme.contains(&format!("| `src/{folder}/` |")), "README's map of the code lacks {folder}");
    }
}

#[test]
fn unsafe_and_cpp_live_in_the_kernel_only() {
    let kernel = root().join("src/kernel");
    for file in files(&root().join("src"), "rs") {
        let text = read(&file);
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let has_unsafe = code
            .filter(|line| !line.contains("forbid(unsafe_code)"))
            .any(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe"));
        assert!(!has_unsafe || file.starts_with(&kernel), "unsafe in {}", file.display());
    }
    for file in files(&root().join("src"), "cpp") {
        assert!(file.starts_with(&kernel), "C++ in {}", file.display());
    }
}

#[test]
fn descriptor_functions_and_readme_name_the_same() {
    let descriptor = read(&root().join("plugin-descriptor/PluginClusterSync.txt"));
    let described: BTreeSet<_> = descriptor
        .lines()
        .skip(1)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let fields: Vec<_> = line.split(',').collect();
            (fields[0].to_owned(), fields[1].to_owned(), fields[3].to_owned(), fields[4].to_owned())
        })
        .collect();
    let built: BTreeSet<_> = clustersync::plugin::FUNCTIONS
        .iter()
        .map(|f| (f.symbol.to_owned(), f.name.to_owned(), f.min.to_string(), f.max.to_string()))
        .collect();
    assert_eq!(described, built, "the descriptor and plugin::FUNCTIONS differ");

    let readme = read(&root().join("README.md"));
    let documented: BTreeSet<_> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `clusterSync::"))
        .map(|row| row.split('(').next().expect("a name").to_owned())
        .collect();
    let names: BTreeSet<_> = built.into_iter().map(|(_, name, ..)| name).collect();
    assert_eq!(documented, names, "the README's function table and the descriptor differ");
}

#[test]
fn every_file_says_first_what_it_is_and_has_kept_its_shape() {
    let folders = ["src", "include", "tests"].map(|folder| root().join(folder));
    let extensions = ["rs", "cpp", "h"];
    for file in extensions.iter().flat_map(|own| folders.iter().flat_map(|folder| files(folder, own))) {
        let (text, name) = (read(&file), file.display());
        let lines = text.lines().count();
        assert!(lines <= 400, "{name} has {lines} lines: which noun or verb is missing?");
        let introduced = ["//! ", "// ", "/*"].iter().any(|start| text.starts_with(start));
        assert!(introduced, "the first line of {name} does not say what it is");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Every file below `folder` whose name ends in `.extension`.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
    found
}

/// The code above the file's test module, which may use what it likes.
fn without_tests(text: &str) -> String {
    text.split("#[cfg(test)]\nmod tests").next().expect("a first part").to_owned()
}

/// The modules of this crate that `text` names as `crate::module`.
fn uses(text: &str) -> Vec<String> {
    text.split("crate::")
        .skip(1)
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect()
}
