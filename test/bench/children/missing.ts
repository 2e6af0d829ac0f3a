import { MISSING } from '../figure.ts'

/** What the work gives; where the package of this tree lacks what it imports, that. */
export async function orMissing<Result>(work: () => Promise<Result>): Promise<Result | typeof MISSING> {
  try {
    return await work()
  } catch (error) {
    if (isLacking(error)) return MISSING
    throw error
  }
}

/** Of an entry that `exports` does not name, or of a name that the entry does not export; every other error is one. */
export function isLacking(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && error.code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return true
  return (
    error instanceof SyntaxError &&
    /^The requested module 'stillonce[\w/]*' does not provide an export named /.test(error.message)
  )
}
