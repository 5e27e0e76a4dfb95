//! Objects behind one another, which stay where they are while more come.

use std::ops::{Index, IndexMut};

/// A vector in pieces: to grow it moves nothing, and touches no memory but the new object's. That of
/// a million routes is as expensive to ask for as they are to decode.
#[derive(Debug)]
pub struct ChunkedVec<T>(Vec<Vec<T>>);

/// Objects of a piece.
const CHUNK: usize = 1024;

impl<T> Default for ChunkedVec<T> {
    fn default() -> Self {
        ChunkedVec(Vec::new())
    }
}

impl<T> ChunkedVec<T> {
    pub fn len(&self) -> usize {
        // All but the last are full.
        let last = self.0.last().map_or(CHUNK, Vec::len);
        self.0.len() * CHUNK + last - CHUNK
    }

    pub fn push(&mut self, object: T) {
        match self.0.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(object),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(object);
                self.0.push(chunk);
            }
        }
    }

    pub fn pop(&mut self) -> Option<T> {
        let chunk = self.0.last_mut()?;
        let object = chunk.pop();
        if chunk.is_empty() {
            self.0.pop();
        }
        object
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().flatten()
    }
}

impl<T> Index<usize> for ChunkedVec<T> {
    type Output = T;

    fn index(&self, at: usize) -> &T {
        &self.0[at / CHUNK][at % CHUNK]
    }
}

impl<T> IndexMut<usize> for ChunkedVec<T> {
    fn index_mut(&mut self, at: usize) -> &mut T {
        &mut self.0[at / CHUNK][at % CHUNK]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_a_vector_would() {
        let (mut pile, mut vector) = (ChunkedVec::default(), Vec::new());
        for (round, most) in [1, CHUNK, 3 * CHUNK + 1, 0, 2 * CHUNK, 5, 0]
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
