//! Model checking of the real [`portcullis::channel::Link`]: two honest pages, and an attacker that may
//! drop, duplicate, reorder, forge, navigate the frame, and hold ports.
//!
//! Every scenario is explored exhaustively within its budgets; each property names a behaviour. The
//! command prints the size of the state space and ends with `N passed, N failed`.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a model that is wrong must stop")]

mod act;
mod page;
mod world;

use std::process::ExitCode;

use stateright::{Checker, Expectation, Model, Property};
use world::{Act, Budget, Document, Scenario, World};

impl Model for Scenario {
    type State = World;
    type Action = Act;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Act>) {
        world.actions(actions);
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
            Property::always("delivered messages strictly rise", |_: &Self, world: &World| {
                !world.broken.order
            }),
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
        properties
    }
}

fn main() -> ExitCode {
    let quiet = Budget { starts: 2, wakes: 0, calls: 1, ..Budget::default() };
    let scenarios = [
        Scenario { name: "undisturbed", budget: quiet, wide: false, opaque: false },
        Scenario {
            name: "greetings lost and doubled",
            budget: Budget { drops: 1, doubles: 1, wakes: 1, ..quiet },
            wide: false,
            opaque: false,
        },
        Scenario {
            name: "a forged greeting and a call",
            budget: Budget { forgeries: 1, ..quiet },
            wide: true,
            opaque: false,
        },
        Scenario {
            name: "two forged greetings",
            budget: Budget { forgeries: 2, calls: 0, ..quiet },
            wide: true,
            opaque: false,
        },
        Scenario {
            name: "the frame navigates",
            budget: Budget { navigations: 1, forgeries: 1, ..quiet },
            wide: true,
            opaque: false,
        },
        Scenario {
            name: "an opaque frame",
            budget: Budget { forgeries: 1, drops: 1, doubles: 1, ..quiet },
            wide: false,
            opaque: true,
        },
    ];
    let only = std::env::args().nth(1);
    let (mut passed, mut failed) = (0, 0);
    for scenario in scenarios {
        if only.as_ref().is_some_and(|only| only != scenario.name) {
            continue;
        }
        let name = scenario.name;
        let checker = scenario.checker().threads(2).spawn_bfs().join();
        println!("{name}: {} states, {} unique", checker.state_count(), checker.unique_state_count());
        for property in checker.model().properties() {
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
