import type { MethodSchemas, StandardSchemaV1 } from "../types.js";
import { hasOwn } from "./intrinsics.js";
import type { Settings } from "./settings.js";

/** The schemas of a method, if the application gave any. */
export function schemasOf({ options: { schemas } }: Settings, method: string): MethodSchemas | undefined {
  return schemas && hasOwn(schemas, method) ? schemas[method] : undefined;
}

/** What the schema makes of `value`; throws with the issues as its message. */
export async function check(schema: StandardSchemaV1, value: unknown): Promise<unknown> {
  const result = await schema["~standard"].validate(value);
  if (!result.issues) return result.value;
  const texts = result.issues.map(({ message, path }) => {
    const steps = (path ?? []).map((step) => String(typeof step === "object" ? step.key : step));
    return steps.length ? `${steps.join(".")}: ${message}` : message;
  });
  throw new Error(texts.join("; "));
}
