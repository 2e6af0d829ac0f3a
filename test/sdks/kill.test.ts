import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { scriptedServer } from './harness/scripted-server.ts'
import type { ScriptedServer } from './harness/scripted-server.ts'
import { keysOf } from './harness/open-sdk.ts'
import { told } from './harness/told.ts'
import { SDKS } from './sdks/all.ts'
import { stripe } from './sdks/stripe.ts'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** A program in a process of its own. */
function started(program: string, ...given: readonly string[]) {
  const child = spawn(process.execPath, ['--import', at('harness/from-source.ts'), at(program), ...given], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return { child, printed: text(child.stdout), exit: once(child, 'exit') }
}

/** The program of docs/sdks.md. */
const charge = (address: string, file: string) => started('recipes/charge.ts', address, file)

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

describe('a program with a request of each SDK under way is killed, and started again, twice at once', () => {
  const servers: ScriptedServer[] = []
  const lines: string[][] = []
  const folder = mkdtempSync(join(tmpdir(), 'stillonce-sdks-'))

  beforeAll(async () => {
    for (const sdk of SDKS) servers.push(await scriptedServer(sdk.server))
    for (const server of servers) server.meets('held')
    const ports = servers.map(({ port }) => String(port))
    const begin = () => started('harness/create-with-each.ts', join(folder, 'operations.db'), ...ports)

    const first = begin()
    const silent = () => SDKS.filter((_, index) => servers[index]?.executions() !== 1).map(({ name }) => name)
    await vi.waitFor(() => expect(silent()).toEqual([]), { timeout: 100_000 })
    first.child.kill('SIGKILL')
    expect(await first.exit).toEqual([null, 'SIGKILL'])
    expect(await first.printed).toBe('')

    for (const { printed, exit } of [begin(), begin()]) {
      lines.push((await printed).split('\n'))
      expect(await exit).toEqual([0, null])
    }
  }, 240_000)

  afterAll(async () => {
    for (const server of servers) await server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test.each(SDKS)('$name: one execution, one key, and its answer in each process', sdk => {
    const server = servers[SDKS.indexOf(sdk)]
    const [key] = keysOf(sdk)
    const line = `${sdk.name}: ${told(sdk.resolves)}`
    expect(lines.map(each => each.filter(printed => printed.startsWith(`${sdk.name}: `)))).toEqual([
      [line],
      [line],
    ])
    expect(server?.deliveries.map(delivery => delivery.key)).toEqual([key, key])
    expect(server?.executions()).toBe(1)
  })
})
