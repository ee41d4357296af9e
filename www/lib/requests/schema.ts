/** Answers checked by any Standard Schema. */
import { PortcullisError, type PortcullisErrorCode } from "../error.js";
import { check } from "../internal/schema.js";
import type { StandardSchemaV1 } from "../types.js";

/** A Standard Schema whose output type is known. */
export interface SchemaOf<T> extends StandardSchemaV1 {
  readonly "~standard": StandardSchemaV1["~standard"] & {
    readonly types?: { readonly output: T } | undefined;
  };
}

/**
 * What the schema makes of `value`.
 *
 * @throws PortcullisError (as a rejection) `code`, with the schema's issues in its message
 */
export async function validated<T>(
  schema: SchemaOf<T>,
  value: unknown,
  subject: string,
  code: PortcullisErrorCode,
): Promise<T> {
  try {
    return (await check(schema, value)) as T;
  } catch (cause) {
    const issues = cause instanceof Error ? cause.message : String(cause);
    throw new PortcullisError(code, `${subject}: the answer does not fit the schema: ${issues}`, { cause });
  }
}
