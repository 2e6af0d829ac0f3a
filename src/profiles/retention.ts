import { configurationError } from '../public/errors.ts'

/** Checks how long a server remembers a key, in the forms that a profile allows. */
export function requireRetention(value: unknown, path: string): void {
  if (value !== 'forever' && value !== 'unknown') requirePositive(value, path)
}

export function requirePositive(value: unknown, path: string): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw configurationError(path, 'must be a positive number')
  }
}
