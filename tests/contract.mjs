// What a channel does, whatever it runs over: the cases that every transport passes unchanged.
//
// A case gets `w`: claims (`equal`, `same`, `ok`, `rejects`, `throws`), the package as `w.portcullis`, and
// `w.pair(options, serve, ...args)`, which connects this side with `options` and runs `serve(kit, ...args)` on the far
// side, where `kit.accept(options)` connects to this one. `serve` is a function whose text travels: it sees
// its own arguments only. `far.run(task, ...args)` runs more there; `kit.channel` is the far channel by then,
// `kit.state` an object that stays, and `kit.report(value)` gives `await far.next()` its values here.

import { calls } from "./contract/calls.mjs";
import { life } from "./contract/life.mjs";
import { live } from "./contract/live.mjs";
import { streams } from "./contract/streams.mjs";
import { values } from "./contract/values.mjs";

/** All cases by name. */
export const contract = { ...calls, ...values, ...live, ...streams, ...life };
