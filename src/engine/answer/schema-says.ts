import { heard, hearThrown, isThenable } from '../../guards/synchronous.ts'
import type { StandardSchema } from '../../public/standard-schema.ts'

/** Whether `response` accepts a value as the operation's result. A schema that throws or rejects accepts nothing. */
export async function accepts(schema: StandardSchema | undefined, value: unknown): Promise<boolean> {
  try {
    return schema !== undefined && isAccepting(await schema['~standard'].validate(value))
  } catch (error) {
    hearThrown(error)
    return false
  }
}

/** The same without waiting; false if the schema is asynchronous. */
export function takes(schema: StandardSchema | undefined, value: unknown): boolean {
  try {
    const checked = schema?.['~standard'].validate(value)
    if (!isThenable(checked)) {
      if (checked?.issues === undefined) hearThrown(checked?.value)
      return checked !== undefined && isAccepting(checked)
    }
    heard(checked)
    return false
  } catch (error) {
    hearThrown(error)
    return false
  }
}

/**
 * Whether a schema accepted the value. A result that neither accepts nor refuses (`safeParse` of zod, for example) does
 * not follow Standard Schema, and counts as refused.
 */
export function isAccepting(checked: object): checked is { readonly value: unknown } {
  return 'value' in checked && (checked as { readonly issues?: unknown }).issues === undefined
}
