import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { findOrInstallChromium } from '../browser/chromium.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const report = process.env['TEST_REPORT']

/*
 * The apps of examples/apps as somebody has them who took the package from npm: each copied to a folder of its own, installed
 * with the packed package, built, started, and used in Chromium. `--mode short`: those that install and build in seconds.
 */
export default defineConfig(({ mode }) => ({
  root,
  test: {
    include: mode === 'short' ? ['test/apps/{html,vite}.test.ts'] : ['test/apps/*.test.ts'],
    globalSetup: 'test/apps/harness/pack.ts',
    provide: { executablePath: findOrInstallChromium() },
    pool: 'forks',
    maxWorkers: 2,
    // An installation takes as long as the registry takes.
    hookTimeout: 600_000,
    testTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    passWithNoTests: false,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
}))
