import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('../..', import.meta.url))
const report = process.env['TEST_REPORT']

/*
 * Stores that many hosts share, on the servers themselves: each file starts its own PostgreSQL or Redis from what is
 * installed, or installs it. `--mode long`: more of all, and the files
 * named `*.long.test.ts`.
 */
export default defineConfig(({ mode }) => ({
  root,
  test: {
    include: ['test/fleet/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...(mode === 'long' ? [] : ['**/*.long.test.ts'])],
    provide: { isLong: mode === 'long' },
    pool: 'forks',
    // They kill and race processes.
    fileParallelism: false,
    // Of tests that wait together.
    maxConcurrency: 12,
    sequence: { shuffle: true },
    testTimeout: mode === 'long' ? 1_800_000 : 300_000,
    hookTimeout: 300_000,
    passWithNoTests: false,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
}))
