/**
 * The one registry a package may hold: where a carrier (inlined wasm, fetched wasm, plain JavaScript) offers the
 * core of its slice when it is imported, and where every public function asks for it. Nothing is compiled before
 * the first question.
 */
import { PortcullisError } from "../error.js";

/** Turns the imports that the glue hands over into the exports of a fresh instance. */
export type Instantiate = (imports: WebAssembly.Imports) => WebAssembly.Exports;

/** What `init` takes: the module itself, its bytes, or the answer of a `fetch` that brings them. */
export type CoreSource = BufferSource | WebAssembly.Module | Response | Promise<BufferSource | Response>;

/** How one slice's carriers are kept and compiled. */
export interface Registry<Core> {
  /** A carrier offers its way to an instance. Plain JavaScript wins over wasm, else the first wins. */
  provide(kind: "plain" | "wasm", instantiate: Instantiate): void;
  /** The import that would have brought a core, such as `portcullis/requests`. */
  readonly entry: string;
  /** Whether a carrier is there. */
  readonly offered: boolean;
  /**
   * The core, made at the first call.
   *
   * @throws PortcullisError `wasm/not-ready` when no carrier was imported, `wasm/blocked` when the page's policy
   * or the browser forbids WebAssembly.
   */
  core(): Core;
  /** Forgets the instance, after a trap: the next `core()` is a fresh one. */
  drop(): void;
}

/** The smallest module there is: the magic number and the version. Where it is refused, every module is. */
const EMPTY_MODULE = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/**
 * Makes the registry of one slice.
 *
 * @param makeCore the slice's glue; each call is a fresh core
 * @param entry the import that would have brought a core, such as `portcullis/requests`
 */
export function createRegistry<Core>(
  makeCore: (instantiate: Instantiate) => Core,
  entry: string,
): Registry<Core> {
  let offered: { kind: "plain" | "wasm"; instantiate: Instantiate } | undefined;
  let instance: Core | undefined;

  const provide = (kind: "plain" | "wasm", instantiate: Instantiate): void => {
    // Once an instance runs it stays: channels hold it.
    if (instance !== undefined) return;
    if (offered === undefined || (kind === "plain" && offered.kind === "wasm"))
      offered = { kind, instantiate };
  };

  return {
    provide,
    entry,
    get offered() {
      return offered !== undefined;
    },
    core() {
      if (instance !== undefined) return instance;
      if (offered === undefined) {
        throw new PortcullisError(
          "wasm/not-ready",
          `no core is loaded: import "${entry}" or "${sibling(entry, "no-wasm")}" once in this page, or await init(source) of "${sibling(entry, "slim")}"`,
        );
      }
      try {
        instance = makeCore(offered.instantiate);
      } catch (error) {
        if (offered.kind === "wasm" && refusal()) throw blocked(entry, error);
        throw error;
      }
      return instance;
    },
    drop() {
      instance = undefined;
    },
  };
}

/**
 * Loads the module for the entry that brings none. Resolves at once when a carrier is already there. No method, so
 * that pages with a carrier do without it.
 */
export async function load<Core>(registry: Registry<Core>, source: CoreSource): Promise<void> {
  if (registry.offered) {
    // The page that fetched needlessly must not see its failure as an unhandled rejection.
    if (source instanceof Promise) source.catch(() => undefined);
    return;
  }
  const module = await compile(source, registry.entry);
  // WebKit compiles what the policy forbids to run: who waits for this hears of it here in every engine.
  const cause = refusal();
  if (cause) throw blocked(registry.entry, cause);
  registry.provide("wasm", (imports) => new WebAssembly.Instance(module, imports).exports);
}

async function compile(source: CoreSource, entry: string): Promise<WebAssembly.Module> {
  try {
    const given = await source;
    if (given instanceof WebAssembly.Module) return given;
    if (!(given instanceof Response)) return await WebAssembly.compile(given);
    if (!given.ok) throw new Error(`${given.url} answered ${given.status}`);
    // Streaming is refused for any other type, and servers that do not know application/wasm are many.
    return given.headers.get("content-type") === "application/wasm"
      ? await WebAssembly.compileStreaming(given)
      : await WebAssembly.compile(await given.arrayBuffer());
  } catch (error) {
    if (refusal()) throw blocked(entry, error);
    throw new PortcullisError(
      "wasm/not-ready",
      `init() of "${sibling(entry, "slim")}" got no usable module: ${String(error)}`,
      {
        cause: error,
      },
    );
  }
}

/**
 * What the page itself says to a module that nothing is wrong with: engines refuse at different places (WebKit only at
 * the instance) and with different words. Nothing where wasm may run.
 */
function refusal(): unknown {
  try {
    new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(EMPTY_MODULE)));
  } catch (error) {
    return error;
  }
}

function blocked(entry: string, cause: unknown): PortcullisError {
  return new PortcullisError(
    "wasm/blocked",
    `this page may not run WebAssembly: add 'wasm-unsafe-eval' to the script-src of its Content-Security-Policy, or import "${sibling(entry, "no-wasm")}", which needs none`,
    { cause },
  );
}

function sibling(entry: string, kind: string): string {
  return `${entry}/${kind}`;
}
