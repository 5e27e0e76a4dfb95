//! A chunked vector: pushing moves none of many existing elements.

use std::ops::{Index, IndexMut};

/// A vector in chunks of equal size. Growing it allocates one chunk, and copies nothing: to
/// reallocate one vector of a million routes takes as long as to decode them. Only the first chunk
/// grows with its elements: most kinds have few objects, and a network namespace has a vector for each.
#[derive(Debug)]
pub(super) struct ChunkedVec<T>(Vec<Vec<T>>);

/// Elements of a chunk.
const CHUNK: usize = 1024;

impl<T> Default for ChunkedVec<T> {
    fn default() -> Self {
        ChunkedVec(Vec::new())
    }
}

impl<T> ChunkedVec<T> {
    pub(super) fn len(&self) -> usize {
        // All chunks but the last are full.
        let last = self.0.last().map_or(CHUNK, Vec::len);
        self.0.len() * CHUNK + last - CHUNK
    }

    pub(super) fn push(&mut self, element: T) {
        match self.0.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(element),
            _ => {
                let capacity = if self.0.is_empty() { 1 } else { CHUNK };
                let mut chunk = Vec::with_capacity(capacity);
                chunk.push(element);
                self.0.push(chunk);
            }
        }
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        let chunk = self.0.last_mut()?;
        let element = chunk.pop();
        if chunk.is_empty() {
            self.0.pop();
        }
        element
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flatten()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
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
    fn chunked_vec_behaves_like_a_vec() {
        let (mut chunked, mut vector) = (ChunkedVec::default(), Vec::new());
        for (round, length) in [1, CHUNK, 3 * CHUNK + 1, 0, 2 * CHUNK, 5, 0]
            .iter()
            .enumerate()
        {
            while vector.len() < *length {
                chunked.push((round, vector.len()));
                vector.push((round, vector.len()));
                assert_eq!(chunked.len(), vector.len());
            }
            while vector.len() > *length {
                assert_eq!(chunked.pop(), vector.pop());
                assert_eq!(chunked.len(), vector.len());
            }
            for (at, element) in vector.iter_mut().enumerate() {
                element.0 += at;
                chunked[at].0 += at;
                assert_eq!(chunked[at], *element);
            }
            assert!(chunked.iter_mut().eq(&mut vector));
        }
        assert_eq!(chunked.pop(), None);
    }
}
