import { expect, test } from 'vitest'
import { promisesOf } from './promises.ts'

/*
 * Exact numbers, of the built package in a fresh process: how many PROMISE inits `async_hooks` sees between a call and
 * the turn of the event loop after its answer (children/promises.ts), with the memory store and a fetch that answers at
 * once. A number that falls is written down here, so that it stays; one that rises needs a reason.
 */
test('a call with plain fetch makes 27 promises, 12 of which a bare fetch makes too', async () => {
  expect(await promisesOf({ name: 'fetch', ref: undefined })).toBe(12)
  expect(await promisesOf({ name: 'stillonce, plain fetch', ref: undefined })).toBe(27)
})

test('a call with ky makes 27 promises, where ky alone makes 62', async () => {
  expect(await promisesOf({ name: 'ky', ref: undefined })).toBe(62)
  expect(await promisesOf({ name: 'stillonce, ky', ref: undefined })).toBe(27)
})
