// Programs that listen on a port: which port, and since when.

import { createServer } from "node:net";

const START_MS = 60_000;

/** A question that was taken and not answered is put once more after this. */
const ANSWER_MS = 10_000;

/** A port that nobody listened on a moment ago, for programs that choose none themselves. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/**
 * Waits until a program answers at an address; `said()` is what it printed. It is asked again and again: none of
 * them says by itself when it is ready.
 */
export async function listening(url, child, said) {
  const end = Date.now() + START_MS;
  while (Date.now() < end) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`a program ended at its start:\n${said()}`);
    const answered = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`a program does not listen:\n${said()}`);
}
