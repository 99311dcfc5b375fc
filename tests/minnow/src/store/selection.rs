//! Which partitions a query reads.

/// Per level the wanted partition numbers; `None` wants them all. Levels beyond the end are
/// unrestricted, so the default reads everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    pub levels: Vec<Option<Vec<u32>>>,
}

/// How a condition compares a partition column with its constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Equal to one of the constants.
    In,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Selection {
    /// Reads one chunk.
    pub fn chunk(partition: &[u32]) -> Self {
        Selection { levels: partition.iter().map(|number| Some(vec![*number])).collect() }
    }

    /// Reads everything.
    pub fn all() -> Self {
        Selection::default()
    }

    /// Keeps of `level` only partitions that are also in `numbers`.
    pub fn keep(&mut self, level: usize, numbers: &[u32]) {
        if self.levels.len() <= level {
            self.levels.resize(level + 1, None);
        }
        let wanted = &mut self.levels[level];
        match wanted {
            Some(own) => own.retain(|number| numbers.contains(number)),
            None => *wanted = Some(numbers.to_vec()),
        }
    }
}
