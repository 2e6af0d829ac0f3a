import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const report = process.env['TEST_REPORT']
const source = (name: string) => fileURLToPath(new URL('../../src/entries/', import.meta.url)) + name + '.ts'

/* The packages that people have, of npm, against servers of ours on loopback that speak as theirs do. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  resolve: {
    alias: [
      { find: /^stillonce$/, replacement: source('index') },
      { find: /^stillonce\/(.+)$/, replacement: source('$1') },
    ],
  },
  test: {
    include: ['test/sdks/*.test.ts'],
    globalSetup: 'test/sdks/install.ts',
    pool: 'forks',
    maxWorkers: 2,
    maxConcurrency: 8,
    testTimeout: 120_000,
    passWithNoTests: false,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
})
