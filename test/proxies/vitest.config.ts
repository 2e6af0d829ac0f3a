import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('../..', import.meta.url))
const report = process.env['TEST_REPORT']

/*
 * The client and `stillonce/server` through the proxies that people have, each a process of its own on loopback. Most of the
 * time is spent in waiting, for what a proxy calls too long and for what it says in Retry-After.
 */
export default defineConfig({
  root,
  test: {
    include: ['test/proxies/*.test.ts'],
    globalSetup: 'test/proxies/find-or-install.ts',
    pool: 'forks',
    maxWorkers: 2,
    maxConcurrency: 12,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
})
