//! Which columns of what is sent are compressed, and how: as a sample of each and the measured line
//! make it arrive first.
use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::Compress;
use super::codec::{Method, blocks, pack, pack_block};
use crate::data::{Batch, Column};

/// No more of a block is tried than this.
const TRIED: usize = 16 << 10;
/// How many batches a sample stands for.
const LIFE: u32 = 16;
/// How long a measured line stands.
pub const FRESH: Duration = Duration::from_secs(10);
/// Bytes per second of a line that no compressor keeps up with.
const TOO_FAST: f64 = 1.5e9;
/// Decoders are about so much faster than the compressor.
const DECODING: f64 = 2.0;

/// What a sample of a column says about a method.
#[derive(Clone, Copy, Debug)]
struct Sample {
    method: Method,
    /// Compressed bytes for each one.
    ratio: f64,
    /// Bytes compressed in a second.
    speed: f64,
}

/// Chooses for one connection.
pub struct Packer {
    compress: Compress,
    samples: HashMap<String, (Vec<Sample>, u32)>,
    /// Bytes per second of the line, as of a moment.
    line: Option<(f64, Instant)>,
    /// Whether the last batch had a compressed column: then replies are worth compressing too.
    packs: bool,
}

impl Packer {
    pub fn new(compress: Compress) -> Self {
        let packs = matches!(compress, Compress::Lz4 | Compress::Delta);
        Packer { compress, samples: HashMap::new(), line: None, packs }
    }

    /// Whether replies should come compressed.
    pub fn packs(&self) -> bool {
        self.packs
    }

    /// Whether the line has to be measured before the next batch.
    pub fn is_curious(&self) -> bool {
        self.compress == Compress::Auto && self.line.is_none_or(|(_, at)| at.elapsed() > FRESH)
    }

    /// Remembers how many bytes a second the line moves.
    pub fn learn(&mut self, line: f64) {
        self.line = Some((line, Instant::now()));
    }

    /// The compressed columns of `rows`; `None` for those that go as they are. A limit keeps the line
    /// below what was measured.
    pub fn pack(&mut self, rows: &Batch, limit: Option<f64>) -> Vec<Option<Vec<u8>>> {
        let measured = self.line.map_or(f64::INFINITY, |(line, _)| line);
        let line = limit.map_or(measured, |limit| limit.min(measured));
        let packed: Vec<_> = rows
            .columns
            .iter()
            .map(|(name, column)| self.method(name, column, line).and_then(|method| pack(column, method)))
            .collect();
        if self.compress == Compress::Auto {
            self.packs = packed.iter().any(Option::is_some);
        }
        packed
    }

    fn method(&mut self, name: &str, column: &Column, line: f64) -> Option<Method> {
        let fixed = match self.compress {
            Compress::None => return None,
            Compress::Lz4 => Method::Lz4,
            Compress::Delta if Method::Delta.fits(column.ty) => Method::Delta,
            Compress::Delta => Method::Lz4,
            Compress::Auto if line > TOO_FAST => return None,
            Compress::Auto => return choose(self.sampled(name, column), line),
        };
        Some(fixed)
    }

    fn sampled(&mut self, name: &str, column: &Column) -> &[Sample] {
        let (samples, left) = self.samples.entry(name.to_owned()).or_default();
        if *left == 0 {
            *samples = sample(column);
            *left = LIFE;
        }
        *left -= 1;
        samples
    }
}

/// The method with which a byte takes the least time to be compressed, to arrive and to be
/// decompressed, if that is less than it takes as it is.
fn choose(samples: &[Sample], line: f64) -> Option<Method> {
    let time = |sample: &Sample| (1.0 + 1.0 / DECODING) / sample.speed + sample.ratio / line;
    let best = samples.iter().min_by(|a, b| time(a).total_cmp(&time(b)))?;
    (time(best) < 1.0 / line).then_some(best.method)
}

/// Tries every method that fits on a part of the first and of the middle block.
fn sample(column: &Column) -> Vec<Sample> {
    let Some(blocks) = blocks(column) else { return Vec::new() };
    let width = column.ty.width().unwrap_or(1);
    let part = |block: &&[u8]| block.len().min(TRIED) / width * width;
    let tried: Vec<&[u8]> = [blocks.first(), blocks.get(blocks.len() / 2)]
        .into_iter()
        .flatten()
        .map(|block| &block[..part(block)])
        .filter(|block| !block.is_empty())
        .collect();
    let methods = [Method::Lz4, Method::Delta].into_iter().filter(|method| method.fits(column.ty));
    methods.filter_map(|method| measure(method, column, &tried)).collect()
}

fn measure(method: Method, column: &Column, tried: &[&[u8]]) -> Option<Sample> {
    let (mut out, mut plain, mut speed) = (Vec::new(), 0, 0f64);
    for block in tried {
        let started = Instant::now();
        if !pack_block(method, column.ty, block, &mut out) {
            return None;
        }
        // The faster of the two: what interrupts a run says nothing about the method.
        speed = speed.max(block.len() as f64 / started.elapsed().as_secs_f64().max(1e-9));
        plain += block.len();
    }
    (plain > 0).then(|| Sample { method, ratio: out.len() as f64 / plain as f64, speed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Type;

    fn sample_of(method: Method, ratio: f64, speed: f64) -> Sample {
        Sample { method, ratio, speed }
    }

    #[test]
    fn slow_lines_compress_and_fast_ones_do_not() {
        let samples = [sample_of(Method::Lz4, 0.5, 600e6), sample_of(Method::Delta, 0.2, 200e6)];
        assert_eq!(choose(&samples, 12.5e6), Some(Method::Delta));
        assert_eq!(choose(&samples, 125e6), Some(Method::Lz4));
        assert_eq!(choose(&samples, 1250e6), None);
        assert_eq!(choose(&[sample_of(Method::Lz4, 1.01, 600e6)], 1e6), None);
        assert_eq!(choose(&[], 1e6), None);
    }

    #[test]
    fn the_choice_follows_the_column_and_the_limit() {
        let even: Vec<u8> = (0..50_000i64).flat_map(i64::to_le_bytes).collect();
        let mut state = 1u64;
        let noise = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        });
        let noise: Vec<u8> = noise.take(200_000).collect();
        let columns =
            [("even", Column::fixed(Type::Long, even)), ("noise", Column::fixed(Type::Float, noise))];
        let rows =
            Batch { rows: 50_000, columns: columns.map(|(name, column)| (name.into(), column)).into() };
        let mut packer = Packer::new(Compress::Auto);
        assert!(packer.is_curious());
        packer.learn(f64::INFINITY);
        assert!(!packer.is_curious());
        assert!(packer.pack(&rows, None).iter().all(Option::is_none) && !packer.packs());
        let packed = packer.pack(&rows, Some(1e3));
        assert!(packed[0].as_ref().is_some_and(|bytes| bytes.len() < 40_000) && packed[1].is_none());
        assert!(packer.packs());
        assert!(Packer::new(Compress::None).pack(&rows, Some(1e3)).iter().all(Option::is_none));
    }
}
