//! The numbers that items of ordered lists show.

use crate::html::{NodeId, Tag, Tree};

/// The open lists: container, next number and step; no step for lists without numbers.
#[derive(Debug, Default)]
pub(super) struct Lists {
    open: Vec<(u32, i32, i32)>,
}

impl Lists {
    /// Takes in element `id`, which becomes container `index`; the number of an item.
    pub(super) fn enter(&mut self, tree: &Tree<'_>, id: NodeId, index: u32) -> Option<i32> {
        let whole = |name: &str| tree.attribute(id, name).and_then(|value| value.trim().parse::<i32>().ok());
        match tree.node(id).tag {
            Tag::Ol => {
                let reversed = tree.attribute(id, "reversed").is_some();
                let start = whole("start").unwrap_or_else(|| if reversed { items(tree, id) } else { 1 });
                self.open.push((index, start, if reversed { -1 } else { 1 }));
                None
            }
            Tag::Ul | Tag::Menu | Tag::Dir => {
                self.open.push((index, 0, 0));
                None
            }
            Tag::Li => {
                let (_, next, step) = self.open.last_mut().filter(|(_, _, step)| *step != 0)?;
                let number = whole("value").unwrap_or(*next);
                *next = number.saturating_add(*step);
                Some(number)
            }
            _ => None,
        }
    }

    /// Closes the list of container `index`, where it is one.
    pub(super) fn leave(&mut self, index: u32) {
        self.open.pop_if(|(list, _, _)| *list == index);
    }
}

/// Items straight in a list.
fn items(tree: &Tree<'_>, id: NodeId) -> i32 {
    let mut at = id + 1;
    let mut count = 0;
    while at < tree.node(id).end {
        let node = tree.node(at);
        count += i32::from(node.tag == Tag::Li);
        at = node.end.max(at + 1);
    }
    count
}
