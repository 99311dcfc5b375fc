//! `scripts/check-server` on small libraries of our own, and on the vendor's real kernel, which is
//! read as a file and never loaded.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workshop::{compile, row, said, script};

/// The newest kernel that anyone can download.
const WHEEL: &str = "pyswordfish==3.0.4.*";
const KERNEL_RELEASE: &str = "3.00.4";

/// Three classes: one leaves a method to others, one has it from its base, one has its own.
const SERVER: &str = "#include <string>\n\
    namespace ddb {\n\
    struct Util { static std::string VER; };\n\
    std::string Util::VER = \"3.00.3\";\n\
    struct Constant { virtual ~Constant(); virtual int size() const = 0; virtual int rows() const; };\n\
    Constant::~Constant() {} int Constant::rows() const { return 1; }\n\
    struct Int : Constant { int size() const; };\n\
    int Int::size() const { return 1; }\n\
    struct Other {}; struct Both : Int, Other { int rows() const; };\n\
    int Both::rows() const { return 2; }\n\
    void* made() { static Int one; static Both both; return &one + (long)&both; }\n\
    }\n";

const ROW: &str = "# a row\n\
    namespace\tclasses\tddb\n\
    export\tversion\t_ZN3ddb4Util3VERE\n\
    offset\tConstant.flag\t12\n\
    slot\tConstant.destroy\t1\tD0Ev\n\
    slot\tConstant.size\t2\t4sizeEv\n\
    slot\tConstant.rows\t3\t4rowsEv\n";

/// What `scripts/check-server` says of our library and `row`, once it has ended with `code`.
fn check(code: i32, row: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let (library, believed) = (folder.path().join("libDolphinDB.so"), folder.path().join("row.tsv"));
    compile(SERVER, &library, false);
    fs::write(&believed, row).expect("the row");
    said(script("check-server").arg(&library).arg("--row").arg(believed), code)
}

#[test]
fn a_library_that_agrees_is_reported_with_what_was_seen() {
    let report = check(0, ROW);
    for part in ["version: 3.00.3", "namespace: ddb, std::string: default", "offsets Constant.flag"] {
        assert!(report.contains(part), "{report}");
    }
    assert!(report.contains("slot 2 Constant.size: in 2 of 3 classes"), "{report}");
    assert!(report.contains("slot 3 Constant.rows: in 3 of 3 classes"), "{report}");
}

#[test]
fn each_wrong_number_or_name_contradicts() {
    for (right, wrong) in [
        ("destroy\t1", "destroy\t0"),
        ("size\t2", "size\t3"),
        ("rows\t3", "rows\t4"),
        ("rows\t3", "rows\t2000000"),
        ("4sizeEv", "4sizeEi"),
        ("3VERE", "4VERSE"),
    ] {
        let row = ROW.replace(right, wrong);
        assert_ne!(row, ROW, "{right}");
        let report = check(1, &row);
        assert!(report.contains("CONTRADICTS"), "{wrong}: {report}");
    }
}

#[test]
fn a_class_that_the_library_does_not_show_is_not_taken_for_agreement() {
    let report = check(1, &format!("{ROW}slot\tSession.getFunctionDef\t25\t14getFunctionDefERKSs\n"));
    assert!(report.contains("not shown   slot 25 Session.getFunctionDef: 0 classes"), "{report}");
}

#[test]
fn a_release_without_a_row_and_a_file_that_is_none_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let library = folder.path().join("libDolphinDB.so");
    compile(&SERVER.replace("3.00.3", "3.00.99.2"), &library, false);
    let text = said(script("check-server").arg(folder.path()), 1);
    assert!(text.contains("version: 3.00.99.2") && text.contains("Release 3.00.99"), "{text}");
    fs::write(&library, "text").expect("a file");
    said(script("check-server").arg(folder.path()), 2);
}

#[test]
fn the_real_kernel_agrees_with_its_row_and_contradicts_every_falsified_line() {
    let Some(kernel) = real_kernel() else { return };
    said(script("check-server").arg(&kernel), 0);
    let row = row(KERNEL_RELEASE);
    let higher = falsified(&row, &|fields| fields[2] = (fields[2].parse::<u32>().unwrap() + 1).to_string());
    let lower = falsified(&row, &|fields| fields[2] = (fields[2].parse::<u32>().unwrap() - 1).to_string());
    let renamed = falsified(&row, &|fields| fields[3].push('x'));
    for (what, row) in [("higher", higher), ("lower", lower), ("renamed", renamed)] {
        let report = check_kernel(&kernel, &row);
        let kept: Vec<_> =
            report.lines().filter(|line| line.starts_with("agrees") && !line.contains("version")).collect();
        assert!(kept.is_empty(), "{what}: {kept:#?}");
        assert_eq!(
            report.matches("CONTRADICTS ").count(),
            5 + row.matches("slot\t").count() - 1,
            "{what}: {report}"
        );
    }
}

/// The row with every slot changed and every export renamed, but for the version.
fn falsified(row: &str, change: &dyn Fn(&mut Vec<String>)) -> String {
    let lines = row.lines().map(|line| {
        let mut fields: Vec<String> = line.split('\t').map(Into::into).collect();
        match fields[0].as_str() {
            "slot" => change(&mut fields),
            "export" if fields[1] != "version" => fields[2].push('x'),
            _ => {}
        }
        fields.join("\t") + "\n"
    });
    lines.collect()
}

fn check_kernel(kernel: &Path, row: &str) -> String {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), row).expect("the row");
    said(script("check-server").arg(kernel).arg("--row").arg(file.path()), 1)
}

/// The kernel's library out of the vendor's wheel, kept between runs outside of the sources.
fn real_kernel() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| std::env::home_dir().map(|home| home.join(".cache")))?.join("clustersync");
    if let Some(kernel) = kernel_in(&cache) {
        return Some(kernel);
    }
    fs::create_dir_all(&cache).ok()?;
    let fresh = tempfile::tempdir_in(&cache).ok()?;
    let mut pip = Command::new(std::env::var_os("MINNOW_PYTHON").unwrap_or_else(|| "python3".into()));
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest"]);
    let output = pip.arg(fresh.path()).arg(WHEEL).output().ok()?;
    if !output.status.success() {
        eprintln!("skipped: {WHEEL} cannot be had: {}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    let unpack = "import glob, sys, zipfile\n\
        wheel = zipfile.ZipFile(glob.glob(sys.argv[1] + '/*.whl')[0])\n\
        wheel.extract(next(name for name in wheel.namelist() if 'libSwordfish' in name), sys.argv[1])";
    said(Command::new("python3").args(["-c", unpack]).arg(fresh.path()), 0);
    let kernel = cache.join(kernel_in(&fresh.path().join("pyswordfish.libs"))?.file_name()?);
    fs::rename(kernel_in(&fresh.path().join("pyswordfish.libs"))?, &kernel).ok()?;
    Some(kernel)
}

fn kernel_in(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    entries.flatten().map(|entry| entry.path()).find(|path| path.to_string_lossy().contains("libSwordfish-"))
}
