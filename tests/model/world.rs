//! Two nodes and one random table on both, with its model.
use std::collections::HashMap;

use clustersync::data::Type;
use clustersync::model::TableName;
use fastrand::Rng;

use super::act::Act;
use super::common::{self, Node};
use super::rows::{self, Bag, PAYLOADS, Row};
use super::tally::Tally;

/// Values of hashed keys.
const HASHED: i64 = 6;

/// The node that syncs, the other one, and where they hash keys to.
pub struct Pair {
    pub source: Node,
    pub target: Node,
    buckets: HashMap<(i32, usize), Vec<i64>>,
}

impl Pair {
    /// Starts both.
    pub fn start() -> Pair {
        let target = Node::start_with("B", "3.00.3", &["--faults"]);
        let mut source = Node::start_with("A", "3.00.3", &["--faults"]);
        source.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
        let mut pair = Pair { source, target, buckets: HashMap::new() };
        pair.introduce();
        for (ty, buckets) in [Type::Int, Type::Symbol].into_iter().flat_map(|ty| [(ty, 2), (ty, 3)]) {
            let found = pair.probe(ty, buckets);
            pair.buckets.insert((ty.id(), buckets), found);
        }
        pair
    }

    /// Starts the syncing node again, after it died.
    pub fn revive_source(&mut self) {
        self.source.revive("A");
        self.source.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
        self.introduce();
    }

    /// Starts the other node again, after it died.
    pub fn revive_target(&mut self) {
        self.target.revive("B");
        self.introduce();
    }

    /// The node that holds the target's table.
    pub fn goal(&mut self, direction: Direction) -> &mut Node {
        if direction == Direction::Pull { &mut self.source } else { &mut self.target }
    }

    fn introduce(&mut self) {
        for (name, port) in [("A", self.source.port), ("B", self.target.port)] {
            let password = common::PASSWORD;
            let script = format!(
                "clusterSync::setCluster(\"{name}\", \"127.0.0.1:{port}\", \"admin\", \"{password}\")"
            );
            self.source.run(&script).expect("the cluster gets a name");
        }
    }

    /// The bucket of each hashed key, asked of a node.
    fn probe(&mut self, ty: Type, buckets: usize) -> Vec<i64> {
        let (name, node) = (format!("dfs://{}{buckets}", ty.name()), &mut self.source);
        node.run(&format!(
            "db = database(\"{name}\", HASH, [{}, {buckets}]);
             createPartitionedTable(db, table(1:0, [\"k\"], [\"{}\"]), \"t\", \"k\"); 0",
            ty.name(),
            ty.name()
        ))
        .expect("a probe's table");
        let (table, columns) = (TableName::new(&name, "t"), [("k".to_owned(), ty)]);
        let keys: Vec<Row> = (0..HASHED).map(|key| vec![Some(key)]).collect();
        node.append(&table, &rows::batch(&columns, &[0], &keys)).expect("keys are stored");
        let mut found = vec![0; HASHED as usize];
        for bucket in 0..buckets {
            let held = node
                .table(&format!("select k from loadTable(\"{name}\", \"t\") where partition(k, {bucket})"));
            for row in rows::bag(&columns, &held).into_keys() {
                found[row[0].expect("a key") as usize] = bucket as i64;
            }
        }
        found
    }
}

/// Where rows travel to, as the node that syncs sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Push,
    Pull,
    /// Between two clusters that it reaches over the wire, one of which it is itself.
    Between,
}

/// How one column decides about a row's partition.
#[derive(Clone, Copy, Debug)]
enum Level {
    Value(i64),
    Range(i64),
    Hash(Type, usize),
}

impl Level {
    fn random(random: &mut Rng) -> Level {
        match random.u8(0..4) {
            0 => Level::Value(random.i64(1..6)),
            1 => Level::Range(random.i64(1..4)),
            2 => Level::Hash(Type::Int, random.usize(2..4)),
            _ => Level::Hash(Type::Symbol, random.usize(2..4)),
        }
    }

    fn ty(self) -> Type {
        match self {
            Level::Value(_) => Type::Date,
            Level::Range(_) => Type::Int,
            Level::Hash(ty, _) => ty,
        }
    }

    /// The end of the numbers that a key may be.
    fn keys(self) -> i64 {
        match self {
            Level::Value(days) => days,
            Level::Range(ranges) => 10 * ranges,
            Level::Hash(..) => HASHED,
        }
    }

    /// The arguments of `database` behind the path.
    fn scheme(self) -> String {
        match self {
            Level::Value(days) => format!("VALUE, 2024.01.01..2024.01.{days:02}"),
            Level::Range(ranges) => format!("RANGE, int(0..{ranges} * 10)"),
            Level::Hash(ty, buckets) => format!("HASH, [{}, {buckets}]", ty.name()),
        }
    }
}

/// One random table, and what happens to it.
pub struct World<'a> {
    pub seed: u64,
    pub random: Rng,
    /// Draws memory budgets, apart from everything else.
    pub budgets: Rng,
    pub pair: &'a mut Pair,
    pub tally: &'a mut Tally,
    pub columns: Vec<(String, Type)>,
    levels: Vec<Level>,
    /// The target's columns, by their places in the source.
    permuted: Vec<usize>,
    table: TableName,
    pub direction: Direction,
    /// The target's table.
    there: TableName,
    /// Whether the target calls everything otherwise.
    is_renamed: bool,
}

impl<'a> World<'a> {
    /// The world of `seed`.
    pub fn new(seed: u64, pair: &'a mut Pair, tally: &'a mut Tally) -> Self {
        let mut random = Rng::with_seed(seed);
        let levels: Vec<Level> = (0..random.usize(0..3)).map(|_| Level::random(&mut random)).collect();
        let keys = levels.iter().map(|level| level.ty());
        let payloads: Vec<Type> =
            (0..random.usize(1..5)).map(|_| PAYLOADS[random.usize(0..PAYLOADS.len())]).collect();
        let types: Vec<Type> = keys.chain([Type::Int]).chain(payloads).collect();
        let columns: Vec<_> = types.into_iter().enumerate().map(|(i, ty)| (format!("c{i}"), ty)).collect();
        let mut permuted: Vec<usize> = (0..columns.len()).collect();
        random.shuffle(&mut permuted);
        let table = TableName::new(format!("dfs://s{seed}"), "t");
        // Drawn apart, so that a seed's table does not depend on it.
        let mut other = Rng::with_seed(!seed);
        let direction = [Direction::Push, Direction::Pull, Direction::Between][other.usize(0..3)];
        let is_renamed = other.u8(0..4) == 0;
        let there = if is_renamed { TableName::new(format!("dfs://r{seed}"), "u") } else { table.clone() };
        let budgets = Rng::with_seed(seed.rotate_left(32));
        World {
            seed,
            random,
            budgets,
            pair,
            tally,
            columns,
            levels,
            permuted,
            table,
            direction,
            there,
            is_renamed,
        }
    }

    /// Creates the table, lets things happen to it, and removes it.
    pub fn play(mut self) {
        let straight: Vec<usize> = (0..self.columns.len()).collect();
        let name = |place: usize| self.name_there(place);
        let there = self.creation(&self.there, &self.permuted, &name);
        let here = self.creation(&self.table, &straight, &|place| self.columns[place].0.clone());
        self.origin().run(&here).expect("the source's table");
        self.goal().run(&there).expect("the target's table");
        self.tally.count(format!(
            "seeds of {:?}{}",
            self.direction,
            if self.is_renamed { ", renamed" } else { "" }
        ));
        self.grow_source();
        if self.random.u8(0..3) == 0 {
            self.grow_target();
        }
        for _ in 0..self.random.u8(1..4) {
            let act = Act::random(&mut self);
            if !act.play(&mut self) {
                break;
            }
            self.change();
        }
        let drop = |db: &str| format!("dropDatabase(\"{db}\")");
        let (here, there) = (drop(&self.table.db), drop(&self.there.db));
        self.origin().run(&here).expect("the source's table goes");
        self.goal().run(&there).expect("the target's table goes");
    }

    /// The node that holds the source's table.
    fn origin(&mut self) -> &mut Node {
        if self.direction == Direction::Pull { &mut self.pair.target } else { &mut self.pair.source }
    }

    /// The node that holds the target's table.
    fn goal(&mut self) -> &mut Node {
        self.pair.goal(self.direction)
    }

    /// What the target calls a column.
    fn name_there(&self, place: usize) -> String {
        if self.is_renamed { format!("x{place}") } else { self.columns[place].0.clone() }
    }

    /// The options that say which way rows travel and what they are called there.
    pub fn way(&self) -> Vec<(&'static str, String)> {
        let mut options: Vec<(&str, String)> = match self.direction {
            Direction::Push => Vec::new(),
            Direction::Pull => vec![("direction", "\"pull\"".into())],
            Direction::Between => vec![("source", "\"A\"".into())],
        };
        if self.is_renamed {
            let list = |name: &dyn Fn(usize) -> String| {
                let all: Vec<String> =
                    (0..self.columns.len()).map(|place| format!("\"{}\"", name(place))).collect();
                all.join(",")
            };
            let columns = format!(
                "dict([{}], [{}])",
                list(&|place| self.columns[place].0.clone()),
                list(&|place| self.name_there(place))
            );
            let TableName { db, table } = &self.there;
            let rename =
                format!("dict([\"dbPath\",\"tableName\",\"columns\"], (\"{db}\", \"{table}\", {columns}))");
            options.push(("rename", rename));
        }
        options
    }

    fn creation(&self, table: &TableName, places: &[usize], name: &dyn Fn(usize) -> String) -> String {
        let list =
            |texts: Vec<String>| texts.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(",");
        let names = list(places.iter().map(|place| name(*place)).collect());
        let types = list(places.iter().map(|place| self.columns[*place].1.name().into_owned()).collect());
        let (path, own) = (&table.db, &table.table);
        let database = match &*self.levels {
            [] => format!("db = database(\"{path}\", VALUE, 1..2)"),
            [level] => format!("db = database(\"{path}\", {})", level.scheme()),
            levels => {
                let each = levels.iter().enumerate();
                let parts: Vec<String> =
                    each.map(|(i, level)| format!("d{i} = database(\"\", {})", level.scheme())).collect();
                let names: Vec<String> = (0..levels.len()).map(|i| format!("d{i}")).collect();
                format!("{}; db = database(\"{path}\", COMPO, [{}])", parts.join("; "), names.join(","))
            }
        };
        let model = format!("table(1:0, [{names}], [{types}])");
        let keys = list((0..self.levels.len()).map(name).collect());
        match self.levels.is_empty() {
            true => format!("{database}; createTable(db, {model}, \"{own}\"); 0"),
            false => format!("{database}; createPartitionedTable(db, {model}, \"{own}\", [{keys}]); 0"),
        }
    }

    /// Rows of the source, some of them twice.
    fn grow_source(&mut self) {
        let most = if self.random.bool() { 4 } else { 24 };
        let rows = self.some_rows(most);
        let straight: Vec<usize> = (0..self.columns.len()).collect();
        let batch = rows::batch(&self.columns, &straight, &rows);
        let table = self.table.clone();
        let stored = self.origin().append(&table, &batch).expect("rows of the source");
        assert_eq!(stored as usize, rows.len());
    }

    /// Rows of somebody else at the target.
    fn grow_target(&mut self) {
        let rows = self.some_rows(4);
        let batch = rows::batch(&self.columns, &self.permuted, &rows);
        let there = self.there.clone();
        let stored = self.goal().append(&there, &batch).expect("rows at the target");
        assert_eq!(stored as usize, rows.len());
    }

    fn some_rows(&mut self, most: usize) -> Vec<Row> {
        let rows: Vec<Row> = (0..self.random.usize(1..=most)).map(|_| self.row()).collect();
        rows.iter().chain(rows.first().filter(|_| self.random.bool())).cloned().collect()
    }

    fn row(&mut self) -> Row {
        let (levels, random) = (&self.levels, &mut self.random);
        let cell = |place: usize| match levels.get(place) {
            Some(level) => Some(random.i64(0..level.keys())),
            None => Some(random.i64(-1..4)).filter(|value| *value >= 0),
        };
        let mut row: Row = (0..self.columns.len()).map(cell).collect();
        for ((_, ty), cell) in self.columns.iter().zip(&mut row) {
            *cell = cell.map(|value| if *ty == Type::Bool { value % 2 } else { value });
        }
        row
    }

    /// What happens between two calls: the source goes on, somebody writes to the target, or the
    /// target loses what it had acknowledged.
    fn change(&mut self) {
        match self.random.u8(0..8) {
            0..4 => self.grow_source(),
            4 => self.grow_target(),
            5 => {
                let script = format!("truncate(\"{}\", \"{}\")", self.there.db, self.there.table);
                self.goal().run(&script).expect("the target forgets");
                self.tally.count("rows lost by the target");
            }
            _ => {}
        }
    }

    /// The database.
    pub fn db(&self) -> &str {
        &self.table.db
    }

    /// The arguments `dbPath` and `tableName`.
    pub fn name(&self) -> String {
        format!("\"{}\", \"{}\"", self.table.db, self.table.table)
    }

    /// What the source holds.
    pub fn source(&mut self) -> Bag {
        let script = format!("select * from loadTable({})", self.name());
        let held = self.origin().table(&script);
        rows::bag(&self.columns, &held)
    }

    /// What the target holds.
    pub fn target(&mut self) -> Bag {
        let TableName { db, table } = &self.there;
        let script = format!("select * from loadTable(\"{db}\", \"{table}\")");
        let mut names = self.columns.clone();
        names.iter_mut().enumerate().for_each(|(place, (name, _))| *name = self.name_there(place));
        let held = self.goal().table(&script);
        rows::bag(&names, &held)
    }

    /// Which partition holds `row`.
    pub fn partition(&self, row: &Row) -> Vec<i64> {
        let key = |(place, level): (usize, &Level)| {
            let key = row[place].expect("keys are not NULL");
            match level {
                Level::Value(_) => key,
                Level::Range(_) => key / 10,
                Level::Hash(ty, buckets) => self.pair.buckets[&(ty.id(), *buckets)][key as usize],
            }
        };
        self.levels.iter().enumerate().map(key).collect()
    }

    /// A column of INT that holds no key.
    pub fn payload(&self) -> usize {
        self.levels.len()
    }
}
