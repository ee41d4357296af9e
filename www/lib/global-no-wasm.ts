/** For `<script src>` on pages whose policy forbids wasm. */
export * from "./no-wasm.js";
