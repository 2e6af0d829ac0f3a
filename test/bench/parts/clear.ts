import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aimed, figureOf } from '../figure.ts'
import type { Part } from '../part.ts'
import { childOf } from '../ref.ts'
import { toldBy } from '../told.ts'
import { entrantsOf, takeTurns } from '../turns.ts'

const NAME = 'stillonce, sqlite: `clear`, each record'

export type ClearRounds = { readonly rounds: number; readonly records: number }

const FULL: ClearRounds = { rounds: 5, records: 2_000 }

export function clearPart({ rounds, records }: ClearRounds = FULL): Part {
  return {
    title: 'Clearing settled records of SQLite',
    how:
      `Wall time of \`clear\` over ${records.toLocaleString('en')} settled operations of one user, for each; a fresh ` +
      `process and file each time, ${rounds} rounds in turns.`,
    async measure(ref) {
      const folder = mkdtempSync(join(tmpdir(), 'stillonce-clear-'))
      try {
        const told = await takeTurns(entrantsOf([NAME] as const, ref), rounds, entrant =>
          toldBy<number>(childOf('clear.ts', entrant.ref), [folder, String(records)]),
        )
        return [aimed(figureOf(NAME, 'us', told[NAME]), { of: 'measured', is: 'at most', limit: 100 })]
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  }
}
