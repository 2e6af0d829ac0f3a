import { fork } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { OrdersTask, OrdersWork } from '../children/orders.ts'

/** A process of the fleet, which alone its signals go to. */
export type OrderProcess = {
  readonly ready: Promise<unknown>
  /** What it sends back, or `gone` where it was killed before. */
  readonly perform: <Result>(task: OrdersTask) => Promise<Result | 'gone'>
  readonly signal: (signal: NodeJS.Signals) => void
  readonly end: () => Promise<void>
}

export function startOrderProcess(work: OrdersWork): OrderProcess {
  const child = fork(
    fileURLToPath(new URL('../children/orders.ts', import.meta.url)),
    [JSON.stringify(work)],
    {
      execArgv: [],
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'stillonce-compile-cache') },
    },
  )
  // One that ends without a signal of ours ends all of it.
  const exited = once(child, 'exit').then(([code]) => {
    if (code !== null) throw new Error(`A process of the fleet ended by itself, with ${String(code)}.`)
  })
  const gone = exited.then(() => 'gone' as const)
  const ready = Promise.race([once(child, 'message'), gone])
  return {
    ready,
    perform: async <Result>(task: OrdersTask) => {
      await ready
      if (!child.connected) return 'gone'
      const told = once(child, 'message').then(([message]) => message as Result)
      // One that was killed a moment ago is `gone`, and no error.
      child.send(task, () => {})
      return Promise.race([told, gone])
    },
    signal: signal => {
      child.kill(signal)
    },
    end: async () => {
      child.kill('SIGKILL')
      await exited.catch(() => {})
    },
  }
}
