//! What the library does when it is opened, and what of it meets the rest of a server's process.
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::server::{Home, library, printed};

/// Names that a server looks for in every plugin and calls at once.
const RESERVED: &[&str] =
    &["version", "initialize", "pluginInfo", "isCommercialPlugin", "setLogLevel", "getLogLevel"];

/// Opens a library and fails when the library itself took memory or started a thread meanwhile.
const WATCH: &str = r#"
    #define _GNU_SOURCE
    #include <dirent.h>
    #include <dlfcn.h>
    #include <stdio.h>
    #include <string.h>
    extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
    static void *callers[100000];
    static int calls, watching;
    static void note(void *caller) { if (watching && calls < 100000) callers[calls++] = caller; }
    void *malloc(size_t n) { note(__builtin_return_address(0)); return __libc_malloc(n); }
    void *calloc(size_t n, size_t m) { note(__builtin_return_address(0)); return __libc_calloc(n, m); }
    void *realloc(void *p, size_t n) { note(__builtin_return_address(0)); return __libc_realloc(p, n); }
    void *_Znwm(size_t n) { note(__builtin_return_address(0)); return __libc_malloc(n); }
    static int threads(void) {
        DIR *all = opendir("/proc/self/task");
        int count = 0;
        while (readdir(all)) ++count;
        closedir(all);
        return count;
    }
    int main(int count, char **paths) {
        int before = threads(), own = 0;
        watching = 1;
        void *library = dlopen(paths[1], RTLD_NOW | RTLD_LOCAL);
        watching = 0;
        if (!library) { puts(dlerror()); return 1; }
        for (int i = 0; i < calls; ++i) {
            Dl_info info;
            if (dladdr(callers[i], &info) && strcmp(info.dli_fname, paths[1]) == 0) ++own;
        }
        printf("%d allocations of its own among %d, %d new threads\n", own, calls, threads() - before);
        return count != 2 || own || !calls || threads() != before;
    }
"#;

fn compiled(folder: &tempfile::TempDir, source: &str, arguments: &[&str]) -> std::path::PathBuf {
    let (file, product) = (folder.path().join("source.c"), folder.path().join("product"));
    fs::write(&file, source).expect("the source");
    let status = Command::new("gcc").arg(&file).arg("-o").arg(&product).args(arguments).status();
    assert!(status.expect("gcc runs").success());
    product
}

fn nm(arguments: &[&str]) -> String {
    let output = Command::new("nm").args(arguments).arg(library()).output().expect("nm runs");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn opening_the_library_starts_no_thread_and_takes_no_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let watch = compiled(&folder, WATCH, &["-w", "-rdynamic", "-ldl"]);
    let output = Command::new(&watch).arg(library()).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    // A library that does either is noticed.
    let loud =
        "#include <stdlib.h>\n void *kept; __attribute__((constructor)) void begin() { kept = malloc(9); }";
    let other = tempfile::tempdir().expect("a folder");
    let loud = compiled(&other, loud, &["-shared", "-fPIC"]);
    let output = Command::new(&watch).arg(loud).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn no_reserved_name_is_exported() {
    let exported = nm(&["-D", "--defined-only"]);
    let exported: BTreeSet<_> = exported.lines().filter_map(|line| line.split(' ').next_back()).collect();
    assert!(!exported.is_empty());
    assert!(RESERVED.iter().all(|name| !exported.contains(name)), "{exported:?}");
}

/// The server's own C++ runtime and allocator are the only ones in the process: an empty string of
/// the older layout is a static of the runtime, which another one would free.
#[test]
fn the_runtime_is_the_server_s() {
    let own = nm(&["--defined-only"]);
    assert!(own.contains("cs_enter"), "the library has its symbols");
    assert!(!own.contains("_S_empty_rep_storage") && !own.contains("__cxa_throw"));
    let foreign = nm(&["-D", "--undefined-only"]);
    for name in ["_S_empty_rep_storage", "__cxa_throw", "_Unwind_Resume", "malloc", "free"] {
        assert!(foreign.contains(name), "{name} is asked of the process: {foreign}");
    }
}

/// A server resolves everything at once and refuses the library when a single name is nowhere.
#[test]
fn nothing_is_asked_of_the_process_but_the_system_s_own_names() {
    let foreign = nm(&["-D", "--undefined-only"]);
    let needed = foreign.lines().map(str::trim_start).filter(|line| line.starts_with("U "));
    let unversioned: Vec<_> = needed.filter(|line| !line.contains('@')).collect();
    assert!(unversioned.is_empty(), "{unversioned:?}");
}

/// A server's libraries export a hundred thousand names, which come first in the process. None may
/// take the place of one of ours.
#[test]
fn the_same_names_elsewhere_in_the_process_change_nothing() {
    let ours = nm(&["--defined-only"]);
    // Our copies of the exception classes bear names that every server has anyhow.
    let cpp = |name: &&str| name.starts_with("cs_") || name.contains("11clustersync");
    let names: BTreeSet<_> = ours
        .lines()
        .filter_map(|line| line.split(' ').next_back())
        .filter(cpp)
        .filter(|name| !name.contains(['.', '$']) && !name.starts_with("_R") && !name.contains("17h"))
        .collect();
    assert!(names.len() > 50, "{names:?}");
    let traps = names.iter().enumerate().map(|(number, name)| {
        format!("void trap{number}(void) __asm__(\"{name}\"); void trap{number}(void) {{ abort(); }}\n")
    });
    let folder = tempfile::tempdir().expect("a folder");
    let source = format!("#include <stdlib.h>\n{}", traps.collect::<String>());
    let traps = compiled(&folder, &source, &["-w", "-shared", "-fPIC"]);
    let script = r#"
        loadPlugin("{PLUGIN}")
        print("clusters: " + string(size(clusterSync::getClusters())))
        try { clusterSync::syncOnline(1, "dfs://none") } catch(ex) { print(ex) }
        try { clusterSync::fingerprint("dfs://none", "t") } catch(ex) { print(ex) }
    "#;
    let home = Home::new("3.00.3");
    let text =
        printed(&home.command("3.00.3", script).env("LD_PRELOAD", &traps).output().expect("minnow runs"));
    assert!(text.contains("clusters: 0") && text.contains("remote must be a dictionary"), "{text}");
}
