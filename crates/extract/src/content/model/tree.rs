//! One tree as the model's file writes it.

/// Most leaves of a tree: each is a bit of a word.
pub(super) const MAX_LEAVES: usize = 32;

/// One node of a tree: an inner node, or a leaf with `left` 0 and its value as `threshold`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// Rows whose value is at most this go left, all others (those without a number too) right.
    pub threshold: f32,
    pub feature: u16,
    pub left: u16,
    pub right: u16,
}

/// Reads a tree of at most [`MAX_LEAVES`] leaves in which every step goes forward to a node that no other leads to,
/// so that no walk is endless.
pub(super) fn tree(line: &str) -> Option<Vec<Node>> {
    let nodes: Vec<Node> = line.split(' ').map(Node::parse).collect::<Option<_>>()?;
    let mut parents = vec![0; nodes.len()];
    for (at, node) in nodes.iter().enumerate().filter(|(_, node)| node.left != 0) {
        for child in [usize::from(node.left), usize::from(node.right)] {
            if child <= at {
                return None;
            }
            *parents.get_mut(child)? += 1;
        }
    }

    let leaves = nodes.iter().filter(|node| node.left == 0).count();
    (leaves <= MAX_LEAVES && parents.iter().skip(1).all(|count| *count == 1)).then_some(nodes)
}

impl Node {
    fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| text.parse::<f32>().ok().filter(|value| value.is_finite());
        if let Some(value) = text.strip_prefix('=') {
            return Some(Self { threshold: number(value)?, feature: 0, left: 0, right: 0 });
        }

        let mut parts = text.split(':');
        let feature = parts.next()?.parse().ok()?;
        let threshold = number(parts.next()?)?;
        let left = parts.next()?.parse().ok().filter(|left| *left != 0)?;
        Some(Self { threshold, feature, left, right: parts.next()?.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_that_is_none_is_refused() {
        for line in [
            "0:1:0:1",
            "0:1:1:0 =1",
            "0:1:1:9 =1 =2",
            "x",
            "",
            "0:1:2",
            "0:1:1:1 =1 =2",
            "0:1:1:2 =1 =2 =3",
            "0:nan:1:2 =1 =2",
            "0:inf:1:2 =1 =2",
            "=nan",
        ] {
            assert!(tree(line).is_none(), "{line}");
        }
        assert_eq!(tree("0:1:1:2 =1 =2").map(|nodes| nodes.len()), Some(3));
    }

    #[test]
    fn a_tree_has_at_most_as_many_leaves_as_a_word_has_bits() {
        let line = |leaves: usize| {
            let splits: Vec<String> =
                (0..leaves - 1).map(|at| format!("0:{at}:{}:{}", 2 * at + 1, 2 * at + 2)).collect();
            let nodes: Vec<String> = splits.into_iter().flat_map(|split| [split, "=1".to_owned()]).collect();
            format!("{} =1", nodes.join(" "))
        };
        // Each split is followed by its left leaf; the next split stands behind that.
        assert!(tree(&line(MAX_LEAVES)).is_some());
        assert!(tree(&line(MAX_LEAVES + 1)).is_none());
    }
}
