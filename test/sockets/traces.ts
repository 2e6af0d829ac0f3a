import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'

/** All that a value says, hidden properties and causes included. */
export function allOf(value: unknown): string {
  const seen = inspect(value, {
    depth: Infinity,
    showHidden: true,
    maxStringLength: Infinity,
    maxArrayLength: Infinity,
  })
  return [seen, JSON.stringify(value), ...chain(value)].join('\n')
}

function chain(value: unknown): string[] {
  if (!(value instanceof Error)) return []
  return [String(value), value.stack ?? '', ...chain(value.cause)]
}

/** The bytes of all files in a folder, as text in which any ASCII is found. */
export function bytesIn(folder: string): string {
  return readdirSync(folder)
    .map(name => readFileSync(join(folder, name), 'latin1'))
    .join('\n')
}
