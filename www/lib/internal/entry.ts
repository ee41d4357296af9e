/** What every channel entry exports. */
export { connect } from "../connect.js";
export { PortcullisError, type PortcullisErrorCode } from "../error.js";
export { createHub } from "../hub.js";
export { acceptIntroduction, introduce } from "../introduce.js";
export { openPopup } from "../popup.js";
export { release, transfer } from "../transfer.js";
export type * from "../types.js";
