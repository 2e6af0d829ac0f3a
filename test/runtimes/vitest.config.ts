import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const report = process.env['TEST_REPORT']

/*
 * The packed package in Bun, Deno and workerd, which are installed in this folder as its package-lock.json says.
 * `--mode short`: without what takes longer than a few seconds.
 */
export default defineConfig(({ mode }) => ({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/runtimes/*.test.ts'],
    exclude: mode === 'short' ? ['test/runtimes/*.long.test.ts'] : [],
    globalSetup: ['test/apps/harness/pack.ts', 'test/runtimes/harness/install.ts'],
    pool: 'forks',
    maxWorkers: 2,
    hookTimeout: 300_000,
    testTimeout: 60_000,
    passWithNoTests: false,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
}))
