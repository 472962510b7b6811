use std::fmt;
use std::ops::{Index, IndexMut};

use textmill_pipeline::Parent;

/// Where documents are in the graph of stages: in the input, or behind one of its nodes.
///
/// A node has the place of what it lets through. An exchange is the exception at the border of two phases: what is handed
/// over to it is called by its place too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place(usize);

impl Place {
    /// The input of the pipeline.
    pub(crate) const INPUT: Self = Self(0);

    /// Behind the node with this position in the pipeline.
    pub(crate) fn of_node(node: usize) -> Self {
        Self(node + 1)
    }

    /// Where the documents of `parent` are.
    pub(crate) fn of(parent: Parent) -> Self {
        match parent {
            Parent::Input => Self::INPUT,
            Parent::Node(node) => Self::of_node(node),
        }
    }

    /// The position of its node in the pipeline; none for the input.
    pub(crate) fn node(self) -> Option<usize> {
        self.0.checked_sub(1)
    }

    /// All places of a graph of `nodes` nodes, the input first.
    pub(crate) fn all(nodes: usize) -> impl Iterator<Item = Self> {
        (0..=nodes).map(Self)
    }

    /// Its number, from 0 for the input: the name of its files.
    pub(crate) fn number(self) -> usize {
        self.0
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Something for each place of a graph.
#[derive(Debug, Clone)]
pub(crate) struct PerPlace<T>(Vec<T>);

impl<T> PerPlace<T> {
    /// What `make` gives for each place of a graph of `nodes` nodes.
    pub(crate) fn new(nodes: usize, make: impl FnMut(Place) -> T) -> Self {
        Self(Place::all(nodes).map(make).collect())
    }

    /// What there is for each place, the input first.
    pub(crate) fn into_values(self) -> Vec<T> {
        self.0
    }
}

impl<T> Index<Place> for PerPlace<T> {
    type Output = T;

    fn index(&self, place: Place) -> &T {
        &self.0[place.0]
    }
}

impl<T> IndexMut<Place> for PerPlace<T> {
    fn index_mut(&mut self, place: Place) -> &mut T {
        &mut self.0[place.0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_the_input_or_a_node() {
        assert_eq!((Place::of(Parent::Input), Place::INPUT.node()), (Place::INPUT, None));
        assert_eq!((Place::of(Parent::Node(0)).node(), Place::of_node(7).node()), (Some(0), Some(7)));
        assert_eq!(Place::all(2).map(Place::node).collect::<Vec<_>>(), [None, Some(0), Some(1)]);
        assert_eq!(Place::of_node(2).to_string(), "3");
        let mut places = PerPlace::new(2, Place::number);
        places[Place::of_node(1)] = 9;
        assert_eq!(places.into_values(), [0, 1, 9]);
    }
}
