import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { BOOTSTRAP, frameDocument, JSONP_FRAME_HASH } from "../../dist/requests/jsonp-frame.js";

const texts = {
  url: "https://api.example/?a=1&b=2&callback=portcullis_1",
  callback: "portcullis_1",
  policy: "default-src 'none'",
  key: "0".repeat(32),
  page: "https://page.example",
  nonce: undefined,
};

test("the hash that policies name is that of the script in the frame", () => {
  const digest = createHash("sha256").update(BOOTSTRAP).digest("base64");
  assert.equal(JSONP_FRAME_HASH, `sha256-${digest}`);
  const [, inline] = /<script>([\s\S]*?)<\/script>/.exec(frameDocument(texts));
  assert.equal(inline, BOOTSTRAP, "nothing changes it on its way");
});

test("the playground allows the same script", () => {
  const policy = readFileSync(new URL("../../www/server/src/policy.rs", import.meta.url), "utf8");
  assert.ok(policy.includes(`'${JSONP_FRAME_HASH}'`));
});

test("the script closes no element", () => {
  assert.ok(!/<\/|<!--/.test(BOOTSTRAP));
});

test("no value leaves its attribute", () => {
  const evil = `"><script>alert(1)</script><a b='`;
  for (const name of Object.keys(texts)) {
    const document = frameDocument({ ...texts, [name]: evil });
    assert.equal(document.split("<script").length, 3, name);
    assert.equal(document.split("</script>").length, 3, name);
    assert.ok(!document.includes(evil), name);
  }
});

test("a nonce goes to both scripts and not into the frame's policy", () => {
  const document = frameDocument({ ...texts, nonce: "abc" });
  assert.equal(document.split('<script nonce="abc"').length, 3);
  assert.ok(!/content="[^"]*abc/.test(document));
});
