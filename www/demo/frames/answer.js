import { windowName } from "/dist/requests.js";

await windowName.respond(({ words = "", times = 1, fail }) => {
  if (fail) throw new Error(fail);
  const list = words.split(/\s+/).filter(Boolean);
  return {
    words: list.length,
    letters: words.replace(/\s/g, "").length,
    countedBy: location.host,
    repeated: words.repeat(times - 1),
  };
});
