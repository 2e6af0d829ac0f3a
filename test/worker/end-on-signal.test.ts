import { EventEmitter } from 'node:events'
import { afterEach, expect, test, vi } from 'vitest'
import { endOnSignal } from '../../src/worker/end-on-signal.ts'

const ends: (() => void)[] = []

afterEach(() => {
  for (const end of ends.splice(0)) end()
})

function ofThisTest() {
  return Object.assign(new EventEmitter(), { pid: 7, kill: vi.fn<(pid: number, signal: string) => void>() })
}

const turn = () => new Promise(resolve => setImmediate(resolve))

test('a signal stops all that listen, and then ends the process as it would have', async () => {
  const process = ofThisTest()
  let release = () => {}
  const slow = new Promise<void>(resolve => (release = resolve))
  const stops = [vi.fn<() => Promise<void>>(async () => {}), vi.fn<() => Promise<void>>(() => slow)]
  for (const stop of stops) ends.push(endOnSignal(['SIGTERM'], stop, process))
  process.emit('SIGTERM')
  await turn()

  expect(stops.map(stop => stop.mock.calls.length)).toEqual([1, 1])
  expect(process.kill).not.toHaveBeenCalled()
  release()
  await turn()
  expect(process.kill.mock.calls).toEqual([[7, 'SIGTERM']])
})

test('a second signal is not held up', () => {
  const process = ofThisTest()
  ends.push(endOnSignal(['SIGTERM'], async () => {}, process))
  process.emit('SIGTERM')

  expect(process.listenerCount('SIGTERM')).toBe(0)
})

test('who listens too decides how the process ends', async () => {
  const process = ofThisTest()
  process.on('SIGTERM', () => {})
  const stop = vi.fn<() => Promise<void>>(async () => {})
  ends.push(endOnSignal(['SIGTERM', 'SIGINT'], stop, process))
  process.emit('SIGTERM')
  await turn()

  expect(stop).toHaveBeenCalledOnce()
  expect(process.kill).not.toHaveBeenCalled()
})

test.each(['before', 'after'])('who listens once, from %s the worker on, does too', async when => {
  const process = ofThisTest()
  const listen = () => process.once('SIGTERM', () => {})
  if (when === 'before') listen()
  ends.push(endOnSignal(['SIGTERM'], async () => {}, process))
  if (when === 'after') listen()
  process.emit('SIGTERM')
  await turn()

  expect(process.kill).not.toHaveBeenCalled()
})

test('nothing listens any more once it was ended', () => {
  const process = ofThisTest()
  const end = endOnSignal(['SIGTERM', 'SIGINT'], async () => {}, process)
  expect([process.listenerCount('SIGTERM'), process.listenerCount('SIGINT')]).toEqual([1, 1])
  end()
  expect([process.listenerCount('SIGTERM'), process.listenerCount('SIGINT')]).toEqual([0, 0])
})
