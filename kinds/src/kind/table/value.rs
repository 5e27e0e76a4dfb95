//! Decoded options of a `kind`.

use crate::value::IfName;
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

/// Value of an option.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Number(i64),
    Fraction(f64),
    Yes(bool),
    Text(String),
    Names(Vec<String>),
    Numbers(Vec<i64>),
    Options(Options),
    List(Vec<Options>),
    /// A device: name of the option that holds the index, the index, and the device name if
    /// resolved.
    Device(&'static str, u32, Option<IfName>),
    /// A burst in scheduler ticks at the rate in the named option; converted to bytes once that
    /// rate is decoded.
    Burst(&'static str, u64),
}

/// Options by name, in wire order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options(pub Vec<(&'static str, Value)>);

impl Options {
    /// Returns the options, or `None` if there are none.
    pub fn nonempty(self) -> Option<Self> {
        (!self.0.is_empty()).then_some(self)
    }

    /// Sets a value, replacing one with the same name.
    pub fn put(&mut self, name: &'static str, value: Value) {
        match self.0.iter_mut().find(|(other, _)| *other == name) {
            Some(place) => place.1 = value,
            None => self.0.push((name, value)),
        }
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        let mut values = self.0.iter();
        values
            .find(|(other, _)| *other == name)
            .map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let mut values = self.0.iter_mut();
        values
            .find(|(other, _)| *other == name)
            .map(|(_, value)| value)
    }

    /// Removes and returns a value.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(other, _)| *other == name)?;
        Some(self.0.remove(at).1)
    }

    /// Returns the nested options of that name, inserting them if absent.
    pub fn within(&mut self, name: &'static str) -> &mut Options {
        if !matches!(self.get(name), Some(Value::Options(_))) {
            self.put(name, Value::Options(Options::default()));
        }
        let mut values = self.0.iter_mut().filter(|(other, _)| *other == name);
        match values.next() {
            Some((_, Value::Options(options))) => options,
            _ => unreachable!("it was put there"),
        }
    }

    /// Calls `name` with the index and the name slot of every device in the options.
    pub fn for_each_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
        for (_, value) in &mut self.0 {
            if let Value::Device(_, index, place) = value {
                name(*index, place);
            }
        }
    }
}

impl Serialize for Options {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(None)?;
        for (name, value) in &self.0 {
            match value {
                Value::Device(index_name, index, dev) => {
                    map.serialize_entry(index_name, index)?;
                    if let Some(dev) = dev {
                        map.serialize_entry(name, dev)?;
                    }
                }
                value => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Number(number) => s.serialize_i64(*number),
            Value::Fraction(number) => s.serialize_f64(*number),
            Value::Yes(yes) => s.serialize_bool(*yes),
            Value::Text(text) => s.serialize_str(text),
            Value::Names(names) => s.collect_seq(names),
            Value::Numbers(numbers) => s.collect_seq(numbers),
            Value::Options(options) => options.serialize(s),
            Value::List(list) => s.collect_seq(list),
            Value::Device(_, number, _) => s.serialize_u32(*number),
            Value::Burst(_, ticks) => s.serialize_u64(*ticks),
        }
    }
}
