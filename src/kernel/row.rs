//! The binary interface of a server release, read from `include/abi`.
//!
//! Supporting a further release is a new file there (`scripts/abi-rows` writes them) and one line in
//! [`ROWS`]; no code knows a number of any release.
use super::sys::{CS_NO_SLOT, cs_exports, cs_offsets, cs_row, cs_slots};

/// The servers that this build knows, by the first three parts of their version. A release has a
/// row for each layout of `std::string` that its editions come with, as far as it is known.
pub(super) const ROWS: &[(&str, &str)] = &[
    ("1.30.23", include_str!("../../include/abi/1.30.23.tsv")),
    ("2.00.9", include_str!("../../include/abi/2.00.9.tsv")),
    ("2.00.10", include_str!("../../include/abi/2.00.10.tsv")),
    ("2.00.11", include_str!("../../include/abi/2.00.11.tsv")),
    ("2.00.12", include_str!("../../include/abi/2.00.12.tsv")),
    ("2.00.12", include_str!("../../include/abi/2.00.12-abi1.tsv")),
    ("2.00.13", include_str!("../../include/abi/2.00.13.tsv")),
    ("2.00.14", include_str!("../../include/abi/2.00.14.tsv")),
    ("2.00.15", include_str!("../../include/abi/2.00.15.tsv")),
    ("2.00.16", include_str!("../../include/abi/2.00.16.tsv")),
    ("2.00.16", include_str!("../../include/abi/2.00.16-abi1.tsv")),
    ("3.00.0", include_str!("../../include/abi/3.00.0.tsv")),
    ("3.00.0", include_str!("../../include/abi/3.00.0-abi1.tsv")),
    ("3.00.1", include_str!("../../include/abi/3.00.1.tsv")),
    ("3.00.2", include_str!("../../include/abi/3.00.2.tsv")),
    ("3.00.2", include_str!("../../include/abi/3.00.2-abi1.tsv")),
    ("3.00.3", include_str!("../../include/abi/3.00.3.tsv")),
    ("3.00.3", include_str!("../../include/abi/3.00.3-abi1.tsv")),
    ("3.00.4", include_str!("../../include/abi/3.00.4.tsv")),
];

/// The releases of [`ROWS`], each once.
pub(super) fn releases() -> Vec<&'static str> {
    let mut releases: Vec<_> = ROWS.iter().map(|(release, _)| *release).collect();
    releases.dedup();
    releases
}

/// One release's numbers and names.
#[derive(Debug)]
pub(super) struct Row {
    pub slots: Vec<Slot>,
    offsets: Vec<(&'static str, u32)>,
    exports: Vec<(&'static str, &'static str)>,
    in_namespace: bool,
    own_strings: bool,
}

/// One virtual function.
#[derive(Debug)]
pub(super) struct Slot {
    /// The class that has it; what `Constant` has, every value has.
    pub class: &'static str,
    pub method: &'static str,
    /// Its position in the virtual table.
    pub position: u32,
    /// How the mangled name of every implementation ends; `*` stands for any text.
    pub ending: &'static str,
}

impl Row {
    pub fn parse(text: &'static str) -> Result<Row, String> {
        let mut row =
            Row { slots: vec![], offsets: vec![], exports: vec![], in_namespace: false, own_strings: false };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&'static str> = line.split('\t').collect();
            row.add(&fields).ok_or_else(|| format!("cannot read the line `{line}`"))?;
        }
        Ok(row)
    }

    fn add(&mut self, fields: &[&'static str]) -> Option<()> {
        match *fields {
            ["slot", name, position, ending] => {
                let (class, method) = name.split_once('.')?;
                self.slots.push(Slot { class, method, position: position.parse().ok()?, ending });
            }
            ["offset", name, bytes] => self.offsets.push((name, bytes.parse().ok()?)),
            ["export", name, mangled] => self.exports.push((name, mangled)),
            ["namespace", "classes", name @ ("ddb" | "global")] => self.in_namespace = name == "ddb",
            ["strings", "layout", layout @ ("own" | "shared")] => self.own_strings = layout == "own",
            _ => return None,
        }
        Some(())
    }

    /// The name that the server exports its version under.
    pub fn version_symbol(&self) -> Option<&'static str> {
        self.exports.iter().find(|(name, _)| *name == "version").map(|(_, mangled)| *mangled)
    }

    /// The names of the row's offsets.
    pub fn offset_names(&self) -> impl Iterator<Item = &'static str> {
        self.offsets.iter().map(|(name, _)| *name)
    }

    /// The row as the shim takes it, where `address` knows the server's exported names. The error
    /// names what the row or the server lacks.
    pub fn resolve(&self, address: impl Fn(&str) -> Option<*mut libc::c_void>) -> Result<cs_row, String> {
        let export = |name: &str| {
            let (_, mangled) = find(&self.exports, name)?;
            address(mangled).ok_or_else(|| format!("the server does not export {mangled}"))
        };
        let exported = cs_exports {
            create_constant: export("createConstant")?,
            create_vector: export("createVector")?,
            create_table: export("createTable")?,
            create_dictionary: export("createDictionary")?,
            block_cells: export("blockCells")?.cast_const().cast(),
        };
        Ok(cs_row {
            slot: self.slot_numbers()?,
            offset: self.offset_numbers()?,
            exported,
            in_namespace: self.in_namespace,
            own_strings: self.own_strings,
        })
    }

    fn slot_numbers(&self) -> Result<cs_slots, String> {
        let constant = |method: &str| self.position("Constant", method);
        // The releases before these types have no methods for them.
        let newer = |class, method| self.position(class, method).unwrap_or(CS_NO_SLOT);
        Ok(cs_slots {
            destroy: constant("destroy")?,
            get_string: constant("getString")?,
            get: constant("get")?,
            get_column: constant("getColumn")?,
            get_bool_const: constant("getBoolConst")?,
            get_char_const: constant("getCharConst")?,
            get_short_const: constant("getShortConst")?,
            get_int_const: constant("getIntConst")?,
            get_long_const: constant("getLongConst")?,
            get_float_const: constant("getFloatConst")?,
            get_double_const: constant("getDoubleConst")?,
            get_string_const: constant("getStringConst")?,
            get_binary_const: constant("getBinaryConst")?,
            set: constant("set")?,
            set_bool: constant("setBool")?,
            set_char: constant("setChar")?,
            set_short: constant("setShort")?,
            set_int: constant("setInt")?,
            set_long: constant("setLong")?,
            set_float: constant("setFloat")?,
            set_double: constant("setDouble")?,
            set_string: constant("setString")?,
            set_binary: constant("setBinary")?,
            set_null_flag: constant("setNullFlag")?,
            get_decimal32_const: newer("Constant", "getDecimal32Const"),
            get_decimal64_const: newer("Constant", "getDecimal64Const"),
            get_decimal128_const: newer("Constant", "getDecimal128Const"),
            set_decimal32: newer("Constant", "setDecimal32"),
            set_decimal64: newer("Constant", "setDecimal64"),
            set_decimal128: newer("Constant", "setDecimal128"),
            get_extra_param_for_type: newer("Constant", "getExtraParamForType"),
            get_string_at: constant("getStringAt")?,
            set_strings: constant("setStrings")?,
            size: constant("size")?,
            rows: constant("rows")?,
            columns: constant("columns")?,
            keys: constant("keys")?,
            values: constant("values")?,
            is_fast_mode: constant("isFastMode")?,
            get_data_array: constant("getDataArray")?,
            get_data_segment: constant("getDataSegment")?,
            get_segment_size: constant("getSegmentSize")?,
            vector_flatten: newer("Vector", "flatten"),
            vector_row_size: newer("Vector", "rowSize"),
            table_get_column_name: self.position("Table", "getColumnName")?,
            dictionary_set: self.position("Dictionary", "set")?,
            session_get_function_def: self.position("Session", "getFunctionDef")?,
            function_call: self.position("FunctionDef", "call")?,
        })
    }

    fn offset_numbers(&self) -> Result<cs_offsets, String> {
        let offset = |name| find(&self.offsets, name).map(|(_, bytes)| bytes);
        Ok(cs_offsets {
            constant_flag: offset("Constant.flag")?,
            counter_size: offset("Counter.size")?,
            counter_object: offset("Counter.object")?,
            counter_foreign: offset("Counter.foreign")?,
            counter_count: offset("Counter.count")?,
            heap_session: offset("Heap.session")?,
            session_flag: offset("Session.flag")?,
        })
    }

    fn position(&self, class: &str, method: &str) -> Result<u32, String> {
        let slot = self.slots.iter().find(|slot| slot.class == class && slot.method == method);
        slot.map(|slot| slot.position).ok_or_else(|| format!("the row has no slot {class}.{method}"))
    }
}

fn find<T: Copy>(items: &[(&'static str, T)], name: &str) -> Result<(&'static str, T), String> {
    let item = items.iter().find(|(own, _)| *own == name);
    item.copied().ok_or_else(|| format!("the row has no {name}"))
}

impl Slot {
    /// Whether `symbol` is an implementation of this method, whatever the class.
    pub fn implemented_by(&self, symbol: &str) -> bool {
        let Some((start, end)) = self.ending.split_once('*') else {
            return symbol.ends_with(self.ending);
        };
        let Some(at) = symbol.rfind(start) else { return false };
        let rest = &symbol[at + start.len()..];
        match end.split_once('*') {
            None => rest.ends_with(end),
            Some((middle, end)) => rest.contains(middle) && rest.ends_with(end),
        }
    }
}

#[cfg(test)]
mod tests;
