import { tmpdir } from 'node:os'
import type { ContestantName } from '../contestants/contestants.ts'
import type { Surroundings } from '../contestants/contestant.ts'
import type { Figure, Goal, Part } from '../figure.ts'
import { figureOf } from '../figure.ts'
import { toldBy } from '../told.ts'

type Import = { readonly import: string; readonly after?: string }

const KY = 'ky'
const IMPORTS: Readonly<Record<string, Import>> = {
  [KY]: { import: 'ky' },
  'ky, p-retry, uuid, zod': { import: 'ky p-retry uuid zod' },
  axios: { import: 'axios' },
  'stripe-node': { import: 'stripe' },
  stillonce: { import: 'stillonce' },
  'stillonce/core, stillonce/fetch': { import: 'stillonce/core stillonce/fetch' },
  'our own code: stillonce after ky': { import: 'stillonce', after: 'ky' },
}
const GOALS: Readonly<Record<string, Goal>> = {
  stillonce: { of: 'ratio', is: 'at most', limit: 1.25 },
  'our own code: stillonce after ky': { of: 'measured', is: 'at most', limit: 10 },
}
const FIRST_CALLS = [
  KY,
  'axios + axios-retry',
  'stillonce, plain fetch',
  'stillonce, ky',
] as const satisfies readonly ContestantName[]

export function coldStartPart(rounds = 15): Part {
  return {
    title: 'Cold start in Node',
    how:
      `A fresh process each time, ${rounds} rounds in turns, files in the disk cache. "First answer": from nothing ` +
      'imported to the answer of one call, the network removed, with what we load late.',
    async measure(): Promise<Figure[]> {
      const imports = new Map(Object.keys(IMPORTS).map(name => [name, [] as number[]]))
      const answers = new Map(FIRST_CALLS.map(name => [name, [] as number[]]))
      for (let round = 0; round < rounds; round += 1) {
        for (const [name, times] of imports) times.push(await importMs(IMPORTS[name]))
        for (const [name, times] of answers) times.push(await firstAnswerMs(name))
      }
      const kyImports = imports.get(KY) ?? []
      const kyAnswers = answers.get(KY) ?? []
      return [
        ...[...imports].map(([name, times]) =>
          figureOf(`import: ${name}`, 'ms', times, { to: KY, measured: kyImports, goal: GOALS[name] }),
        ),
        ...[...answers].map(([name, times]) =>
          figureOf(`first answer: ${name}`, 'ms', times, { to: KY, measured: kyAnswers }),
        ),
      ]
    },
  }
}

function importMs(what: Import | undefined): Promise<number> {
  return toldBy(new URL('../children/cold-import.ts', import.meta.url), [
    what?.after ?? '',
    ...(what?.import ?? '').split(' '),
  ])
}

function firstAnswerMs(name: ContestantName): Promise<number> {
  const surroundings: Surroundings = { baseUrl: 'http://shop.test/', network: 'none', folder: tmpdir() }
  return toldBy(new URL('../children/first-call.ts', import.meta.url), [name, JSON.stringify(surroundings)])
}
