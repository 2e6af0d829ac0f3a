import { configurationError } from '../public/errors.ts'

/** The check for each option, and how a message describes the option after "must be". */
export type OptionRules = Readonly<
  Record<string, readonly [allows: (value: unknown) => boolean, mustBe: string]>
>

/** Throws at the first wrong or unknown option, with its path: `memoryStore.maxSettled must be …`. */
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

/** The error for a wrong option of any store. */
export function invalidOption(path: string, mustBe: string): Error {
  return configurationError(path, `must be ${mustBe}`)
}

export function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}
