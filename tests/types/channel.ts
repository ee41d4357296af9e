/** One `type Api` for both pages types both ends. A line below `@ts-expect-error` must not compile. */
import { type Channel, connect, PortcullisError } from "portcullis";

interface Api {
  add(a: number, b: number): number;
  later(name: string): Promise<Date>;
  math: { double(n: number): number };
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => undefined;

export async function host(frame: HTMLIFrameElement): Promise<void> {
  const channel = await connect<Api>(frame, { allowedOrigins: "https://pay.example" });
  same<typeof channel, Channel<Api>>(true);

  const sum = channel.remote.add(1, 2);
  same<typeof sum, Promise<number>>(true);
  const date = channel.remote.later("tea");
  same<typeof date, Promise<Date>>(true);
  const nested = channel.remote.math.double(2);
  same<typeof nested, Promise<number>>(true);

  // @ts-expect-error: a text is no number
  channel.remote.add("1", 2);
  // @ts-expect-error: one argument is missing
  channel.remote.add(1);
  // @ts-expect-error: no such method
  channel.remote.subtract(1, 2);
  // @ts-expect-error: nothing may be taken for a promise
  channel.remote.then;

  // @ts-expect-error: origins are texts
  await connect(frame, { allowedOrigins: 1 });
  // @ts-expect-error: no such option
  await connect(frame, { allowedOrigin: "https://pay.example" });

  const stop: () => void = channel.on("paid", (payload) => {
    // @ts-expect-error: a peer's payload is unknown until it is checked
    payload.amount;
  });
  stop();
  const { code, reason } = await channel.closed;
  same<typeof reason, string | undefined>(true);
  // @ts-expect-error: a state is one of three texts
  channel.state === "opened";
  void code;
}

export function explain(error: unknown): string {
  if (!(error instanceof PortcullisError)) throw error;
  switch (error.code) {
    case "call/timed-out":
      return "slow";
    // @ts-expect-error: no such code
    case "call/timeout":
      return "never";
    default:
      return error.message;
  }
}
