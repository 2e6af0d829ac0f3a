import { hearThrown, synchronous } from './synchronous.ts'

/** The user's own JSON parser, for numbers that JavaScript would round. */
export type JsonReader = (text: string) => unknown

/** ky's `parseJson`, called with only the text, because a response may be read again after its request is gone. */
export function jsonReader(
  parseJson: ((text: string, context: never) => unknown) | undefined,
  path: string,
): JsonReader | undefined {
  if (parseJson === undefined) return undefined
  const read = parseJson as (text: string, context: object) => unknown
  return text => {
    try {
      return synchronous(read(text, {}), path)
    } catch (error) {
      hearThrown(error)
      throw error
    }
  }
}
