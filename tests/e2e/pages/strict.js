// Functions for pages whose policy forbids eval.

/** Where this page's policy stops wasm: "Module", "Instance", "instantiate", or "nowhere". */
export async function compileWasm() {
  const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  let module;
  try {
    module = new WebAssembly.Module(bytes);
  } catch {
    return "Module";
  }
  try {
    new WebAssembly.Instance(module);
  } catch {
    return "Instance";
  }
  try {
    await WebAssembly.instantiate(bytes);
  } catch {
    return "instantiate";
  }
  return "nowhere";
}

/** Whether this page's policy lets a text run as code. */
export function evaluate() {
  try {
    // biome-ignore lint/security/noGlobalEval: it is what the policy has to forbid
    return globalThis.eval("'evaluated'");
  } catch {
    return "refused";
  }
}

/** Connects to the parent with an entry of the package; the failure as data. */
export async function connectUnderPolicy(_kit, origin, entry = "index") {
  const { connect } = await import(`/dist/${entry}.js`);
  try {
    await connect(parent, { allowedOrigins: origin, methods: { add: (a, b) => a + b } });
    return "connected";
  } catch ({ code, message }) {
    return { code, message };
  }
}

/** What becomes of `init` of an entry that loads its module; the failure as data. */
export async function initUnderPolicy(_kit, entry, file) {
  const { init } = await import(`/dist/${entry}.js`);
  try {
    await init(fetch(`/dist/${file}`));
    return "loaded";
  } catch ({ code, message }) {
    return { code, message };
  }
}

/** Asks the rules of a requests entry; the failure as data. */
export async function askUnderPolicy(_kit, entry) {
  const { classifyCors } = await import(`/dist/${entry}.js`);
  try {
    return classifyCors({ url: "https://api.example/" }).kind;
  } catch ({ code, message }) {
    return { code, message };
  }
}
