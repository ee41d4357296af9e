// Written from src/channel/ops.rs and src/channel/error.rs by the native tests (UPDATE_OPS=1).
/** Post(kind, target, port, mine0, mine1, mine2, mine3, yours0, yours1, yours2, yours3, has_yours) */
export const OP_POST = 1;
/** TakePort(port) */
export const OP_TAKE_PORT = 2;
/** ClosePort(port) */
export const OP_CLOSE_PORT = 3;
/** Pinned() */
export const OP_PINNED = 4;
/** Opened(port) */
export const OP_OPENED = 5;
/** State(state) */
export const OP_STATE = 6;
/** Send(port, seq, ack, values, n) */
export const OP_SEND = 7;
/** Again(port, seq, ack, names, calls, n) */
export const OP_AGAIN = 8;
/** Forget(at, count) */
export const OP_FORGET = 9;
/** Invoke(id, target, is_export, at, argc, k) */
export const OP_INVOKE = 10;
/** Notified(target, is_export, at, argc, k) */
export const OP_NOTIFIED = 11;
/** Event(topic, retain, at, count, k) */
export const OP_EVENT = 12;
/** Settle(id, how, code, executed, at, count, k) */
export const OP_SETTLE = 13;
/** Cancelled(id, at, count) */
export const OP_CANCELLED = 14;
/** Name(id, at) */
export const OP_NAME = 15;
/** ExportDropped(id) */
export const OP_EXPORT_DROPPED = 16;
/** SignalAborted(id, at, count) */
export const OP_SIGNAL_ABORTED = 17;
/** StreamReady(id, credit) */
export const OP_STREAM_READY = 18;
/** StreamStopped(id, at, count) */
export const OP_STREAM_STOPPED = 19;
/** StreamItem(id, cost, at, count, k) */
export const OP_STREAM_ITEM = 20;
/** StreamEnd(id, at, count) */
export const OP_STREAM_END = 21;
/** StreamReset(id, at, count, gone) */
export const OP_STREAM_RESET = 22;
/** ImportsGone() */
export const OP_IMPORTS_GONE = 23;
/** Refused(denial, detail) */
export const OP_REFUSED = 24;
/** Closed(code, detail, at, count) */
export const OP_CLOSED = 25;
/** Wake(ms) */
export const OP_WAKE = 26;

export const GREETING_HELLO = 0;
export const GREETING_WELCOME = 1;
export const GREETING_READY = 2;
export const GREETING_KNOCK = 3;
export const GREETING_OFFER = 4;

export const TARGET_STAR = 0;
export const TARGET_EXACT = 1;
export const TARGET_HINT = 2;
export const TARGET_PINNED = 3;

export const STATE_CONNECTING = 0;
export const STATE_OPEN = 1;
export const STATE_RECONNECTING = 2;
export const STATE_CLOSED = 3;

export const LIVE_ERROR = 0;
export const LIVE_FUNCTION = 1;
export const LIVE_HOME = 2;
export const LIVE_SIGNAL = 3;
export const LIVE_ITERABLE = 4;
export const LIVE_READABLE = 5;
export const LIVE_ABORTED = 6;

export const FAIL_METHOD_NOT_FOUND = 1;
export const FAIL_DENIED = 2;
export const FAIL_THREW = 3;
export const FAIL_BUSY = 4;
export const FAIL_INVALID = 5;
export const FAIL_NOT_CLONEABLE = 6;
export const FAIL_ABORTED = 7;
export const FAIL_TIMED_OUT = 16;
export const FAIL_PEER_GONE = 17;
export const FAIL_CHANNEL_CLOSED = 18;
export const FAIL_PROTOCOL = 19;

export const EXECUTED_NOT_ASKED = 0;
export const EXECUTED_NO = 1;
export const EXECUTED_UNKNOWN = 2;

export const CLOSE_CLOSED = 0;
export const CLOSE_PROTOCOL = 1;
export const CLOSE_RATE = 2;
export const CLOSE_PEER_GONE = 3;
export const CLOSE_TIMED_OUT = 4;
export const CLOSE_REFUSED = 5;
export const CLOSE_VERSION = 6;

export const DENIAL_NOT_TRUSTED = 1;
export const DENIAL_WRONG_SOURCE = 2;
export const DENIAL_ORIGIN_NOT_ALLOWED = 3;
export const DENIAL_OPAQUE_ORIGIN = 4;
export const DENIAL_NOT_OURS = 5;
export const DENIAL_WRONG_VERSION = 6;
export const DENIAL_WRONG_CHANNEL = 7;
export const DENIAL_MALFORMED = 8;
export const DENIAL_TOO_LARGE = 9;
export const DENIAL_WRONG_NONCE = 10;
export const DENIAL_REPLAYED = 11;
export const DENIAL_UNEXPECTED = 12;
export const DENIAL_DUPLICATE_MESSAGE = 32;
export const DENIAL_LATE_FRAME = 33;
export const DENIAL_CLOSED_PORT = 34;
export const DENIAL_NOT_TAKEN = 35;

export const MISBEHAVIOUR_MALFORMED = 1;
export const MISBEHAVIOUR_SEQUENCE = 2;
export const MISBEHAVIOUR_ACK = 3;
export const MISBEHAVIOUR_RATE = 4;
export const MISBEHAVIOUR_OPENING = 5;
export const MISBEHAVIOUR_WRONG_ECHO = 6;
export const MISBEHAVIOUR_UNKNOWN_NAME = 7;
export const MISBEHAVIOUR_REUSED_ID = 8;
export const MISBEHAVIOUR_CREDIT = 9;
export const MISBEHAVIOUR_TOO_MANY = 10;
export const MISBEHAVIOUR_RELEASE = 11;
export const MISBEHAVIOUR_VALUE = 12;
export const MISBEHAVIOUR_DEPTH = 13;
export const MISBEHAVIOUR_NAME_LENGTH = 14;

/** The methods of a link by their numbers. */
export const METHODS =
  "poll outAt inbox receive flush intern live clearLives call notify emit reply fail cancel exportValue releaseImport abortExport openStream item end reset grant consumed stop bind greet wantsEntropy entropy wake lost unsent cut dirty buffered probe ping peerGone suspend resume leave violation close lose";

export const NOT_SENT_BUSY = -1;
export const NOT_SENT_CLOSED = -2;
export const NOT_SENT_GONE = -3;
