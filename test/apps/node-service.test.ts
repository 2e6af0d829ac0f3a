import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { installApp, type InstalledApp } from './harness/app.ts'
import { openBank, type Bank } from './harness/bank.ts'

let app: InstalledApp
let bank: Bank

beforeAll(async () => {
  app = await installApp('node-service')
  bank = await openBank()
})
afterAll(() => bank.close())

/** A machine of its own: the program keeps what it knows in the folder in which it runs. */
function machine() {
  const cwd = mkdtempSync(join(app.folder, 'machine-'))
  const env = { ...process.env, BANK_URL: bank.url }
  return (...args: readonly string[]) => {
    const child = spawn(process.execPath, [join(app.folder, 'pay.ts'), ...args], { cwd, env })
    return { child, said: text(child.stdout), ended: once(child, 'exit') }
  }
}

const payments = (id: string) => bank.payments.filter(paid => paid === id).length

test('its types are right', async () => {
  await expect(app.script('check')).resolves.toContain('tsc')
})

test('it pays once, though two answers are lost and the invoice is given twice', async () => {
  const start = machine()
  bank.proxy.next('reset-answer', { status: 502, performed: true })
  expect(await start('lost-1', '1999').said).toMatch(/^lost-1: paid, p_\d+\n$/)
  expect(await start('lost-1', '1999').said).toMatch(/^lost-1: paid, p_\d+\n$/)
  expect(payments('lost-1')).toBe(1)
})

test('killed while the bank pays, it finds out at its next start', async () => {
  const start = machine()
  bank.proxy.next('lose-answer')
  const { child, ended } = start('killed-1', '1999')
  await expect.poll(() => payments('killed-1')).toBe(1)
  child.kill('SIGKILL')
  await ended
  expect(await start().said).toBe('killed-1: executed, taken up\n')
  expect(await start('killed-1', '1999').said).toMatch(/^killed-1: paid, p_\d+\n$/)
  expect(payments('killed-1')).toBe(1)
})

test('what the bank declines is told in its words', async () => {
  const start = machine()
  expect(await start('declined-1', '990000').said).toBe(
    'declined-1: not paid (declined), The account is empty.\n',
  )
  expect(payments('declined-1')).toBe(0)
})

test('while the bank cannot be heard nothing is known, and later it is', async () => {
  const start = machine()
  bank.always('reset-answer')
  expect(await start('unheard-1', '1999').said).toBe(
    'unheard-1: not known yet (unreachable), start again to find out\n',
  )
  bank.always(undefined)
  expect(await start('unheard-1', '1999').said).toMatch(
    /^unheard-1: executed, taken up\nunheard-1: paid, p_\d+\n$/,
  )
  expect(payments('unheard-1')).toBe(1)
})

test('a login that the bank does not take is told apart, and the payment goes on once it does', async () => {
  const start = machine()
  bank.always({ status: 401 })
  onTestFinished(() => bank.always(undefined))
  expect(await start('login-1', '1999').said).toBe(
    "login-1: not paid (sign-in), look at this program's login at the bank\n",
  )
  bank.always(undefined)
  expect(await start('login-1', '1999').said).toMatch(/login-1: paid, p_\d+\n$/)
  expect(payments('login-1')).toBe(1)
})

test('an invoice that was paid with another amount is told apart', async () => {
  const start = machine()
  await start('changed-1', '1999').ended
  expect(await start('changed-1', '2500').said).toBe(
    'changed-1: paid (changed), this id was begun with another amount: give another id\n',
  )
  expect(payments('changed-1')).toBe(1)
})
