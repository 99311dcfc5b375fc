//! What is set when a node starts: the configuration that a server has, and which way minnow goes
//! where a server's way is doubtful.
use clap::{Args, ValueEnum};

use crate::store::{DecimalScale, MissingPartitions, NewValuePolicy, Policies};

#[derive(Args, Clone, Debug, Default)]
pub struct Switches {
    /// What happens to rows whose VALUE key is in no partition (dolphindb-semantics §3.2).
    #[arg(long, value_enum, default_value_t)]
    pub new_value_partition_policy: NewValuePolicy,
    /// Whether rows outside the scheme may be dropped: allowMissingPartitions (dolphindb-semantics §3.2).
    #[arg(long, value_enum, default_value_t)]
    pub missing_partitions: MissingPartitions,
    /// How many partitions one query may touch; 0 is a server's default, 65536 (dolphindb-semantics §5.3).
    #[arg(long, value_name = "PARTITIONS", default_value_t)]
    pub max_partition_num_per_query: usize,
    /// A database that cluster replication fills from another cluster; may be repeated. Writes by anybody
    /// else are refused (dolphindb-semantics §9.1).
    #[arg(long, value_name = "URL")]
    pub replicated: Vec<String>,
    /// What becomes of decimals that are appended to a column of a smaller scale, which is not
    /// documented (dolphindb-semantics §4.4).
    #[arg(long, value_enum, default_value_t)]
    pub decimal_scale: DecimalScale,
    /// Lets a database be made with chunkGranularity (dolphindb-semantics §3.1).
    #[arg(long)]
    pub enable_chunk_granularity_config: bool,
    /// Whether `upsert!` takes a NULL key for equal to another (dolphindb-semantics §4.1).
    #[arg(long)]
    pub enable_null_safe_join: bool,
    /// Lets administrators call shell (dolphindb-semantics §1.8).
    #[arg(long)]
    pub enable_shell_function: bool,
    /// Whether a parameter's default may be a function, a dictionary or a tuple: servers refuse
    /// that since 2.00.10, and yet a printed recipe needs it (dolphindb-semantics §7.1).
    #[arg(long, value_enum, default_value_t)]
    pub function_defaults: FunctionDefaults,
    /// Answers over TLS only, with `keys/server.crt` and `keys/server.key` below the home.
    #[arg(long)]
    pub enable_https: bool,
    /// What the SCRAM functions do: old servers know none; whether the proof alone logs a session in
    /// is doubtful, because clients log in by RSA after it (wire-protocol §5).
    #[arg(long, value_enum, default_value_t)]
    pub scram: Scram,
    /// A plugin to load before scheduled jobs are read, by name or descriptor, as preloadModules
    /// does (dolphindb-semantics §7.2); may be repeated.
    #[arg(long, value_name = "PLUGIN")]
    pub preload: Vec<String>,
    /// The password of the administrator, instead of a new server's.
    #[arg(long)]
    pub admin_password: Option<String>,
    /// Every node has files of its own, as nodes on several machines do: what is not below its home is
    /// looked for below `files` in it.
    #[arg(long)]
    pub node_local_files: bool,
    /// Whether a copy is neither checked nor restored in part before all of its files are there, which is
    /// not documented (dolphindb-semantics §1.4).
    #[arg(long)]
    pub whole_backups: bool,
    /// Lets scripts make things go wrong: `minnow::setFault`.
    #[arg(long)]
    pub faults: bool,
}

impl Switches {
    /// What of these a server has in its configuration, by the name that it has there.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let policy = match self.new_value_partition_policy {
            NewValuePolicy::Skip => "skip",
            NewValuePolicy::Add => "add",
            NewValuePolicy::Fail => "fail",
        };
        let preloaded = self.preload.iter().map(|name| format!("plugins::{name}")).collect::<Vec<_>>();
        vec![
            ("newValuePartitionPolicy", policy.to_owned()),
            ("allowMissingPartitions", (self.missing_partitions == MissingPartitions::Allow).to_string()),
            ("maxPartitionNumPerQuery", self.most_partitions().to_string()),
            ("enableChunkGranularityConfig", self.enable_chunk_granularity_config.to_string()),
            ("enableNullSafeJoin", self.enable_null_safe_join.to_string()),
            ("enableShellFunction", self.enable_shell_function.to_string()),
            ("enableHTTPS", self.enable_https.to_string()),
            ("preloadModules", preloaded.join(",")),
        ]
    }

    /// What the store is told.
    pub fn policies(&self) -> Policies {
        Policies {
            new_values: self.new_value_partition_policy,
            missing_partitions: self.missing_partitions,
            decimal_scale: self.decimal_scale,
        }
    }

    /// The most partitions that one query may touch.
    pub fn most_partitions(&self) -> usize {
        const DEFAULT: usize = 65_536;
        if self.max_partition_num_per_query == 0 { DEFAULT } else { self.max_partition_num_per_query }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FunctionDefaults {
    #[default]
    Refuse,
    Allow,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Scram {
    Unknown,
    #[default]
    Proves,
    LogsIn,
}
