//! What crashes servers, in the order of plugin-abi §8, and the tests that keep it from happening.
use std::fs;
use std::path::Path;

/// Number, danger, and the tests that would fail.
const CRASH_LIST: &[(usize, &str, &[&str])] = &[
    (
        1,
        "a virtual table of another release",
        &[
            "every_falsified_number_of_every_row_is_refused_and_the_server_lives",
            "an_unknown_release_is_refused_and_the_server_lives",
        ],
    ),
    (
        2,
        "the other layout of std::string, or a second C++ runtime",
        &[
            "an_edition_without_a_known_layout_is_refused_and_the_server_lives",
            "the_edition_with_newer_strings_syncs_where_its_layout_is_known",
            "the_runtime_is_the_server_s",
        ],
    ),
    (
        3,
        "a holder whose count lies elsewhere",
        &[
            "every_row_is_admitted_and_no_object_is_left",
            "every_falsified_number_of_every_row_is_refused_and_the_server_lives",
        ],
    ),
    (4, "the slot of the destructor", &["every_row_is_admitted_and_no_object_is_left"]),
    (
        5,
        "exceptions in Rust, panics in the server",
        &["a_panic_is_an_error_that_names_it", "the_default_edition_of_every_release_syncs"],
    ),
    (
        6,
        "a version gate that only compares text",
        &[
            "a_descriptor_of_another_version_is_refused_by_the_server",
            "an_unknown_release_is_refused_and_the_server_lives",
        ],
    ),
    (7, "calls without heap or session", &["a_call_without_a_heap_is_refused_in_words"]),
    (
        8,
        "names that the server has, too",
        &[
            "the_library_exports_the_names_of_the_descriptor_and_nothing_else",
            "the_same_names_elsewhere_in_the_process_change_nothing",
            "no_reserved_name_is_exported",
        ],
    ),
    (
        9,
        "closing the library, and the end of the process",
        &[
            "the_library_stays_loaded_and_resolves_inside_first",
            "opening_the_library_starts_no_thread_and_takes_no_memory",
            "a_load_that_fails_leaves_room_for_one_that_succeeds",
            "a_server_that_is_told_to_end_does_so_while_a_run_is_active",
        ],
    ),
    (
        10,
        "another allocator, or threads that the server does not know",
        &["the_runtime_is_the_server_s", "a_reference_dropped_outside_a_call_waits"],
    ),
    (
        11,
        "temporary, computed, compressed and distributed arguments; names that are nowhere",
        &[
            "temporary_arguments_survive_the_calls_made_with_them",
            "every_kind_of_vector_is_read_alike",
            "arguments_of_odd_forms_are_refused_in_words",
            "nothing_is_asked_of_the_process_but_the_system_s_own_names",
        ],
    ),
];

#[test]
fn every_item_of_the_crash_list_has_its_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = String::new();
    ["src", "tests"].iter().for_each(|folder| read(&root.join(folder), &mut sources));
    assert_eq!(
        CRASH_LIST.iter().map(|(number, ..)| *number).collect::<Vec<_>>(),
        (1..=11).collect::<Vec<_>>()
    );
    for (number, danger, tests) in CRASH_LIST {
        for test in *tests {
            assert!(
                sources.contains(&format!("#[test]\nfn {test}("))
                    || sources.contains(&format!("    fn {test}(")),
                "item {number} ({danger}) lacks {test}"
            );
        }
    }
}

/// Adds every Rust source below `folder` to `all`.
fn read(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push_str(&fs::read_to_string(path).expect("a source"));
        }
    }
}
