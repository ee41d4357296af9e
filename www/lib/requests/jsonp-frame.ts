/**
 * The document in which an isolated JSONP answer runs: sandboxed and opaque, so it reads nothing of the page, with a
 * policy that names the one host, so it loads and sends nothing elsewhere.
 */
import { attribute } from "./frame.js";

/**
 * The script that runs before the foreign one. A constant text, so that its hash can stand in the frame's own policy,
 * and in the policy of a page that has no nonces: `script-src 'sha256-…' https://api.example`. What differs from call
 * to call stands in the `meta` element.
 *
 * It says `["portcullis-jsonp", key, kind, value]`, first "ready", then one of "answer", "unclonable", "missing", "failed", "redirected" and "refused".
 *
 * - The first answer counts. What cannot be cloned is an answer too, of another kind.
 * - `load` without a call is "missing", `error` is "failed"; neither event bubbles, so both are caught on the way down.
 * - A refusal by policy is an `error` like any other; its violation event comes before it in Firefox and after it in
 *   Chromium and WebKit, so `error` waits a little. The frame's own policy can only refuse a redirect to another host,
 *   and then the page's may have refused it as well: the redirect is the cause to tell.
 */
export const BOOTSTRAP = `(()=>{
const d=document,m=n=>d.querySelector("meta["+n+"]").content,[key,page,name]=m("name").split(" ");
let over,fate="failed",policy;
const say=(kind,value)=>{if(!over){parent.postMessage(["portcullis-jsonp",key,kind,value],page);over=kind!=="ready"}};
window[name]=value=>{try{say("answer",value)}catch(e){say("unclonable",String(e))}};
const script=(type,act)=>d.addEventListener(type,e=>{if(e.target.localName==="script")act()},true);
script("load",()=>say("missing"));
script("error",()=>setTimeout(()=>say(fate,policy),100));
d.addEventListener("securitypolicyviolation",e=>{
if(e.disposition!=="enforce"||!e.effectiveDirective.startsWith("script-src")||fate==="redirected")return;
policy=e.originalPolicy;fate=policy===m("http-equiv")?"redirected":"refused"});
say("ready")
})()`;

/**
 * The source expression by which a page without nonces allows the isolated frame's own script:
 * `script-src 'self' https://api.example 'sha256-…'` (this text in quotes). A unit test compares it with the script.
 */
export const JSONP_FRAME_HASH = "sha256-VbsoVOLQXDVq5hLIfWkEpjQg+JnY0CMb7higUu5fuQA=";

/** The values of one call. */
export interface FrameTexts {
  /** The address of the script, callback included. */
  readonly url: string;
  readonly callback: string;
  /** The frame's policy. */
  readonly policy: string;
  /** The secret that the frame's messages carry. */
  readonly key: string;
  /** The origin that may hear them. */
  readonly page: string;
  /** The page's own nonce: the frame inherits the page's policy beside its own. */
  readonly nonce: string | undefined;
}

/** Writes the frame's document. */
export function frameDocument(texts: FrameTexts): string {
  // A nonce helps with the inherited policy only; the frame's own names none, since a nonce would also let a
  // redirect pass.
  const nonce = texts.nonce === undefined ? "" : ` nonce="${attribute(texts.nonce)}"`;
  return (
    `<!doctype html><meta http-equiv="Content-Security-Policy" content="${attribute(texts.policy)}">` +
    `<meta name="portcullis" content="${attribute(`${texts.key} ${texts.page} ${texts.callback}`)}">` +
    `<script${nonce}>${BOOTSTRAP}</script><script${nonce} src="${attribute(texts.url)}"></script>`
  );
}
