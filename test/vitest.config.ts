import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const report = process.env['TEST_REPORT']

const source = (name: string) => fileURLToPath(new URL('../src/', import.meta.url)) + name + '.ts'

const SLOW = new Set(['long', 'planted'])

/** `--mode long` and `--mode planted`: what takes minutes, by its name; every other test is for `npm test`. */
export default defineConfig(({ mode }) => ({
  root: fileURLToPath(new URL('..', import.meta.url)),
  // The examples import the package by its name; here they get its source, as the compiler does.
  resolve: {
    alias: [
      { find: /^stillonce$/, replacement: source('index') },
      { find: /^stillonce\/testing$/, replacement: source('testing/index') },
      { find: /^stillonce\/(.+)$/, replacement: source('$1') },
    ],
  },
  test: {
    include: [SLOW.has(mode) ? `test/**/*.${mode}.test.ts` : 'test/**/*.test.ts'],
    // Tests in Chromium have a configuration of their own.
    exclude: [
      'test/browser/**',
      ...(SLOW.has(mode) ? [] : [...SLOW].map(name => `test/**/*.${name}.test.ts`)),
    ],
    globalSetup: 'test/global-setup.ts',
    pool: 'forks',
    // No test may lean on the one before it.
    sequence: { shuffle: true },
    // Only what hangs takes so long, also on a machine that is busy with other things.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
}))
