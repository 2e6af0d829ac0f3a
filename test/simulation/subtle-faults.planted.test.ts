import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { seedsThatFind } from './seeds-that-find.ts'
import type { SubtleFault } from './subtle-faults.ts'
import { SUBTLE_FAULTS } from './subtle-faults.ts'

/* The checks themselves: a fault of one line in the engine, a store or the server is seen by one that is named. */

type Told = { readonly numFailedTests: number; readonly numPassedTests: number }

/** Runs a file of tests on the source with the fault in it. */
function toldWith({ name, seenBy, named }: SubtleFault): Told {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const folder = mkdtempSync(join(tmpdir(), 'planted-'))
  try {
    const report = join(folder, 'report.json')
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const only = named === undefined ? [] : ['-t', named]
    const options = ['--config', 'test/vitest.config.ts', '--reporter=json', `--outputFile=${report}`]
    const env = { ...process.env, PLANTED: name }
    spawnSync(process.execPath, [vitest, 'run', ...options, ...only, seenBy], { cwd: root, env })
    return JSON.parse(readFileSync(report, 'utf8')) as Told
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function isSeen(fault: SubtleFault): Promise<boolean> {
  switch (fault.seenBy) {
    case 'histories':
      return (await seedsThatFind(fault.name, 'model')).length === 1
    case 'histories of stillonce/server':
      return (await seedsThatFind(fault.name, 'stillonce')).length === 1
    default: {
      // A file that cannot be loaded fails without a test.
      const { numFailedTests, numPassedTests } = toldWith(fault)
      return numFailedTests > 0 && numPassedTests > 0
    }
  }
}

for (const fault of SUBTLE_FAULTS) {
  test(`${fault.name} is seen by ${fault.seenBy}`, { timeout: 600_000 }, async () => {
    expect(await isSeen(fault)).toBe(true)
  })
}
