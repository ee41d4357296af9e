/** What every requests entry exports. */
export { PortcullisError, type PortcullisErrorCode } from "../error.js";
export type { StandardSchemaV1 } from "../types.js";
export { type BeaconData, type BeaconOptions, type BeaconOutcome, type BeaconVia, beacon } from "./beacon.js";
export {
  type BeaconQueue,
  type BeaconQueueOptions,
  type BeaconQueueStats,
  createBeaconQueue,
} from "./beacon-queue.js";
export { type CorsClassification, type CorsRequest, classifyCors } from "./cors.js";
export { type CorsExplanation, type CorsResponse, explainCors } from "./cors-explain.js";
export { type CorsFetchInit, corsFetch } from "./cors-fetch.js";
export {
  type ConnectRelaxedOptions,
  connectRelaxed,
  type RelaxOutcome,
  relaxDomain,
} from "./document-domain.js";
export { type JsonpOptions, jsonp } from "./jsonp.js";
export { JSONP_FRAME_HASH } from "./jsonp-frame.js";
export { createProxyRoutes, type ProxyRoutes } from "./proxy.js";
export type { SchemaOf } from "./schema.js";
export { type WindowNameRequestOptions, type WindowNameRespondOptions, windowName } from "./window-name.js";
