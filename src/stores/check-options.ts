import { configurationError } from '../public/errors.ts'

/** What each option may be, and how a message says it after "must be". */
export type OptionRules = Readonly<
  Record<string, readonly [allows: (value: unknown) => boolean, mustBe: string]>
>

/** Throws on the first option that is wrong or unknown, by its path: `memoryStore.maxSettled must be …`. */
export function checkOptions(owner: string, options: unknown, rules: OptionRules): void {
  if (typeof options !== 'object' || options === null)
    throw invalidOption(owner, 'given an object of options')
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (rule === undefined) {
      throw invalidOption(`${owner}.${name}`, `left out: the options are ${Object.keys(rules).join(', ')}`)
    }
    const [allows, mustBe] = rule
    if (value !== undefined && !allows(value)) throw invalidOption(`${owner}.${name}`, mustBe)
  }
}

/** The one place that says what a wrong option of a store is thrown as. */
export function invalidOption(path: string, mustBe: string): Error {
  return configurationError(path, `must be ${mustBe}`)
}

export function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}
