// A JSONP call in a page whose policy forbids wasm and eval.

/** What the call came to, and which directives were violated meanwhile in this page. */
export async function ask(_kit, url, options) {
  const violated = [];
  document.addEventListener("securitypolicyviolation", (event) => violated.push(event.effectiveDirective));
  const { jsonp } = await import("/dist/requests-no-wasm.js");
  try {
    await jsonp(url, options);
    return { outcome: "fine", message: "", violated };
  } catch (error) {
    return { outcome: error.code ?? error.name, message: error.message, violated };
  }
}
