//! A table of things with ids that are small, bounded, and not used again at once.

use alloc::vec::Vec;

const SLOT_BITS: u32 = 20;
/// In the state of a slot: something is in it. Below stand the bits of its generation.
const USED: u32 = 1 << (32 - SLOT_BITS);

/// The part of an id that is an index.
pub(super) const fn slot_of(id: u32) -> u32 {
    id & ((1 << SLOT_BITS) - 1)
}

/// Ids hold the slot in the low 20 bits and count above them how often it has been used. Apart from
/// what they stand for, so that tables of different things share this code.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
struct Ids {
    states: Vec<u32>,
    free: Vec<u32>,
}

/// The id of no slot.
const NONE: u32 = u32::MAX;

impl Ids {
    #[inline(never)]
    fn insert(&mut self, limit: u32) -> u32 {
        let index = if let Some(index) = self.free.pop() {
            index
        } else {
            let index = u32::try_from(self.states.len()).unwrap_or(NONE);
            // One below the greatest index, so that no id is `NONE`.
            if index >= limit.min(slot_of(NONE)) {
                return NONE;
            }
            self.states.push(0);
            index
        };
        if let Some(state) = self.states.get_mut(index as usize) {
            *state |= USED;
        }
        self.at(index)
    }

    /// The id in a slot, `NONE` if nothing is in it.
    #[inline(never)]
    fn at(&self, index: u32) -> u32 {
        match self.states.get(index as usize) {
            Some(&state) if state >= USED => state << SLOT_BITS | index,
            _ => NONE,
        }
    }

    fn contains(&self, id: u32) -> bool {
        id != NONE && self.at(slot_of(id)) == id
    }

    #[inline(never)]
    fn remove(&mut self, id: u32) -> bool {
        let known = self.contains(id);
        if known {
            let index = slot_of(id);
            if let Some(state) = self.states.get_mut(index as usize) {
                *state = (*state + 1) % USED;
            }
            self.free.push(index);
        }
        known
    }
}

/// Things by their ids.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Slots<T> {
    ids: Ids,
    values: Vec<T>,
}

impl<T: Copy + Default> Slots<T> {
    /// How many are in use.
    pub(super) fn len(&self) -> usize {
        self.ids.states.len() - self.ids.free.len()
    }

    /// Takes a free slot; `None` when `limit` are in use.
    #[inline]
    pub(super) fn insert(&mut self, value: T, limit: u32) -> Option<u32> {
        let id = self.ids.insert(limit);
        if id == NONE {
            return None;
        }
        match self.values.get_mut(slot_of(id) as usize) {
            Some(place) => *place = value,
            None => self.values.push(value),
        }
        Some(id)
    }

    #[inline(never)]
    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        if self.ids.contains(id) { self.values.get_mut(slot_of(id) as usize) } else { None }
    }

    /// One above the highest slot that has ever been in use.
    pub(super) fn bound(&self) -> u32 {
        u32::try_from(self.values.len()).unwrap_or(0)
    }

    /// What a slot holds, with its full id.
    #[inline]
    pub(super) fn at(&mut self, index: u32) -> Option<(u32, &mut T)> {
        let id = self.ids.at(index);
        self.get_mut(id).map(|value| (id, value))
    }

    pub(super) fn contains(&self, id: u32) -> bool {
        self.ids.contains(id)
    }

    /// Frees a slot; whether the id was in use.
    #[inline(never)]
    pub(super) fn remove(&mut self, id: u32) -> bool {
        let known = self.ids.remove(id);
        if known && let Some(value) = self.values.get_mut(slot_of(id) as usize) {
            // The model compares states: what is gone must not make a difference.
            *value = T::default();
        }
        known
    }
}
