import { fileURLToPath } from 'node:url'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { CHROMIUM_ARGS, findOrInstallChromium } from './chromium.ts'
import { namesTooNew } from '../package/too-new.ts'
import { COUNTS } from './counts.ts'
import { BROWSERS } from './three/browsers.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** What an example imports by the package's name is its source here. */
const SOURCES = [
  { find: /^stillonce$/, replacement: `${root}src/entries/index.ts` },
  { find: /^stillonce\/server\/(.+)$/, replacement: `${root}src/entries/server-$1.ts` },
  { find: /^stillonce\/(.+)$/, replacement: `${root}src/entries/$1.ts` },
]

const report = process.env['TEST_REPORT']

/*
 * Everything that needs a real browser. In Chromium `units` run in the page, by Vitest, and `pages` run here and drive real
 * tabs, through Playwright: both without what is not in all browsers of Baseline "widely available". `chromium`, `firefox`
 * and `webkitgtk` are the scenarios of `three`, on the built package, in each of these. With `--mode long` the counts are
 * those of a release.
 */
export default defineConfig(({ mode }) => {
  const executablePath = findOrInstallChromium()
  const provide = {
    counts: mode === 'long' ? COUNTS.long : COUNTS.short,
    executablePath,
    namesTooNew: namesTooNew(),
  }
  return {
    root,
    test: {
      passWithNoTests: false,
      reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
      projects: [
        {
          root,
          resolve: { alias: SOURCES },
          optimizeDeps: {
            include: [
              'idb',
              'react',
              'react-dom/client',
              'react-dom/server',
              'react/jsx-dev-runtime',
              'react/jsx-runtime',
              'zod',
            ],
          },
          test: {
            name: 'units',
            include: [
              'test/browser/units/**/*.test.{ts,tsx}',
              // The one that docs/testing.md shows.
              'examples/apps/component-tests/src/*.browser.test.tsx',
            ],
            setupFiles: ['test/browser/units/yesterday.ts'],
            sequence: { shuffle: true },
            testTimeout: 30_000,
            hookTimeout: 60_000,
            provide,
            browser: {
              enabled: true,
              headless: true,
              screenshotFailures: false,
              provider: playwright({ launchOptions: { executablePath, args: [...CHROMIUM_ARGS] } }),
              instances: [{ browser: 'chromium' as const }],
            },
          },
        },
        {
          root,
          test: {
            name: 'pages',
            include: ['test/browser/pages/**/*.test.ts'],
            pool: 'forks' as const,
            maxWorkers: 2,
            testTimeout: mode === 'long' ? 3_600_000 : 600_000,
            hookTimeout: 60_000,
            provide,
          },
        },
        ...BROWSERS.map(name => ({
          root,
          resolve: { alias: SOURCES },
          test: {
            name,
            include: ['test/browser/three/*.test.ts'],
            globalSetup: 'test/browser/three/setup.ts',
            pool: 'forks' as const,
            maxWorkers: 2,
            // When the others are done: each file has a browser of its own.
            sequence: { groupOrder: 1 },
            testTimeout: mode === 'long' ? 3_600_000 : 600_000,
            hookTimeout: 120_000,
            provide,
          },
        })),
      ],
    },
  }
})
