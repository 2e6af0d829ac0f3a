import { configurationError } from '../public/errors.ts'

/** How long a server remembers a key, as a profile may say it. */
export function requireRetention(value: unknown, path: string): void {
  if (value !== 'forever' && value !== 'unknown') requirePositive(value, path)
}

export function requirePositive(value: unknown, path: string): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw configurationError(path, 'must be a positive number')
  }
}
