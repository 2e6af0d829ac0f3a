const optionOf = new WeakMap<object, string>()

/**
 * Notes that a function in the options of an http layer threw, for example because a token could not be fetched. The
 * error itself goes on unchanged.
 */
export function noteFailure(error: unknown, option: string): void {
  if (typeof error === 'object' && error !== null) optionOf.set(error, option)
}

/** The option that an error came from, if that was noted. */
export function failedOption(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null ? optionOf.get(error) : undefined
}
