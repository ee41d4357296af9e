/** Hidden frames, and the texts that make them. */
import { PortcullisError, type PortcullisErrorCode } from "../error.js";

/** A frame that takes no room, is not read out and cannot be reached by the keyboard. Not yet in the document. */
export function hiddenFrame(sandbox: string): HTMLIFrameElement {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", sandbox);
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  // Not the `hidden` attribute: a page's `iframe { display: block }` would overrule it.
  frame.style.display = "none";
  return frame;
}

/** Puts a frame or script into the document, wherever that has a place. */
export function attach(element: HTMLElement): void {
  (document.body ?? document.documentElement).append(element);
}

/** @throws PortcullisError where there is no document: Node, a worker. */
export function requireDocument(subject: string, code: PortcullisErrorCode): void {
  if (typeof document === "undefined")
    throw new PortcullisError(code, `${subject}: needs a document (this is a worker or a server)`);
}

/** Text made safe for an attribute's value in double quotes. */
export function attribute(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
}
