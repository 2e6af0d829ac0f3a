const optionOf = new WeakMap<object, string>()

/** A function among the options of an http layer threw, as where a token could not be fetched: the error goes on as it is. */
export function noteFailure(error: unknown, option: string): void {
  if (typeof error === 'object' && error !== null) optionOf.set(error, option)
}

/** Which option an error came from, where that was noted. */
export function failedOption(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null ? optionOf.get(error) : undefined
}
