//! What a new port hears first: names told before, and calls that may be carried out twice.

use alloc::vec::Vec;

use super::frame::{Frame, Kind};
use super::limits::MAX_NAMES;
use super::session::Session;

/// Calls in one message that is sent again.
const AGAIN_FRAMES: u32 = 1000;

impl<P> Session<P> {
    /// On a new port: tells the names again, and sends the calls again that have left over an old one:
    /// each that was alone in its message in one of its own, the others together.
    pub(super) fn send_again(&mut self) {
        let told = if self.has_met { self.names_told.min(MAX_NAMES) } else { 0 };
        self.has_met = true;
        let mut words: Vec<u32> = Vec::new();
        for name in 0..told {
            Frame::new(Kind::Name, name, 0, 1).encode(&mut words);
        }
        self.send_kept(told, 0, &mut words);

        let calls = self.calls_to_repeat();
        let (mut together, mut was_alone) = (0, false);
        for &id in &calls {
            let Some(call) = self.pending.get_mut(id) else { continue };
            let (target, argc, alone) = (call.target, call.argc, call.alone);
            if alone || was_alone || together == AGAIN_FRAMES {
                self.send_kept(0, together, &mut words);
                together = 0;
            }
            was_alone = alone;
            together += 1;
            Frame::new(Kind::Call, id, target, argc).encode(&mut words);
            let carrier = self.sent.wrapping_add(1);
            if let Some(call) = self.pending.get_mut(id) {
                call.carrier = carrier;
            }
        }
        self.send_kept(0, together, &mut words);
        // Serials are known once it is known how many messages come before those that wait.
        self.base = self.batch.first_serial().wrapping_sub(self.sent).wrapping_sub(1);
        for id in calls {
            if let Some(call) = self.pending.get_mut(id) {
                call.carrier = call.carrier.wrapping_add(self.base);
            }
        }
    }

    /// The calls that have left, oldest first.
    fn calls_to_repeat(&mut self) -> Vec<u32> {
        let mut calls: Vec<u32> = Vec::new();
        let mut ages: Vec<u32> = Vec::new();
        for index in 0..self.pending.bound() {
            if let Some((id, call)) = self.pending.at(index)
                && self.batch.has_left(call.carrier)
            {
                let age = self.calls_made.wrapping_sub(call.made);
                // From the end: slots are mostly in the order of their calls.
                let at = ages.iter().rposition(|&older| older > age).map_or(0, |last| last + 1);
                ages.insert(at, age);
                calls.insert(at, id);
            }
        }
        calls
    }
}
