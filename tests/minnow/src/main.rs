//! The `minnow` command: serve a node, or run one script.
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use minnow::error::{Error, Result};
use minnow::facade;
use minnow::functions::schedule;
use minnow::node::{Cluster, Node, Replication, Site, Switches};
use minnow::script::{STACK, Session};
use minnow::wire::{Limits, Server};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::pipe;

#[derive(Parser)]
#[command(about = "A small honest stand-in for one DolphinDB node", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves a node until SIGTERM or SIGINT.
    Serve {
        /// Where the node keeps its tables and its log.
        #[arg(long)]
        home: PathBuf,
        /// HOST:PORT:ALIAS; port 0 takes a free one, which is printed.
        #[arg(long)]
        site: Site,
        /// The release that the node claims to be.
        #[arg(long, default_value = "3.00.3")]
        release: String,
        #[command(flatten)]
        switches: Switches,
        #[command(flatten)]
        bent: Bent,
    },
    /// Serves the nodes of one cluster in one process: they share tables and users.
    Cluster {
        /// Where the nodes live.
        #[arg(long)]
        home: PathBuf,
        #[arg(long, default_value_t = 3)]
        nodes: usize,
        /// How many nodes hold each chunk.
        #[arg(long, default_value_t = 2)]
        replicas: usize,
        /// Only the first node takes writes; the others answer <NotLeader>.
        #[arg(long)]
        leader_only: bool,
        /// Where all of them listen; each takes a free port, and they print theirs in order.
        #[arg(long, default_value = "127.0.0.1")]
        host: String,
        /// The release that the nodes claim to be.
        #[arg(long, default_value = "3.00.3")]
        release: String,
        #[command(flatten)]
        switches: Switches,
    },
    /// Runs a script as admin on a node of its own and prints what it prints.
    Run {
        script: PathBuf,
        /// Where the node keeps its tables; by default a directory that goes away.
        #[arg(long)]
        home: Option<PathBuf>,
        /// The release that the node claims to be.
        #[arg(long, default_value = "3.00.3")]
        release: String,
        /// Fails when objects that plugins were given or made are still there at the end.
        #[arg(long)]
        no_leftovers: bool,
        #[command(flatten)]
        switches: Switches,
        #[command(flatten)]
        bent: Bent,
    },
    /// Lists the virtual functions of a release: name, slot, whether minnow has it.
    Slots {
        #[arg(long, default_value = "3.00.3")]
        release: String,
    },
}

/// What tests bend in what plugins see.
#[derive(Args)]
struct Bent {
    /// Swaps this virtual function with its neighbour, named as `minnow slots` names it, or moves
    /// this member of `abi/layout.tsv`.
    #[arg(long, value_name = "CLASS.METHOD")]
    falsify: Vec<String>,
    /// Vectors with more rows than this are shown to plugins in segments.
    #[arg(long, value_name = "ROWS", default_value_t = facade::Settings::default().big_array)]
    big_array: usize,
    /// Shows plugins the newer std::string, as the vendor's ABI editions do.
    #[arg(long)]
    newer_strings: bool,
    /// Shows plugins no memory of vectors, as repeating, sub and compressed ones do not.
    #[arg(long)]
    hide_cells: bool,
    /// Calls plugins without a heap.
    #[arg(long)]
    no_heap: bool,
}

impl Bent {
    fn apply(self) -> Result<()> {
        facade::configure(facade::Settings {
            falsify: self.falsify,
            big_array: self.big_array,
            newer_strings: self.newer_strings,
            hide_cells: self.hide_cells,
            no_heap: self.no_heap,
        })
    }
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Serve { home, site, release, switches, bent } => {
            bent.apply().and_then(|()| serve(&home, site, &release, switches))
        }
        Command::Cluster { home, nodes, replicas, leader_only, host, release, switches } => {
            cluster(&home, nodes, &host, &release, &switches, Replication { replicas, leader_only })
        }
        Command::Run { script, home, release, no_leftovers, switches, bent } => bent
            .apply()
            .and_then(|()| run(&script, home.as_deref(), &release, switches))
            .and_then(|()| if no_leftovers { check_leftovers() } else { Ok(()) }),
        Command::Slots { release } => slots(&release),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(home: &Path, mut site: Site, release: &str, switches: Switches) -> Result<()> {
    let listener = TcpListener::bind((site.host.as_str(), site.port))?;
    site.port = listener.local_addr()?.port();
    let node = Node::open_with(home, &site, release, switches)?;
    let scheduled = Arc::downgrade(&node);
    std::thread::spawn(move || schedule::keep(scheduled));
    let server = Server::new(node, listener, Limits::default())?;
    for signal in [SIGTERM, SIGINT] {
        pipe::register(signal, server.stopper()?)?;
    }
    println!("minnow {release} ready on {}:{}", site.host, site.port);
    std::io::stdout().flush()?;
    Ok(server.run()?)
}

fn cluster(
    home: &Path,
    count: usize,
    host: &str,
    release: &str,
    switches: &Switches,
    replication: Replication,
) -> Result<()> {
    let (mut listeners, mut sites) = (Vec::new(), Vec::new());
    for number in 1..=count {
        let listener = TcpListener::bind((host, 0))?;
        let port = listener.local_addr()?.port();
        sites.push(Site { host: host.to_owned(), port, alias: format!("node{number}") });
        listeners.push(listener);
    }
    let mut servers = Vec::new();
    for (node, listener) in
        Cluster::open(home, &sites, release, switches, replication)?.into_iter().zip(listeners)
    {
        let scheduled = Arc::downgrade(&node);
        std::thread::spawn(move || schedule::keep(scheduled));
        println!("minnow {release} ready on {}:{}", node.host, node.port);
        let server = Server::new(node, listener, Limits::default())?;
        for signal in [SIGTERM, SIGINT] {
            pipe::register(signal, server.stopper()?)?;
        }
        servers.push(std::thread::spawn(move || server.run()));
    }
    std::io::stdout().flush()?;
    for server in servers {
        server.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    }
    Ok(())
}

fn run(script: &Path, home: Option<&Path>, release: &str, switches: Switches) -> Result<()> {
    let source = std::fs::read_to_string(script)?;
    let temporary = tempfile::tempdir()?;
    let home = home.unwrap_or(temporary.path());
    let site = Site { host: "127.0.0.1".into(), port: 0, alias: "local".into() };
    let node = Node::open_with(home, &site, release, switches)?;
    let work = move || {
        let mut session = Session::new(node);
        session.user = "admin".into();
        session.out = Box::new(|text| println!("{text}"));
        session.run(&source).map(drop)
    };
    match std::thread::Builder::new().stack_size(STACK).spawn(work)?.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn check_leftovers() -> Result<()> {
    match facade::live_objects() {
        0 => Ok(()),
        left => Err(Error::runtime(format!("Plugins left {left} objects behind."))),
    }
}

fn slots(release: &str) -> Result<()> {
    let home = tempfile::tempdir()?;
    for slot in facade::facade(home.path(), release)?.slots() {
        println!("{}\t{}\t{}", slot.name, slot.number, if slot.implemented { "yes" } else { "no" });
    }
    Ok(())
}
