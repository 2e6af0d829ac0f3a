import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

/* What `npm run checkout` starts, from the built package, as a process. Its page is tested in Chromium. */
const main = fileURLToPath(new URL('../../examples/checkout/main.ts', import.meta.url))

function start(port: number): { readonly child: ChildProcess; readonly said: () => string } {
  const data = mkdtempSync(join(tmpdir(), 'stillonce-checkout-'))
  const child = spawn(process.execPath, [main, '--port', String(port), '--data', data])
  let said = ''
  const hear = (chunk: unknown) => void (said += String(chunk))
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    rmSync(data, { recursive: true, force: true })
  })
  return { child, said: () => said }
}

test('it prints the address of a page that is built, and Ctrl+C ends it', async () => {
  const { child, said } = start(0)
  await expect.poll(said, { timeout: 15_000 }).toMatch(/http:\/\/127\.0\.0\.1:\d+\//)
  const [url = ''] = /http:\S+/.exec(said()) ?? []
  const page = await (await fetch(url)).text()
  const [script = ''] = /\/assets\/index-[^"]+\.js/.exec(page) ?? []
  expect(await (await fetch(new URL(script, url))).text()).toContain('What goes wrong')

  const ended = once(child, 'exit')
  child.kill('SIGINT')
  expect(await ended).toEqual([0, null])
})

test('where a port is taken, it says so in one sentence', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  // The shop's own is one before: its server is the first to need one.
  const { child, said } = start(port - 1)
  expect(await once(child, 'exit')).toEqual([1, null])
  expect(said()).toBe(`Port ${port} is taken. Another one: npm run checkout -- --port ${port + 9}\n`)
})
