import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { plantedSource } from './simulation/planted-source.ts'
import { SUBTLE_FAULTS } from './simulation/subtle-faults.ts'

const report = process.env['TEST_REPORT']

const source = (name: string) => fileURLToPath(new URL('../src/entries/', import.meta.url)) + name + '.ts'

/** The name of a fault: what sees it is run on the source with the fault in it (subtle-faults.planted.test.ts). */
const planted = SUBTLE_FAULTS.find(({ name }) => name === process.env['PLANTED'])

const SLOW = new Set(['long', 'planted'])

/** Tests on virtual time, without sockets, files and processes. */
const VIRTUAL = ['test/core/**/*.test.ts', 'test/api/**/*.test.ts', 'test/worker/*.test.ts']

/** What needs more than Node: browsers, other runtimes, proxies, databases, packages of others. */
const WITH_A_CONFIGURATION_OF_THEIR_OWN = ['browser', 'apps', 'runtimes', 'proxies', 'sdks', 'fleet'].map(
  folder => `test/${folder}/**`,
)

const slowOnes = [...SLOW].map(name => `test/**/*.${name}.test.ts`)

/** What `test/sockets` holds of each transport, for the one over undici. */
const OF_EACH_TRANSPORT = [
  'aborted-runs',
  'answers',
  'body-limits',
  'cut-bodies',
  'kept-connections',
  'lost-answers',
  'never-sent',
  'poll-targets',
  'redirects',
  'secrets',
  'status-requests',
  'tls',
  'write-ahead',
].map(name => `test/sockets/${name}.test.ts`)

type ProjectTest = {
  readonly include: string[]
  readonly exclude?: string[]
  readonly isolate?: boolean
  readonly env?: Record<string, string>
}

function project(name: string, test: ProjectTest) {
  const { exclude = [], ...others } = test
  return {
    extends: true as const,
    test: {
      name,
      ...others,
      exclude: [...WITH_A_CONFIGURATION_OF_THEIR_OWN, ...exclude],
    },
  }
}

/** `--mode long` and `--mode planted`: what takes minutes, by its name; every other test is for `npm test`. */
export default defineConfig(({ mode }) => ({
  root: fileURLToPath(new URL('..', import.meta.url)),
  plugins: planted === undefined ? [] : [plantedSource(planted)],
  // The examples import the package by its name; here they get its source, as the compiler does.
  resolve: {
    alias: [
      { find: /^stillonce$/, replacement: source('index') },
      { find: /^stillonce\/server\/(.+)$/, replacement: source('server-$1') },
      { find: /^stillonce\/(.+)$/, replacement: source('$1') },
    ],
  },
  test: {
    projects: SLOW.has(mode)
      ? [
          project(mode, { include: [`test/**/*.${mode}.test.ts`] }),
          ...(mode === 'long'
            ? [project('over undici', { include: OF_EACH_TRANSPORT, env: { SOCKETS_OVER: 'undici' } })]
            : []),
        ]
      : [
          // Nothing there outlives a test but what it holds itself: one process takes all of it, file after file.
          project('virtual', { include: VIRTUAL, exclude: slowOnes, isolate: false }),
          project('real', { include: ['test/**/*.test.ts'], exclude: [...VIRTUAL, ...slowOnes] }),
        ],
    globalSetup: 'test/global-setup.ts',
    pool: 'forks',
    // A third of the time of most files is spent in waiting for processes, disks and sockets: others run meanwhile.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    // They stop, kill and race processes, or take all processors: one file at a time.
    fileParallelism: !SLOW.has(mode),
    // No test may lean on the one before it.
    sequence: { shuffle: true },
    // Only what hangs takes so long, also on a machine that is busy with other things.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
}))
