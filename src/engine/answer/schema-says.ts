import { heard, hearThrown, isThenable } from '../../guards/synchronous.ts'
import type { StandardSchema } from '../../public/standard-schema.ts'

/** Whether `response` takes a value for the operation's result. One that throws or rejects takes nothing. */
export async function accepts(schema: StandardSchema | undefined, value: unknown): Promise<boolean> {
  try {
    return schema !== undefined && isAccepting(await schema['~standard'].validate(value))
  } catch (error) {
    hearThrown(error)
    return false
  }
}

/** The same at once; false where it would have to be waited for. */
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

/** Whether a schema said yes: what says neither yes nor no (`safeParse` of zod, say) is no word of Standard Schema. */
export function isAccepting(checked: object): checked is { readonly value: unknown } {
  return 'value' in checked && (checked as { readonly issues?: unknown }).issues === undefined
}
