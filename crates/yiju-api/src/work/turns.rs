//! A bounded queue in which callers take turns.

use std::collections::{HashMap, VecDeque};

use crate::share::Share;

/// Items of callers, who take turns; each caller's own come in their order.
pub(super) struct Turns<T> {
    most: usize,
    waiting: HashMap<Share, VecDeque<(u64, T)>>,
    /// Callers with something waiting, the next one first.
    order: VecDeque<Share>,
    count: usize,
    next: u64,
}

impl<T> Turns<T> {
    /// A queue of at most `most` items.
    pub(super) fn new(most: usize) -> Self {
        Self { most, waiting: HashMap::new(), order: VecDeque::new(), count: 0, next: 0 }
    }

    pub(super) fn most(&self) -> usize {
        self.most
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many items have their turn before one that enters now.
    pub(super) fn before(&self, share: &Share) -> usize {
        let own = self.waiting.get(share).map_or(0, VecDeque::len);
        self.waiting.values().map(|items| items.len().min(own + 1)).sum::<usize>().min(self.count)
    }

    /// Puts an item into the queue: its number, and the item that made room for it, if one had to.
    ///
    /// # Errors
    /// The item, where the queue is full and no other caller has more in it.
    pub(super) fn enter(&mut self, share: &Share, item: T) -> Result<(u64, Option<T>), T> {
        let mut displaced = None;
        if self.count >= self.most {
            let own = self.waiting.get(share).map_or(0, VecDeque::len);
            let most = self.waiting.iter().max_by_key(|(_, items)| items.len());
            let Some(most) = most.filter(|(_, items)| items.len() > own + 1) else {
                return Err(item);
            };
            let most = most.0.clone();
            displaced = self.take(&most, VecDeque::pop_back);
        }
        let number = self.next;
        self.next += 1;
        self.count += 1;
        let items = self.waiting.entry(share.clone()).or_default();
        if items.is_empty() {
            self.order.push_back(share.clone());
        }
        items.push_back((number, item));
        Ok((number, displaced))
    }

    /// The item whose turn it is.
    pub(super) fn next(&mut self) -> Option<T> {
        let share = self.order.pop_front()?;
        // At the end again, if more of its items wait.
        self.order.push_back(share.clone());
        self.take(&share, VecDeque::pop_front)
    }

    /// Takes the item of this number out, if it is there still.
    pub(super) fn leave(&mut self, share: &Share, number: u64) {
        self.take(share, |items| {
            let place = items.iter().position(|(at, _)| *at == number)?;
            items.remove(place)
        });
    }

    /// Takes all items out.
    pub(super) fn take_all(&mut self) -> Vec<T> {
        self.order.clear();
        self.count = 0;
        self.waiting.drain().flat_map(|(_, items)| items).map(|(_, item)| item).collect()
    }

    fn take(
        &mut self,
        share: &Share,
        one: impl FnOnce(&mut VecDeque<(u64, T)>) -> Option<(u64, T)>,
    ) -> Option<T> {
        let items = self.waiting.get_mut(share)?;
        let (_, item) = one(items)?;
        self.count -= 1;
        if items.is_empty() {
            self.waiting.remove(share);
            self.order.retain(|other| other != share);
        }
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(name: &str) -> Share {
        Share::Key(name.into())
    }

    #[test]
    fn callers_take_turns_and_keep_their_order() {
        let mut turns = Turns::new(10);
        for (name, item) in [("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5), ("b", 6)] {
            turns.enter(&share(name), item).unwrap();
        }
        assert_eq!(turns.before(&share("d")), 3);
        assert_eq!(turns.before(&share("a")), 6);
        let order: Vec<i32> = std::iter::from_fn(|| turns.next()).collect();
        assert_eq!(order, [1, 4, 5, 2, 6, 3]);
        assert!(turns.is_empty() && turns.order.is_empty() && turns.waiting.is_empty());
    }

    #[test]
    fn who_has_most_makes_room_and_who_leaves_is_gone() {
        let mut turns = Turns::new(3);
        let (a, b) = (share("a"), share("b"));
        let first = turns.enter(&a, 1).unwrap().0;
        turns.enter(&a, 2).unwrap();
        turns.enter(&a, 3).unwrap();
        assert_eq!(turns.enter(&a, 4), Err(4), "nobody has more than it");
        assert_eq!(turns.enter(&b, 5).unwrap().1, Some(3));
        assert_eq!(turns.enter(&b, 6), Err(6), "the other would have fewer then");
        turns.leave(&a, first);
        turns.leave(&a, first);
        assert_eq!(turns.len(), 2);
        assert_eq!((turns.next(), turns.next(), turns.next()), (Some(2), Some(5), None));
    }
}
