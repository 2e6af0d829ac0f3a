import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { scriptedServer } from './harness/scripted-server.ts'
import { stripe } from './sdks/stripe.ts'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The program of docs/sdks.md, in a process of its own. */
function charge(address: string, file: string) {
  const child = spawn(
    process.execPath,
    ['--import', at('harness/from-source.ts'), at('recipes/charge.ts'), address, file],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  return { child, printed: text(child.stdout), exit: once(child, 'exit') }
}

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stillonce-sdks-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'operations.db')
}

test('a program with stripe that is killed between request and answer, and started again, charges once', async () => {
  const server = await scriptedServer(stripe.server)
  onTestFinished(server.close)
  const file = newFile()
  server.meets('held')

  const first = charge(server.url, file)
  await expect.poll(server.executions, { timeout: 100_000 }).toBe(1)
  first.child.kill('SIGKILL')
  expect(await first.exit).toEqual([null, 'SIGKILL'])
  expect(await first.printed).toBe('')

  const second = charge(server.url, file)
  expect(await second.exit).toEqual([0, null])
  expect(await second.printed).toBe('pi_1\n')
  expect(server.deliveries.map(({ key }) => key)).toEqual(['invoice-42', 'invoice-42'])
  expect(server.executions()).toBe(1)

  const third = charge(server.url, file)
  expect(await third.exit).toEqual([0, null])
  expect(await third.printed).toBe('pi_1\n')
  expect(server.deliveries).toHaveLength(2)
})

test('a program whose server is gone before its answer, and back, charges once', async () => {
  const server = await scriptedServer(stripe.server)
  onTestFinished(server.close)
  server.meets('lost')
  const only = charge(server.url, newFile())
  expect(await only.exit).toEqual([0, null])
  expect(await only.printed).toBe('pi_1\n')
  expect([server.deliveries.length, server.executions()]).toEqual([2, 1])
})
