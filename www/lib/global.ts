/** For `<script src>`: everything of `portcullis` behind the global name `portcullis`. */
export * from "./index.js";
