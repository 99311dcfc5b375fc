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
    /// Rows by a filter over the payload, or by a window over any column that has an order.
    pub fn random(world: &mut World) -> Pick {
        let is_ordered = |place: &usize| matches!(world.columns[*place].1, Type::Int | Type::Date);
        let ordered: Vec<usize> = (0..world.columns.len()).filter(is_ordered).collect();
        let payload = world.payload();
        let random = &mut world.random;
        match random.bool() {
            true => Pick::Equal(payload, random.i64(0..4)),
            false => {
                let from = random.i64(0..6);
                Pick::Window(ordered[random.usize(0..ordered.len())], from, from + random.i64(1..20))
            }
        }
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
    pub fn filter(&self, world: &World) -> String {
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
