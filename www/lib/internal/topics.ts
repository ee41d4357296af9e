import type { Driver } from "./driver.js";
import { later, listen, unlisten } from "./intrinsics.js";
import { quietly } from "./report.js";

/** Topics whose last value is kept, on each side; a peer that names more makes the oldest go. */
const RETAINED = 1024;

type Listener = (payload: unknown, retain: boolean) => void;

/** Events both ways. */
export interface Topics {
  on(topic: string, listener: Listener, options?: { signal?: AbortSignal; replay?: boolean }): () => void;
  /** An event came. */
  deliver(topic: string, payload: unknown, retain: boolean): void;
  emit(
    topic: string,
    payload: unknown,
    options?: { readonly transfer?: readonly Transferable[]; readonly retain?: boolean },
  ): void;
  /** The peer is back and knows nothing. */
  retell(): void;
  end(): void;
}

/** The topics of a channel, whose tables are made when one is first named. */
export function topicsIn(driver: Driver): Topics {
  driver.topics ??= topicsOf(driver);
  return driver.topics;
}

function topicsOf({ raw, now, outbox, report }: Driver): Topics {
  const listeners = new Map<string, Set<Listener>>();
  /** Last values that the peer said to keep. */
  const heard = new Map<string, unknown>();
  /** Last values emitted with `retain`, for a peer that comes back without memory. */
  const told = new Map<string, unknown>();

  const emit: Topics["emit"] = (topic, payload, { transfer, retain = false } = {}) => {
    const id = outbox.intern(topic, "call/invalid");
    outbox.send(
      topic,
      payload === undefined ? [] : [payload],
      (values, lives, bytes) => {
        const answer = raw.emit(now(), id, values.length, retain, lives, bytes);
        if (retain && answer >= 0) keep(told, topic, values[0]);
        return answer;
      },
      "payload",
      { transfer, again: retain ? "retained" : undefined },
    );
  };

  return {
    on(topic, listener, { signal, replay } = {}) {
      let on = !signal?.aborted;
      if (!on) return () => {};
      // A wrapper of its own: the same function may listen twice, and each leaves by itself.
      const hear: Listener = (payload, retain) => on && quietly(() => listener(payload, retain));
      const set = listeners.get(topic) ?? new Set();
      listeners.set(topic, set.add(hear));
      const off = (): void => {
        on = false;
        set.delete(hear);
        if (!set.size && listeners.get(topic) === set) listeners.delete(topic);
        if (signal) unlisten(signal, "abort", off);
      };
      if (signal) listen(signal, "abort", off);
      if (replay && heard.has(topic)) {
        const payload = heard.get(topic);
        later(() => hear(payload, true));
      }
      return off;
    },
    deliver(topic, payload, retain) {
      if (retain) keep(heard, topic, payload);
      for (const hear of [...(listeners.get(topic) ?? [])]) hear(payload, retain);
    },
    emit,
    retell() {
      for (const [topic, payload] of [...told]) {
        try {
          emit(topic, payload, { retain: true });
        } catch (error) {
          // The queue is full of newer things; the next value will be told.
          report.refused("dropped", `"${topic}" was not told again: ${String(error)}`);
        }
      }
    },
    end() {
      listeners.clear();
      heard.clear();
      told.clear();
    },
  };
}

function keep(values: Map<string, unknown>, topic: string, payload: unknown): void {
  values.delete(topic);
  values.set(topic, payload);
  if (values.size > RETAINED) values.delete(values.keys().next().value as string);
}
