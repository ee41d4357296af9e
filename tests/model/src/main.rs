//! Model checking of the real [`portcullis::channel::Link`]: two honest pages, and an attacker that may
//! drop, duplicate, reorder and forge, greetings and what a port carries, navigate the frame, and hold and
//! forward ports.
//!
//! Every scenario is explored exhaustively within its budgets; each property names a behaviour. The
//! command prints the size of the state space and ends with `N passed, N failed`.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a model that is wrong must stop")]

mod act;
mod attack;
mod page;
mod world;

use std::process::ExitCode;

use stateright::{Checker, Expectation, HasDiscoveries, Model, Property};
use world::{Act, Budget, Document, Forger, Scenario, World};

impl Model for Scenario {
    type State = World;
    type Action = Act;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Act>) {
        world.actions(self, actions);
    }

    fn next_state(&self, world: &World, act: Act) -> Option<World> {
        let mut next = world.clone();
        next.act(self, act);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always("no handler runs before the session is open", |_: &Self, world: &World| {
                !world.broken.early
            }),
            Property::always(
                "a session opens only between the two honest pages",
                |_: &Self, world: &World| !world.broken.stranger,
            ),
            Property::always("a session opens only by all three witnesses", |_: &Self, world: &World| {
                !world.broken.witness
            }),
            Property::always(
                "a greeting that fails a check is answered by nothing",
                |_: &Self, world: &World| !world.broken.answered,
            ),
            Property::always("delivered messages strictly rise", |_: &Self, world: &World| {
                !world.broken.order
            }),
            Property::always("nothing is delivered after a gap", |_: &Self, world: &World| !world.broken.gap),
            Property::always("a call runs at most once", |_: &Self, world: &World| !world.broken.twice),
            Property::always("closed absorbs", |_: &Self, world: &World| !world.broken.after_close),
            Property::always("a session has one live port", |_: &Self, world: &World| !world.broken.ports),
            Property::always("nothing but an empty greeting goes to *", |_: &Self, world: &World| {
                !world.broken.star
            }),
            Property::always("the attacker holds no port of an honest page", |_: &Self, world: &World| {
                !world.broken.leaked
            }),
            Property::always("a call settles at most once", |_: &Self, world: &World| !world.broken.settled),
            // Without a timer's help: where one has fired, it is armed again and the next try follows.
            Property::always(
                "honest pages meet once every message has arrived",
                |scenario: &Self, world: &World| {
                    !world.is_quiet() || world.budget.wakes < scenario.budget.wakes || world.both_open()
                },
            ),
            Property::always("a page that has not met waits for a timer", |_: &Self, world: &World| {
                !world.is_quiet() || world.both_open() || world.host.waits() || world.guest.waits()
            }),
            Property::sometimes("both pages open", |_: &Self, world: &World| world.both_open()),
        ];
        if self.budget.calls > 0 {
            properties
                .push(Property::sometimes("a call is answered", |_: &Self, world: &World| world.answered));
        }
        if self.budget.drops > 0 {
            properties.push(Property::sometimes(
                "both open though a greeting was lost",
                |_: &Self, world: &World| world.dropped && world.both_open(),
            ));
        }
        if self.budget.navigations > 0 {
            properties.push(Property::sometimes(
                "both open again after a navigation",
                |_: &Self, world: &World| {
                    world.navigated && world.frame == Document::Honest && world.both_open()
                },
            ));
        }
        if self.budget.replays > 0 {
            properties.push(Property::sometimes(
                "a call is answered though a message came twice",
                |_: &Self, world: &World| world.replayed && world.answered,
            ));
        }
        if self.budget.forwards > 0 {
            // Not defended, as the documents say: a port is a capability.
            properties.push(Property::sometimes(
                "who holds a forwarded port is served",
                |_: &Self, world: &World| world.served,
            ));
        }
        if self.budget.closes + self.budget.losses + self.budget.overtakes > 0 {
            properties.push(Property::sometimes("both pages closed", |_: &Self, world: &World| {
                world.host.closed && world.guest.closed
            }));
        }
        properties
    }
}

const OUTSIDERS: &[Forger] = &[Forger::Stranger, Forger::Sibling, Forger::Synthetic, Forger::Navigated];
const ALL: &[Forger] =
    &[Forger::Stranger, Forger::Sibling, Forger::Synthetic, Forger::Guess, Forger::Name, Forger::Version];

fn main() -> ExitCode {
    let quiet = Budget { starts: 2, calls: 1, ..Budget::default() };
    let plain = Scenario { name: "undisturbed", budget: quiet, wide: false, opaque: false, forgers: &[] };
    let scenarios = [
        plain,
        Scenario {
            name: "greetings lost and doubled",
            budget: Budget { drops: 1, doubles: 1, wakes: 1, ..quiet },
            ..plain
        },
        Scenario {
            name: "a port whose messages come again, never, or too early",
            budget: Budget { calls: 2, replays: 2, losses: 1, overtakes: 1, closes: 1, ..quiet },
            ..plain
        },
        Scenario {
            name: "a port that is forwarded, and a page that closes",
            budget: Budget { forwards: 1, closes: 1, ..quiet },
            ..plain
        },
        Scenario {
            name: "a port that is forwarded, also in a forged greeting",
            budget: Budget { forwards: 1, forgeries: 1, ..quiet },
            forgers: &[Forger::Synthetic],
            ..plain
        },
        Scenario {
            name: "a forged greeting and a call",
            budget: Budget { forgeries: 1, ..quiet },
            wide: true,
            forgers: ALL,
            ..plain
        },
        Scenario {
            name: "two forged greetings",
            budget: Budget { forgeries: 2, calls: 0, ..quiet },
            wide: true,
            forgers: OUTSIDERS,
            ..plain
        },
        Scenario {
            name: "the frame navigates",
            budget: Budget { navigations: 1, forgeries: 1, ..quiet },
            wide: true,
            forgers: OUTSIDERS,
            ..plain
        },
        Scenario {
            name: "an opaque frame",
            budget: Budget { forgeries: 1, drops: 1, doubles: 1, ..quiet },
            opaque: true,
            forgers: OUTSIDERS,
            ..plain
        },
    ];
    let only = std::env::args().nth(1);
    let (mut passed, mut failed) = (0, 0);
    for scenario in scenarios {
        if only.as_ref().is_some_and(|only| only != scenario.name) {
            continue;
        }
        let name = scenario.name;
        let checker =
            scenario.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
        println!("{name}: {} states, {} unique", checker.state_count(), checker.unique_state_count());
        let properties = checker.model().properties();
        // After a failure the rest was not explored: that something was not seen says nothing then.
        let broken = properties.iter().any(|property| {
            property.expectation != Expectation::Sometimes && checker.discovery(property.name).is_some()
        });
        for property in properties {
            if broken && property.expectation == Expectation::Sometimes {
                continue;
            }
            let discovery = checker.discovery(property.name);
            let holds = match property.expectation {
                Expectation::Always | Expectation::Eventually => discovery.is_none(),
                Expectation::Sometimes => discovery.is_some(),
            };
            if holds {
                passed += 1;
                continue;
            }
            failed += 1;
            println!("  FAILED: {}", property.name);
            for act in discovery.map(stateright::Path::into_actions).unwrap_or_default() {
                println!("    {act:?}");
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
