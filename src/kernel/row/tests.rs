//! The rows of `include/abi`: complete, readable, and able to tell a symbol from its neighbours.
use super::*;

fn rows() -> impl Iterator<Item = (&'static str, Row)> {
    ROWS.iter().map(|(release, text)| (*release, Row::parse(text).expect(release)))
}

#[test]
fn every_row_has_exactly_what_the_shim_takes() {
    for (release, row) in rows() {
        row.resolve(|_| Some(8 as *mut libc::c_void)).expect(release);
        let newer = match release {
            "1.30.23" => 9,
            "2.00.9" => 2,
            _ => 0,
        };
        assert_eq!(row.slots.len() + newer, size_of::<cs_slots>() / size_of::<u32>(), "{release}");
        assert_eq!(row.offsets.len(), size_of::<cs_offsets>() / size_of::<u32>(), "{release}");
        assert!(row.version_symbol().is_some(), "{release}");
    }
}

#[test]
fn a_missing_export_is_named() {
    let (_, row) = rows().find(|(release, _)| *release == "3.00.3").expect("a row");
    let refused = row.resolve(|name| (!name.contains("createTable")).then_some(8 as *mut _));
    assert!(refused.unwrap_err().contains("_ZN3ddb4Util11createTable"));
}

#[test]
fn a_line_that_is_no_entry_is_refused() {
    for line in
        ["slot\tConstant.get\tsix\t3getEi", "slot\tget\t6\t3getEi", "offset\tCounter.size", "x\ty\tz", ""]
    {
        assert!(Row::parse(Box::leak(format!("{line}\n").into_boxed_str())).is_err(), "{line}");
    }
}

#[test]
fn two_slots_of_a_class_never_share_a_position() {
    for (release, row) in rows() {
        let mut positions: Vec<_> = row.slots.iter().map(|slot| (slot.class, slot.position)).collect();
        positions.sort_unstable();
        assert!(positions.windows(2).all(|pair| pair[0] != pair[1]), "{release}");
    }
}

#[test]
fn editions_of_a_release_differ_in_names_strings_and_the_session_only() {
    for (index, (release, row)) in rows().enumerate().filter(|(_, (_, row))| row.own_strings) {
        let (other, shared) = rows().nth(index - 1).expect("the default edition comes first");
        assert_eq!((release, false), (other, shared.own_strings));
        let numbers = |row: &Row| row.slots.iter().map(|slot| slot.position).collect::<Vec<_>>();
        assert_eq!(numbers(&row), numbers(&shared), "{release}");
        for (own, shared) in row.offsets.iter().zip(&shared.offsets) {
            assert!(own == shared || own.0 == "Session.flag", "{release} {}", own.0);
        }
        assert_ne!(row.version_symbol(), shared.version_symbol(), "{release}");
    }
}

#[test]
fn a_symbol_is_told_from_its_overloads_and_neighbours() {
    let slot = |ending| Slot { class: "", method: "", position: 0, ending };
    let cases = [
        ("3getEi", "_ZNK3ddb8Constant3getEi", true),
        ("3getEi", "_ZNK3ddb8Constant3getEii", false),
        ("7setBoolEiiPKc", "_ZN3ddb14AbstractScalarIcE7setBoolEiiPKc", true),
        ("7setBoolEiiPKc", "_ZN3ddb14AbstractScalarIcE7setCharEiiPKc", false),
        ("D0Ev", "_ZN3ddb3IntD0Ev", true),
        ("D0Ev", "_ZN3ddb3IntD1Ev", false),
        ("3setEiRK*E", "_ZN3ddb9AnyVector3setEiRKNS_12SmartPointerINS_8ConstantEEE", true),
        ("3setEiRK*E", "_ZN3ddb9AnyVector3setEiRKNS_12SmartPointerINS_8ConstantEEEi", false),
        ("3setERKSsRK*", "_ZN3ddb10Dictionary3setERKSsRKNS_12SmartPointerINS_8ConstantEEE", true),
        ("3setERKSsRK*", "_ZN3ddb3ImpI8ConstantE3setERKSsRKS6_", true),
        ("3setERKSsRK*", "_ZN3ddb10Dictionary3setERNS_8ConstantES2_", false),
        ("4sizeEv", "__cxa_pure_virtual", false),
    ];
    for (ending, symbol, expected) in cases {
        assert_eq!(slot(ending).implemented_by(symbol), expected, "{ending} {symbol}");
    }
    let call = slot("4callEPNS_4HeapERSt6vector*8Constant*");
    assert!(call.implemented_by(
        "_ZN3ddb11FunctionDef4callEPNS_4HeapERSt6vectorINS_12SmartPointerINS_8ConstantEEESaIS6_EE"
    ));
    assert!(!call.implemented_by(
        "_ZN3ddb11FunctionDef4callEPNS_4HeapERSt6vectorINS_12SmartPointerINS_6ObjectEEESaIS6_EE"
    ));
    assert!(
        !call.implemented_by("_ZN3ddb11FunctionDef4callEPNS_4HeapERKNS_12SmartPointerINS_8ConstantEEES7_")
    );
}
