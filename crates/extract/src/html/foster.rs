//! What stands in a table but in none of its cells, put before the table, where browsers show it.

use super::tree::{Node, NodeId};

/// An element or run of characters that stands straight in a table, a section or a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Foster {
    pub id: NodeId,
    pub table: NodeId,
    /// The elements that it leaves: the table, and its section and row where they are others.
    pub around: [NodeId; 3],
}

/// A range of nodes that is written next.
struct Pending {
    at: NodeId,
    end: NodeId,
    /// The first node is one that is moved, and this is its new place.
    moved: bool,
    /// What stands before the table that is the first node has been written.
    opened: bool,
}

/// Moves each of `fosters`, which are in the order of their ids, before its table.
pub(super) fn moved(nodes: &[Node], fosters: &[Foster]) -> Vec<Node> {
    let sizes = sizes(nodes, fosters);
    let order = order(nodes, fosters);

    let count = u32::try_from(order.len()).unwrap_or(u32::MAX);
    let places = (0u32..).zip(&order);
    let place = |(place, id): (NodeId, &NodeId)| {
        let node = nodes.get(*id as usize)?;
        let size = sizes.get(*id as usize).copied().unwrap_or(1).max(1);
        Some(Node { end: place.saturating_add(size).min(count), ..*node })
    };
    places.filter_map(place).collect()
}

/// The number of nodes of each subtree once what leaves it is gone.
fn sizes(nodes: &[Node], fosters: &[Foster]) -> Vec<u32> {
    let mut sizes: Vec<u32> = (0u32..).zip(nodes).map(|(id, node)| node.end.saturating_sub(id)).collect();
    for foster in fosters {
        let leaving = nodes.get(foster.id as usize).map_or(1, |node| node.end.saturating_sub(foster.id));
        for (at, id) in foster.around.iter().enumerate() {
            let again = foster.around.get(..at).is_some_and(|before| before.contains(id));
            if let Some(size) = sizes.get_mut(*id as usize).filter(|_| !again) {
                *size = size.saturating_sub(leaving);
            }
        }
    }
    sizes
}

/// All nodes in their new order.
fn order(nodes: &[Node], fosters: &[Foster]) -> Vec<NodeId> {
    let mut by_table = fosters.to_vec();
    by_table.sort_by_key(|foster| (foster.table, foster.id));
    let of = |table: NodeId| {
        let from = by_table.partition_point(|foster| foster.table < table);
        let rest = by_table.get(from..).unwrap_or(&[]);
        rest.get(..rest.partition_point(|foster| foster.table == table)).unwrap_or(&[])
    };
    let end_of = |id: NodeId| nodes.get(id as usize).map_or(id + 1, |node| node.end.max(id + 1));
    let leaves = |id: NodeId| fosters.binary_search_by_key(&id, |foster| foster.id).is_ok();

    let mut order = Vec::with_capacity(nodes.len());
    let count = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
    let mut pending = vec![Pending { at: 0, end: count, moved: false, opened: false }];
    while let Some(Pending { mut at, end, mut moved, mut opened }) = pending.pop() {
        while at < end {
            if leaves(at) && !moved {
                at = end_of(at);
                continue;
            }
            let before = if opened { &[] } else { of(at) };
            if !before.is_empty() {
                pending.push(Pending { at, end, moved, opened: true });
                let next =
                    |foster: &Foster| Pending { at: foster.id, end: end_of(foster.id), moved: true, opened: false };
                pending.extend(before.iter().rev().map(next));
                break;
            }
            order.push(at);
            (moved, opened) = (false, false);
            at += 1;
        }
    }
    order
}
