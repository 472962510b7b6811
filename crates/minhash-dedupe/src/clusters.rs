//! Clusters of documents: union-find with a cap, and connected components of a list of edges.

/// Union-find over documents numbered from 0. The root of a cluster is its smallest member, so that the answer does
/// not depend on the order of the joins (as long as no cap is met).
#[derive(Debug, Clone)]
pub struct UnionFind {
    parents: Vec<u32>,
    /// Members of the cluster, at its root.
    sizes: Vec<u32>,
    cap: u32,
    refused: u64,
}

/// The effect of a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// Two clusters became one.
    Joined,
    /// Both were in one cluster before.
    Already,
    /// The cluster would have had more members than allowed: nothing was joined.
    Refused,
    /// One of the numbers is no document's: nothing was joined.
    Unknown,
}

impl UnionFind {
    /// `documents` clusters of one document each, without a cap.
    pub fn new(documents: u32) -> Self {
        Self::with_cap(documents, u32::MAX)
    }

    /// As [`Self::new`], and no cluster gets more than `cap` members (at least 1). With a cap the order of the joins
    /// decides which of them are refused: join the surest first, in a fixed order.
    pub fn with_cap(documents: u32, cap: u32) -> Self {
        let sizes = vec![1; documents as usize];
        Self { parents: (0..documents).collect(), sizes, cap: cap.max(1), refused: 0 }
    }

    /// Number of documents.
    pub fn documents(&self) -> u32 {
        u32::try_from(self.parents.len()).unwrap_or(u32::MAX)
    }

    /// Joins that were refused because of the cap.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// The smallest member of a document's cluster; a number that is no document's is its own.
    pub fn root(&mut self, document: u32) -> u32 {
        let mut at = document;
        while let Some(parent) = self.parent(at).filter(|parent| *parent != at) {
            // Every second node is hung one step higher, which keeps paths short.
            let above = self.parent(parent).unwrap_or(parent);
            if let Some(slot) = self.parents.get_mut(at as usize) {
                *slot = above;
            }
            at = above;
        }
        at
    }

    /// Members of the cluster of a document.
    pub fn size(&mut self, document: u32) -> u32 {
        let root = self.root(document);
        self.sizes.get(root as usize).copied().unwrap_or(1)
    }

    /// Joins the clusters of two documents.
    pub fn join(&mut self, left: u32, right: u32) -> Join {
        if left.max(right) >= self.documents() {
            return Join::Unknown;
        }
        let (left, right) = (self.root(left), self.root(right));
        if left == right {
            return Join::Already;
        }
        let (root, other) = (left.min(right), left.max(right));
        let sizes = (self.sizes.get(root as usize).copied(), self.sizes.get(other as usize).copied());
        let size = sizes.0.unwrap_or(1).saturating_add(sizes.1.unwrap_or(1));
        if size > self.cap {
            self.refused += 1;
            return Join::Refused;
        }
        if let (Some(parent), Some(members)) = (self.parents.get_mut(other as usize), self.sizes.get_mut(root as usize))
        {
            *parent = root;
            *members = size;
        }
        Join::Joined
    }

    /// The root of every document, in order.
    pub fn roots(&mut self) -> Vec<u32> {
        (0..self.documents()).map(|document| self.root(document)).collect()
    }

    /// The root of every document, and root and size of every cluster of two members and more, both in order. Needs
    /// no memory beyond that of the union-find and of the list of clusters.
    pub fn into_clusters(mut self) -> (Vec<u32>, Vec<(u32, u32)>) {
        let mut clusters = Vec::new();
        for document in 0..self.documents() {
            // Every parent is smaller than its child, so that it hangs at its root already.
            let above = self.parent(document).and_then(|parent| self.parent(parent)).unwrap_or(document);
            if let Some(slot) = self.parents.get_mut(document as usize) {
                *slot = above;
            }
            let size = self.sizes.get(document as usize).copied().unwrap_or(1);
            if above == document && size > 1 {
                clusters.push((document, size));
            }
        }
        (self.parents, clusters)
    }

    fn parent(&self, document: u32) -> Option<u32> {
        self.parents.get(document as usize).copied()
    }
}

/// The connected components of undirected `edges` between 64-bit ids: each id that has an edge with the smallest id of
/// its component, sorted by id. Ids may be any numbers; 4 billion different ones at most, the edges beyond are left out.
/// A component that would have more than `cap` members is not made: its edges are taken in the order given, those
/// that would exceed the cap are refused and counted.
pub fn components(edges: &[(u64, u64)], cap: u32) -> Components {
    let mut ids: Vec<u64> = edges.iter().flat_map(|(left, right)| [*left, *right]).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut sets = UnionFind::with_cap(u32::try_from(ids.len()).unwrap_or(u32::MAX), cap);
    let number = |id: &u64| ids.binary_search(id).ok().and_then(|at| u32::try_from(at).ok());
    for (left, right) in edges {
        if let (Some(left), Some(right)) = (number(left), number(right)) {
            sets.join(left, right);
        }
    }
    let roots = sets.roots();
    let root_of = |root: &u32| ids.get(*root as usize).copied().unwrap_or_default();
    let members = ids.iter().zip(&roots).map(|(id, root)| (*id, root_of(root))).collect();
    Components { members, refused: sets.refused() }
}

/// The result of [`components`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Components {
    /// Each id with the smallest id of its component, sorted by id.
    pub members: Vec<(u64, u64)>,
    /// Edges refused because of the cap.
    pub refused: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_smallest_in_any_order() {
        let edges = [(4, 3), (9, 7), (3, 9), (1, 2), (5, 5)];
        let mut expected = None;
        for rotation in 0..edges.len() {
            let mut sets = UnionFind::new(10);
            for (left, right) in edges.iter().cycle().skip(rotation).take(edges.len()) {
                sets.join(*left, *right);
            }
            let roots = sets.roots();
            assert_eq!(roots, [0, 1, 1, 3, 3, 5, 6, 3, 8, 3]);
            assert_eq!(sets.size(9), 4);
            assert_eq!(expected.get_or_insert(roots.clone()), &roots);
        }
    }

    #[test]
    fn a_cap_refuses_and_counts() {
        let mut sets = UnionFind::with_cap(6, 3);
        assert_eq!(sets.join(0, 1), Join::Joined);
        assert_eq!(sets.join(1, 0), Join::Already);
        assert_eq!(sets.join(2, 3), Join::Joined);
        assert_eq!(sets.join(1, 2), Join::Refused);
        assert_eq!(sets.join(1, 4), Join::Joined);
        assert_eq!(sets.join(1, 6), Join::Unknown);
        assert_eq!((sets.refused(), sets.size(4), sets.roots()), (1, 3, vec![0, 0, 2, 2, 0, 5]));
    }

    #[test]
    fn components_of_sparse_ids() {
        let found = components(&[(u64::MAX, 7), (7, 100), (3, 2), (8, 8)], u32::MAX);
        assert_eq!(found.members, [(2, 2), (3, 2), (7, 7), (8, 8), (100, 7), (u64::MAX, 7)]);
        assert!(components(&[], 5).members.is_empty());
        assert_eq!(components(&[(1, 2), (2, 3)], 2).refused, 1);
    }

    #[test]
    fn a_long_chain_joined_from_the_wrong_end_is_quick() {
        let documents = 1_000_000;
        let mut sets = UnionFind::new(documents);
        for document in (1..documents).rev() {
            sets.join(document, document - 1);
        }
        assert!(sets.roots().iter().all(|root| *root == 0));
    }
}
