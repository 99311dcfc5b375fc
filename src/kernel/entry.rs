//! Where the server enters: the exported names, and the one function behind them.
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::answer::give;
use super::check;
use super::convert::{to_datum, to_value};
use super::local::Local;
use super::sys::*;
use super::thread::Visit;
use super::value::Value;
use crate::data::Datum;
use crate::error::{Error, Kind, Result, panic_text};
use crate::plugin::{FUNCTIONS, Function};

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
compile_error!("the server's binary interface is known for Linux on x86-64, and compiles for aarch64");

/// The body of a forwarder. The server's arguments are the hidden place of the result (rdi), heap and
/// arguments (rsi, rdx).
#[cfg(target_arch = "x86_64")]
macro_rules! jump {
    ($index:literal) => {
        core::arch::naked_asm!(
            "mov ecx, {index}",
            "lea r8, [rip + {run}]",
            "jmp {enter}",
            index = const $index,
            run = sym run,
            enter = sym cs_enter,
        )
    };
}

/// The body of a forwarder. The hidden place of the result has a register of its own (x8); heap and
/// arguments are the first two (x0, x1).
#[cfg(target_arch = "aarch64")]
macro_rules! jump {
    ($index:literal) => {
        core::arch::naked_asm!(
            "mov w2, {index}",
            "adrp x3, {run}",
            "add x3, x3, :lo12:{run}",
            "b {enter}",
            index = const $index,
            run = sym run,
            enter = sym cs_enter,
        )
    };
}

/// Exports one name per function of the plugin. A cdylib hides C++ symbols, so the name is Rust's;
/// it adds the function's number and our half of the contract to the server's own arguments, which
/// stay in their registers, and jumps: the shim returns to the server, or throws, as if it had been
/// called directly.
macro_rules! forward {
    ($($index:literal => $symbol:ident),* $(,)?) => {
        $(
            /// # Safety
            /// Called by the server as the descriptor's `system` line promises.
            #[unsafe(naked)]
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $symbol() {
                jump!($index)
            }
        )*

        /// The exported names, in the order of the plugin's functions.
        #[cfg(test)]
        const SYMBOLS: &[(usize, &str)] = &[$(($index, stringify!($symbol))),*];
    };
}

forward! {
    0 => clusterSyncSyncOnline,
    1 => clusterSyncSetCluster,
    2 => clusterSyncGetClusters,
    3 => clusterSyncDropCluster,
    4 => clusterSyncTestCluster,
    5 => clusterSyncPlanSync,
    6 => clusterSyncResumeRun,
    7 => clusterSyncGetRuns,
    8 => clusterSyncGetRunTables,
    9 => clusterSyncGetRunPartitions,
    10 => clusterSyncVerify,
    11 => clusterSyncFingerprint,
    12 => clusterSyncSyncOffline,
    13 => clusterSyncBackupTo,
    14 => clusterSyncShipTo,
    15 => clusterSyncRestoreFrom,
    16 => clusterSyncSetRoots,
    17 => clusterSyncGetRoots,
    18 => clusterSyncSetRateLimit,
    19 => clusterSyncCancelRun,
    20 => clusterSyncPauseRun,
    21 => clusterSyncWaitRun,
    22 => clusterSyncExportBundle,
    23 => clusterSyncInspectBundle,
    24 => clusterSyncImportBundle,
    25 => clusterSyncVerifyRows,
    26 => clusterSyncGetDDL,
    27 => clusterSyncServeFiles,
    28 => clusterSyncReport,
    29 => clusterSyncCheckSetup,
    30 => clusterSyncSetConfig,
    31 => clusterSyncGetConfig,
    32 => clusterSyncFollow,
    33 => clusterSyncGetFollows,
}

/// Runs function number `index` and writes its result or its failure; never unwinds.
///
/// # Safety
/// Called by the shim on a thread of the server, with the heap and the arguments of the server's
/// call and places for the answer.
unsafe extern "C" fn run(
    index: u32,
    heap: *mut c_void,
    args: *const cs_value,
    count: usize,
    result: *mut cs_value,
    failure: *mut cs_failure,
) -> cs_outcome {
    let function = &FUNCTIONS[index as usize];
    // SAFETY: as the caller promises.
    let outcome = guarded(|| unsafe { answer(function, heap, args, count) });
    match outcome {
        Ok(value) => {
            // SAFETY: the shim gives a place for the result.
            unsafe { *result = value };
            CS_OUTCOME_DONE
        }
        Err(error) => {
            let texts = cs_failure { origin: give(function.name), message: give(&error.to_string()) };
            // SAFETY: the shim gives a place for the failure.
            unsafe { *failure = texts };
            match error.kind() {
                Kind::Argument => CS_OUTCOME_ARGUMENT,
                Kind::Abi => CS_OUTCOME_REFUSED,
                _ => CS_OUTCOME_FAILED,
            }
        }
    }
}

/// # Safety
/// As for [`run`].
unsafe fn answer(
    function: &Function,
    heap: *mut c_void,
    args: *const cs_value,
    count: usize,
) -> Result<cs_value> {
    check::known_server()?;
    // SAFETY: the server called in on this thread, and its interface is bound.
    let visit = unsafe { Visit::begin() };
    // SAFETY: the heap is the one of this call.
    let session = unsafe { check::admitted_session(heap) }?;
    visit.serve(&session);
    let args = (0..count).map(|index| {
        // SAFETY: there are `count` arguments, which the server keeps during the call; sharing adds
        // a reference of our own.
        to_datum(&Value::adopt(unsafe { cs_share(*args.add(index)) }))
    });
    let args: Vec<Datum> = args.collect::<Result<_>>()?;
    let result = (function.run)(&mut Local::new(session), &args)?;
    drop(args);
    Ok(to_value(&session, &result)?.into_raw())
}

/// What `call` answers; a panic, which must not reach the server, is an error.
fn guarded<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| Err(defect(panic_text(&*panic))))
}

fn defect(text: &str) -> Error {
    Error::new(Kind::Bug, format!("clusterSync met a defect of its own: {text}"))
        .advise("please report it with what was called")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_has_its_forwarder() {
        let functions: Vec<_> = FUNCTIONS.iter().map(|function| function.symbol).enumerate().collect();
        assert_eq!(SYMBOLS, functions);
    }

    #[test]
    fn the_descriptor_lists_every_function() {
        let descriptor = include_str!("../../plugin-descriptor/PluginClusterSync.txt");
        let lines =
            FUNCTIONS.iter().map(|f| format!("{},{},system,{},{},0\n", f.symbol, f.name, f.min, f.max));
        let expected =
            format!("clusterSync,libPluginClusterSync.so,{{VERSION}}\n{}", lines.collect::<String>());
        assert_eq!(descriptor, expected);
    }

    #[test]
    fn a_panic_is_an_error_that_names_it() {
        let error = guarded(|| -> Result<()> { panic!("index 7 of 3") }).unwrap_err();
        assert_eq!(error.kind(), Kind::Bug);
        assert!(error.message().ends_with("a defect of its own: index 7 of 3"), "{error}");
    }

    #[test]
    fn outside_a_server_a_call_is_refused_in_one_sentence() {
        let mut result = cs_value::default();
        let mut failure = cs_failure::default();
        // SAFETY: refused before any of the arguments is looked at.
        let outcome = unsafe { run(0, std::ptr::null_mut(), std::ptr::null(), 0, &mut result, &mut failure) };
        assert_eq!(outcome, CS_OUTCOME_REFUSED);
        let message = super::super::answer::take(failure.message);
        super::super::answer::take(failure.origin);
        assert!(message.contains("no DolphinDB server"), "{message}");
        assert!(!message.contains('\n'));
    }
}
