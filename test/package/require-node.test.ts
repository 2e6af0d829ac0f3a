import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const guard = fileURLToPath(new URL('require-node.mjs', import.meta.url))

test.each(['12.22.12', '20.20.2', '22.17.1'])(
  'Node %s is told in one sentence that it is too old',
  version => {
    const { status, stdout, stderr } = runGuardOn(version)

    expect(status).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toBe(
      `stillonce needs Node 22.18 or newer, and this is Node ${version}: run \`npm ci\`, install scripts included, ` +
        'so that the npm scripts find the Node 24 that the repository brings.\n',
    )
  },
)

test.each(['22.18.0', '24.0.0', '26.1.0'])('Node %s passes without a word', version => {
  expect(runGuardOn(version)).toMatchObject({ status: 0, stdout: '', stderr: '' })
})

function runGuardOn(version: string): { status: number | null; stdout: string; stderr: string } {
  const pretend = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } })`
  const preload = `data:text/javascript,${encodeURIComponent(pretend)}`
  return spawnSync(process.execPath, ['--import', preload, guard], { encoding: 'utf8' })
}
