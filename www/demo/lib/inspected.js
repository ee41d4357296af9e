import { inspect } from "/dist/inspector.js";
import { find } from "./element.js";

/** Shows a channel, or a hub with all its channels, in the page's `<portcullis-inspector id="inspector">`. */
export function inspected(target) {
  const element = find("inspector");
  if (element.inspection) element.inspection.add(target);
  else element.inspection = inspect(target);
  return target;
}
