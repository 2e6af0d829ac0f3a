import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const report = process.env['TEST_REPORT']

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    // In Chromium, by a configuration of their own.
    exclude: ['test/browser/**'],
    globalSetup: 'test/global-setup.ts',
    pool: 'forks',
    // No test may lean on the one before it.
    sequence: { shuffle: true },
    testTimeout: 20_000,
    passWithNoTests: false,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
})
