// Schemas of the libraries that people use, for the tests in Node and in browsers.
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";

/** The same three schemas in each library: of arguments, of a result, and one that takes its time. */
export const LIBRARIES = {
  zod: {
    args: z.tuple([z.object({ sku: z.string().trim(), count: z.number().int().positive() })]),
    result: z.object({ cents: z.number().int(), currency: z.string().default("EUR") }),
    slow: z.tuple([z.string().refine(async (text) => text === "open sesame", "wrong word")]),
  },
  valibot: {
    args: v.tuple([
      v.object({ sku: v.pipe(v.string(), v.trim()), count: v.pipe(v.number(), v.integer(), v.minValue(1)) }),
    ]),
    result: v.object({ cents: v.pipe(v.number(), v.integer()), currency: v.optional(v.string(), "EUR") }),
    slow: v.tupleAsync([
      v.pipeAsync(
        v.string(),
        v.checkAsync(async (text) => text === "open sesame", "wrong word"),
      ),
    ]),
  },
  arktype: {
    args: type([{ sku: "string.trim", count: "number.integer > 0" }]),
    result: type({ cents: "number.integer", currency: "string = 'EUR'" }),
  },
};
