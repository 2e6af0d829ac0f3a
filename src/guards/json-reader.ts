import { hearThrown, synchronous } from './synchronous.ts'

/** The user's own reading of JSON text, for numbers that JavaScript would round. */
export type JsonReader = (text: string) => unknown

/** ky's `parseJson`, called with the text alone: an answer is read again later, when its request has gone. */
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
