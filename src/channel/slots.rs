//! A table of things with ids that are small, bounded, and not used again at once.

use alloc::vec::Vec;

const SLOT_BITS: u32 = 20;
const GENERATIONS: u32 = 1 << (32 - SLOT_BITS);

/// The part of an id that is an index.
pub(super) const fn slot_of(id: u32) -> u32 {
    id & ((1 << SLOT_BITS) - 1)
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Slot<T> {
    generation: u32,
    value: Option<T>,
}

/// Ids hold the slot in the low 20 bits and count above them how often it has been used.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Slots<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slots<T> {
    /// How many are in use.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Takes a free slot; `None` when `limit` are in use.
    pub(super) fn insert(&mut self, value: T, limit: u32) -> Option<u32> {
        if let Some(index) = self.free.pop() {
            let slot = self.slots.get_mut(index as usize)?;
            slot.value = Some(value);
            return Some(slot.generation << SLOT_BITS | index);
        }
        let index = u32::try_from(self.slots.len()).ok()?;
        if index >= limit.min(1 << SLOT_BITS) {
            return None;
        }
        self.slots.push(Slot { generation: 0, value: Some(value) });
        Some(index)
    }

    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        let slot = self.slots.get_mut(slot_of(id) as usize)?;
        if slot.generation == id >> SLOT_BITS { slot.value.as_mut() } else { None }
    }

    /// One above the highest slot that has ever been in use.
    pub(super) fn bound(&self) -> u32 {
        u32::try_from(self.slots.len()).unwrap_or(0)
    }

    /// What a slot holds, with its full id.
    pub(super) fn at(&mut self, index: u32) -> Option<(u32, &mut T)> {
        let slot = self.slots.get_mut(index as usize)?;
        let id = slot.generation << SLOT_BITS | index;
        slot.value.as_mut().map(|value| (id, value))
    }

    pub(super) fn contains(&self, id: u32) -> bool {
        self.slots
            .get(slot_of(id) as usize)
            .is_some_and(|slot| slot.generation == id >> SLOT_BITS && slot.value.is_some())
    }

    pub(super) fn remove(&mut self, id: u32) -> Option<T> {
        let index = slot_of(id);
        let slot = self.slots.get_mut(index as usize)?;
        if slot.generation != id >> SLOT_BITS {
            return None;
        }
        let value = slot.value.take()?;
        slot.generation = (slot.generation + 1) % GENERATIONS;
        self.free.push(index);
        Some(value)
    }
}
