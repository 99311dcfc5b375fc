//! Which rows a call is about.
use clustersync::data::Type;

use super::rows::Row;
use super::world::World;

/// Some of a table's rows, by the column at a place.
pub enum Pick {
    All,
    /// Those with this value, by a filter.
    Equal(usize, i64),
    /// Those from the first value to before the second, by a window.
    Window(usize, i64, i64),
}

impl Pick {
    /// Rows by a filter over the payload.
    pub fn filter(world: &mut World) -> Pick {
        Pick::Equal(world.payload(), world.random.i64(0..4))
    }

    /// Rows by a window over any column that has an order.
    pub fn window(world: &mut World) -> Pick {
        let is_ordered = |place: &usize| matches!(world.columns[*place].1, Type::Int | Type::Date);
        let ordered: Vec<usize> = (0..world.columns.len()).filter(is_ordered).collect();
        let from = world.random.i64(0..6);
        let place = ordered[world.random.usize(0..ordered.len())];
        Pick::Window(place, from, from + world.random.i64(1..20))
    }

    /// Whether the call is about `row`.
    pub fn takes(&self, row: &Row) -> bool {
        match *self {
            Pick::All => true,
            Pick::Equal(place, value) => row[place] == Some(value),
            Pick::Window(place, from, to) => row[place].is_some_and(|value| (from..to).contains(&value)),
        }
    }

    /// The argument `filter`.
    pub fn condition(&self, world: &World) -> String {
        match *self {
            Pick::Equal(place, value) => format!("\"{} = {value}\"", world.columns[place].0),
            _ => String::new(),
        }
    }

    /// Names and values of the options.
    pub fn options(&self, world: &World) -> Vec<(&'static str, String)> {
        let Pick::Window(place, from, to) = *self else { return Vec::new() };
        let (name, ty) = &world.columns[place];
        let value = |value: i64| match ty {
            Type::Date => format!("2024.01.01 + {value}"),
            _ => value.to_string(),
        };
        vec![("column", format!("\"{name}\"")), ("from", value(from)), ("to", value(to))]
    }
}
