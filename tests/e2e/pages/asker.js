// Asks another server in every one-shot way there is, and says how each ended.
import { beacon, corsFetch, jsonp } from "/dist/requests.js";

const outcome = (promise) =>
  promise.then(
    () => "fine",
    ({ code, message }) => code ?? message,
  );

window.ask = async (target, key) => {
  const headers = JSON.stringify({ "access-control-allow-origin": "*" });
  const echo = `${target}/test/echo?${new URLSearchParams({ key, headers })}`;
  const fetched = await outcome(corsFetch(echo, { timeoutMs: 20_000 }));
  const script = await outcome(jsonp(`${target}/jsonp/echo`, { params: { key } }));
  const { queued } = beacon(`${target}/beacon/${key}`, "x", { via: "sendBeacon" });
  return { fetched, script, queued };
};
document.title = "ready";
