//! What happened, in order, for those who wait for it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::watch;

/// How many entries are kept. A test run of an hour stays far below; a flood forgets its oldest.
pub const MAX_ENTRIES: usize = 20_000;

/// The longest time a reader may wait.
pub const MAX_WAIT: Duration = Duration::from_secs(60);

/// What a reader asks for: `count` entries, or what there is after `wait` milliseconds.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Waited {
    /// How many entries are enough.
    pub count: usize,
    /// For how long to wait for them, at most [`MAX_WAIT`].
    pub wait: u64,
}

/// A bounded list of what happened that can be waited on, so that no test has to sleep.
#[derive(Debug)]
pub struct Ledger<T> {
    entries: Mutex<VecDeque<T>>,
    changes: watch::Sender<u64>,
}

impl<T> Default for Ledger<T> {
    fn default() -> Self {
        Self { entries: Mutex::default(), changes: watch::Sender::new(0) }
    }
}

impl<T: Clone> Ledger<T> {
    /// Adds an entry, forgetting the oldest above [`MAX_ENTRIES`].
    pub fn push(&self, entry: T) {
        let mut entries = self.lock();
        if entries.len() >= MAX_ENTRIES {
            entries.pop_front();
        }
        entries.push_back(entry);
        drop(entries);
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// The entries that `wanted` picks, oldest first.
    pub fn matching(&self, wanted: impl Fn(&T) -> bool) -> Vec<T> {
        self.lock().iter().filter(|entry| wanted(entry)).cloned().collect()
    }

    /// The entries that `wanted` picks, once there are enough of them or the time is over.
    pub async fn wait_for(&self, wanted: impl Fn(&T) -> bool, waited: Waited) -> Vec<T> {
        let patience = Duration::from_millis(waited.wait).min(MAX_WAIT);
        let mut changes = self.changes.subscribe();
        let enough = async {
            loop {
                // Marked as seen before the look, so a change during the look wakes us again.
                changes.mark_unchanged();
                if self.matching(&wanted).len() >= waited.count || changes.changed().await.is_err() {
                    return;
                }
            }
        };
        // Too few in time is an answer, not an error: the caller counts.
        let _ = tokio::time::timeout(patience, enough).await;
        self.matching(&wanted)
    }

    /// Forgets the entries that `unwanted` picks.
    pub fn forget(&self, unwanted: impl Fn(&T) -> bool) {
        self.lock().retain(|entry| !unwanted(entry));
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<T>> {
        // A panic elsewhere cannot leave a half-written list: each change is one call.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_ends_with_the_entry_waited_for() {
        let ledger = Ledger::default();
        ledger.push(1);
        let (seen, ()) =
            tokio::join!(ledger.wait_for(|&entry| entry > 1, Waited { count: 2, wait: 60_000 }), async {
                ledger.push(2);
                ledger.push(3);
            });
        assert_eq!(seen, [2, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_in_vain_ends_with_what_there_is() {
        let ledger = Ledger::default();
        ledger.push(1);
        assert_eq!(ledger.wait_for(|_| true, Waited { count: 2, wait: 60_000 }).await, [1]);
    }

    #[test]
    fn the_oldest_entry_goes_first() {
        let ledger = Ledger::default();
        for entry in 0..=MAX_ENTRIES {
            ledger.push(entry);
        }
        let kept = ledger.matching(|_| true);
        assert_eq!((kept.len(), kept.first().copied()), (MAX_ENTRIES, Some(1)));
        ledger.forget(|&entry| entry > 1);
        assert_eq!(ledger.matching(|_| true), [1]);
    }
}
