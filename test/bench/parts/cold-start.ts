import { tmpdir } from 'node:os'
import type { ContestantName } from '../contestants/contestants.ts'
import type { Surroundings } from '../contestants/contestant.ts'
import type { Goal, MISSING } from '../figure.ts'
import { figureOf } from '../figure.ts'
import type { Part } from '../part.ts'
import { childOf } from '../ref.ts'
import { WITHOUT_NETWORK } from '../rounds.ts'
import { toldBy } from '../told.ts'
import type { Entrant } from '../turns.ts'
import { entrantsOf, takeTurns } from '../turns.ts'

type Import = { readonly import: string; readonly after?: string }

const IMPORTS = {
  ky: { import: 'ky' },
  'ky, p-retry, uuid, zod': { import: 'ky p-retry uuid zod' },
  axios: { import: 'axios' },
  'stripe-node': { import: 'stripe' },
  stillonce: { import: 'stillonce' },
  'stillonce/core, stillonce/fetch': { import: 'stillonce/core stillonce/fetch' },
  'our own code: stillonce after ky': { import: 'stillonce', after: 'ky' },
} as const satisfies Record<string, Import>

type ImportName = keyof typeof IMPORTS

const IMPORT_NAMES = Object.keys(IMPORTS) as readonly ImportName[]

const IMPORT_GOALS: Partial<Record<ImportName, Goal>> = {
  stillonce: { of: 'ratio', is: 'at most', limit: 1.15 },
  'our own code: stillonce after ky': { of: 'measured', is: 'at most', limit: 10 },
}

const FIRST_CALLS = [
  'ky',
  'axios + axios-retry',
  'stillonce, plain fetch',
  'stillonce, ky',
] as const satisfies readonly ContestantName[]

const FIRST_CALL_GOALS: Partial<Record<ContestantName, Goal>> = {
  'stillonce, plain fetch': { of: 'ratio', is: 'at most', limit: 1.8 },
  'stillonce, ky': { of: 'ratio', is: 'at most', limit: 1.8 },
}

export function coldStartPart(rounds = 15): Part {
  return {
    title: 'Cold start in Node',
    how:
      `A fresh process each time, ${rounds} rounds in turns, files in the disk cache. "First answer": from nothing ` +
      'imported to the answer of one call, the network removed, with what we load late.',
    async measure(ref) {
      const imports = await takeTurns(entrantsOf(IMPORT_NAMES, ref), rounds, importMs)
      const answers = await takeTurns(entrantsOf(FIRST_CALLS, ref), rounds, firstAnswerMs)
      return [
        ...IMPORT_NAMES.map(name =>
          figureOf(`import: ${name}`, 'ms', imports[name], {
            to: 'ky',
            measured: imports.ky,
            goal: IMPORT_GOALS[name],
          }),
        ),
        ...FIRST_CALLS.map(name =>
          figureOf(`first answer: ${name}`, 'ms', answers[name], {
            to: 'ky',
            measured: answers.ky,
            goal: FIRST_CALL_GOALS[name],
          }),
        ),
      ]
    },
  }
}

function importMs({ name, ref }: Entrant<ImportName>): Promise<number | typeof MISSING> {
  const what: Import = IMPORTS[name]
  return toldBy(childOf('cold-import.ts', ref), [what.after ?? '', ...what.import.split(' ')])
}

function firstAnswerMs({ name, ref }: Entrant<ContestantName>): Promise<number | typeof MISSING> {
  const surroundings: Surroundings = { ...WITHOUT_NETWORK, folder: tmpdir() }
  return toldBy(childOf('first-call.ts', ref), [name, JSON.stringify(surroundings)])
}
