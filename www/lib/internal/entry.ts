/** What every channel entry exports. */
export { connect } from "../connect.js";
export { PortcullisError, type PortcullisErrorCode } from "../error.js";
export { release, transfer } from "../transfer.js";
export type * from "../types.js";
