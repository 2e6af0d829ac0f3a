import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { aimed, figureOf, MISSING } from '../figure.ts'
import type { Part } from '../part.ts'
import type { Ref } from '../ref.ts'
import { rootOf } from '../ref.ts'
import { entrantsOf, takeTurns } from '../turns.ts'

const NAME = 'stillonce, simulated histories'

export type HistoryRounds = { readonly rounds: number; readonly histories: number }

const FULL: HistoryRounds = { rounds: 3, histories: 1_000 }

export function historiesPart({ rounds, histories }: HistoryRounds = FULL): Part {
  return {
    title: 'Simulated histories a second',
    how:
      `\`npm run simulate -- --histories ${histories} --seed 1\`, one process for each processor: the simulation of ` +
      `each commit, with its own worlds, on the sources of it. ${rounds} rounds in turns.`,
    async measure(ref) {
      const told = await takeTurns(entrantsOf([NAME] as const, ref), rounds, entrant =>
        historiesASecond(entrant.ref, histories),
      )
      return [aimed(figureOf(NAME, '/s', told[NAME]), { of: 'measured', is: 'at least', limit: 1_200 })]
    },
  }
}

/** As the simulation prints it. A broken history ends the bench. */
async function historiesASecond(ref: Ref | undefined, histories: number): Promise<number | typeof MISSING> {
  const script = new URL('test/simulation/simulate.ts', rootOf(ref))
  if (!existsSync(script)) return MISSING
  const options = ['--histories', String(histories), '--seed', '1']
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(script), ...options])
  const [, count, seconds] = /^(\d+) histories from seed \d+ in ([\d.]+) s/m.exec(stdout) ?? []
  if (count === undefined) throw new Error(`The simulation did not print how long it took: ${stdout}`)
  return Number(count) / Number(seconds)
}
