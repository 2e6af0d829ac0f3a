import { appendFileSync, readFileSync } from 'node:fs'

/** What really happened, a line each: a line is written whole, whoever writes beside. */
export function act(ledger: string, effect: string, by: string): void {
  appendFileSync(ledger, `${effect} ${by}\n`)
}

/** The effects, and who had each. */
export function effects(ledger: string): readonly (readonly [effect: string, by: string])[] {
  const lines = readFileSync(ledger, { encoding: 'utf8', flag: 'a+' }).split('\n').filter(Boolean)
  return lines.map(line => line.split(' ') as [string, string])
}
