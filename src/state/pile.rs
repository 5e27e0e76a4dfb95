//! Objects behind one another, which stay where they are while more come.

use std::ops::{Index, IndexMut};

/// A vector in pieces: to grow it moves nothing, and touches no memory but the new object's. That of
/// a million routes is as expensive to ask for as they are to decode.
#[derive(Debug)]
pub struct Pile<T>(Vec<Vec<T>>);

/// Objects of a piece.
const PIECE: usize = 1024;

impl<T> Default for Pile<T> {
    fn default() -> Self {
        Pile(Vec::new())
    }
}

impl<T> Pile<T> {
    pub fn len(&self) -> usize {
        // All but the last are full.
        let last = self.0.last().map_or(PIECE, Vec::len);
        self.0.len() * PIECE + last - PIECE
    }

    pub fn push(&mut self, object: T) {
        match self.0.last_mut() {
            Some(piece) if piece.len() < PIECE => piece.push(object),
            _ => {
                let mut piece = Vec::with_capacity(PIECE);
                piece.push(object);
                self.0.push(piece);
            }
        }
    }

    pub fn pop(&mut self) -> Option<T> {
        let piece = self.0.last_mut()?;
        let object = piece.pop();
        if piece.is_empty() {
            self.0.pop();
        }
        object
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().flatten()
    }
}

impl<T> Index<usize> for Pile<T> {
    type Output = T;

    fn index(&self, at: usize) -> &T {
        &self.0[at / PIECE][at % PIECE]
    }
}

impl<T> IndexMut<usize> for Pile<T> {
    fn index_mut(&mut self, at: usize) -> &mut T {
        &mut self.0[at / PIECE][at % PIECE]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_a_vector_would() {
        let (mut pile, mut vector) = (Pile::default(), Vec::new());
        for (round, most) in [1, PIECE, 3 * PIECE + 1, 0, 2 * PIECE, 5, 0]
            .iter()
            .enumerate()
        {
            while vector.len() < *most {
                pile.push((round, vector.len()));
                vector.push((round, vector.len()));
                assert_eq!(pile.len(), vector.len());
            }
            while vector.len() > *most {
                assert_eq!(pile.pop(), vector.pop());
                assert_eq!(pile.len(), vector.len());
            }
            for (at, object) in vector.iter_mut().enumerate() {
                object.0 += at;
                pile[at].0 += at;
                assert_eq!(pile[at], *object);
            }
            assert!(pile.iter_mut().eq(&mut vector));
        }
        assert_eq!(pile.pop(), None);
    }
}
