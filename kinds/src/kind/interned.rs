//! Interned values: equal values share one allocation and one small id. What is derived from a
//! value (its hash, its JSON) is kept in a [`Column`], an array indexed by that id.

use std::marker::PhantomData;
use std::ops::Deref;
use std::rc::Rc;

/// Maximum number of values in an interner. It bounds every [`Column`] too: a flood of distinct
/// values evicts older ones instead of using more memory.
pub const MAX_INTERNED: usize = 1024;

/// Index of an interned value in a [`Column`], dense from 1. An interner gives the id of an evicted
/// value to a new one; 0 is the id of all values that are not interned.
#[derive(Debug, PartialEq, Eq)]
pub struct Id<T>(u32, PhantomData<fn() -> T>);

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}

impl<T> Id<T> {
    const NONE: Self = Id(0, PhantomData);

    /// The id of the value in an interner's slot; `slot` is less than [`MAX_INTERNED`].
    pub fn of_slot(slot: usize) -> Self {
        Id(slot as u32 + 1, PhantomData)
    }
}

/// A value and its id. It is shared as `Rc<Interned<T>>`: equal pointers mean equal values, since a
/// shared value is copied before it is modified, and a copy is not interned.
#[derive(Debug)]
pub struct Interned<T> {
    id: Id<T>,
    value: T,
}

impl<T> Interned<T> {
    pub fn new(id: Id<T>, value: T) -> Self {
        Interned { id, value }
    }

    pub fn id(&self) -> Id<T> {
        self.id
    }

    pub fn set_id(&mut self, id: Id<T>) {
        self.id = id;
    }
}

impl<T: Clone> Interned<T> {
    /// The value for modification; a shared value is copied first.
    pub fn make_mut(this: &mut Rc<Self>) -> &mut T {
        &mut Rc::make_mut(this).value
    }
}

impl<T> From<T> for Interned<T> {
    fn from(value: T) -> Self {
        Interned::new(Id::NONE, value)
    }
}

impl<T> Deref for Interned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Clone> Clone for Interned<T> {
    fn clone(&self) -> Self {
        Interned::from(self.value.clone())
    }
}

impl<T: PartialEq> PartialEq for Interned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// Data derived from values of type `T`, by the value's id.
///
/// An entry holds the value that it was derived from. As long as it does, no other value can have
/// the same address, and nobody can modify this one in place. So an equal pointer proves that the
/// entry is valid, even after the id was given to another value, or by another interner.
#[derive(Debug)]
pub struct Column<T, D>(Vec<Option<(Rc<Interned<T>>, D)>>);

impl<T, D> Default for Column<T, D> {
    fn default() -> Self {
        Column(Vec::new())
    }
}

impl<T, D> Column<T, D> {
    /// The data derived from that value.
    #[inline]
    pub fn get(&self, value: &Rc<Interned<T>>) -> Option<&D> {
        match self.0.get(value.id.0 as usize) {
            Some(Some((of, derived))) if Rc::ptr_eq(of, value) => Some(derived),
            _ => None,
        }
    }

    /// Sets the data derived from that value. Returns the data that it replaces.
    pub fn insert(&mut self, value: &Rc<Interned<T>>, derived: D) -> Option<D> {
        let index = value.id.0 as usize;
        if index >= self.0.len() {
            self.0.resize_with(index + 1, || None);
        }
        let evicted = self.0[index].replace((value.clone(), derived));
        evicted.map(|(_, derived)| derived)
    }

    /// The data derived from that value; calls `derive` if there is none.
    ///
    /// # Errors
    /// Those of `derive`.
    #[inline]
    pub fn get_or_try_insert<E>(
        &mut self,
        value: &Rc<Interned<T>>,
        derive: impl FnOnce(&T) -> Result<D, E>,
    ) -> Result<&mut D, E> {
        let index = value.id.0 as usize;
        let is_valid = matches!(self.0.get(index), Some(Some((of, _))) if Rc::ptr_eq(of, value));
        if !is_valid {
            let derived = derive(value)?;
            self.insert(value, derived);
        }
        match &mut self.0[index] {
            Some((_, derived)) => Ok(derived),
            None => unreachable!("the entry was just inserted"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_entry_is_valid_for_its_own_value_only() {
        let first = Rc::new(Interned::new(Id::of_slot(4), "a".to_owned()));
        let second = Rc::new(Interned::new(Id::of_slot(4), "a".to_owned()));
        let mut column = Column::default();
        assert_eq!(column.get(&first), None);
        assert_eq!(column.insert(&first, 1), None);
        assert_eq!((column.get(&first), column.get(&second)), (Some(&1), None));
        assert_eq!(column.insert(&second, 2), Some(1));
        assert_eq!((column.get(&first), column.get(&second)), (None, Some(&2)));
    }

    #[test]
    fn modified_value_loses_its_entry() {
        let mut value = Rc::new(Interned::new(Id::of_slot(0), 7));
        let mut column = Column::default();
        column.insert(&value, "seven");
        *Interned::make_mut(&mut value) = 8;
        assert_eq!(column.get(&value), None);
        let derived: Result<_, ()> = column.get_or_try_insert(&value, |value| {
            assert_eq!(*value, 8);
            Ok("eight")
        });
        assert_eq!(derived, Ok(&mut "eight"));
    }
}
