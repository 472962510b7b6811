//! Vectors for tables of many megabytes that are read at random, such as the weights of a model.
//!
//! With pages of 4 KiB almost every such read first has to find out where its page lies, which takes as long as the read
//! itself. A [`LargeVec`] asks the system for pages of 2 MiB (`MADV_HUGEPAGE` of Linux). Where it does not have them, or
//! has none left, the vector is the same and slower.

use std::fmt;
use std::ops::{Deref, DerefMut};

use bytemuck::Pod;
use memmap2::MmapMut;

/// Size in bytes from which large pages are asked for: four of them.
const SMALLEST: usize = 8 << 20;

/// A vector of a fixed length, in large pages where it is large.
pub struct LargeVec<T>(Memory<T>);

enum Memory<T> {
    /// Whole numbers of `T`, aligned for it: pages are aligned for anything.
    Pages(MmapMut),
    Heap(Vec<T>),
}

impl<T: Pod> LargeVec<T> {
    /// A vector of `length` zeros.
    pub fn zeroed(length: usize) -> Self {
        match pages(length.saturating_mul(size_of::<T>())) {
            Some(pages) => Self(Memory::Pages(pages)),
            None => Self(Memory::Heap(vec![T::zeroed(); length])),
        }
    }
}

/// Memory of `bytes` bytes; `None` where it is not worth it, and where the system refuses.
fn pages(bytes: usize) -> Option<MmapMut> {
    if bytes < SMALLEST || bytes > isize::MAX.cast_unsigned() {
        return None;
    }
    let pages = MmapMut::map_anon(bytes).ok()?;
    #[cfg(target_os = "linux")]
    // A kernel built without them refuses; small pages do the same.
    let _ = pages.advise(memmap2::Advice::HugePage);
    Some(pages)
}

impl<T: Pod> Deref for LargeVec<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.0 {
            Memory::Pages(pages) => bytemuck::cast_slice(pages),
            Memory::Heap(values) => values,
        }
    }
}

impl<T: Pod> DerefMut for LargeVec<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.0 {
            Memory::Pages(pages) => bytemuck::cast_slice_mut(pages),
            Memory::Heap(values) => values,
        }
    }
}

impl<T: Pod> From<Vec<T>> for LargeVec<T> {
    /// Copies a large vector; a small one stays where it is.
    fn from(values: Vec<T>) -> Self {
        if size_of_val(values.as_slice()) < SMALLEST {
            return Self(Memory::Heap(values));
        }
        let mut new = Self::zeroed(values.len());
        new.copy_from_slice(&values);
        new
    }
}

impl<T: Pod> Clone for LargeVec<T> {
    fn clone(&self) -> Self {
        let mut new = Self::zeroed(self.len());
        new.copy_from_slice(self);
        new
    }
}

impl<T: Pod> fmt::Debug for LargeVec<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LargeVec of {}", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(length: usize) -> Vec<[u64; 2]> {
        (0..length as u64).map(|number| [number, !number]).collect()
    }

    #[test]
    fn small_and_large_ones_are_the_same() {
        let border = SMALLEST / size_of::<[u64; 2]>();
        for length in [0, 1, border - 1, border, border + 1, 3 * border] {
            let mut large = LargeVec::<[u64; 2]>::zeroed(length);
            assert!(large.len() == length && large.iter().all(|value| *value == [0, 0]));
            large.copy_from_slice(&numbers(length));
            assert_eq!(*large, *numbers(length));
            assert_eq!(*large.clone(), *numbers(length));
            assert_eq!(*LargeVec::from(numbers(length)), *numbers(length));
            assert_eq!(matches!(large.0, Memory::Pages(_)), length >= border);
        }
    }

    #[test]
    fn clones_have_memory_of_their_own() {
        let first = LargeVec::from(vec![7.0_f32; SMALLEST]);
        let mut second = first.clone();
        second[SMALLEST - 1] = 8.0;
        assert_eq!((first[SMALLEST - 1], second[SMALLEST - 1], second.len()), (7.0, 8.0, first.len()));
    }
}
