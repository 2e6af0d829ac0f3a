import { fork } from 'node:child_process'
import { once } from 'node:events'

/** Runs `work` beside a server in a process of its own, so that its work is not counted as a client's. */
export async function withServer<Result>(work: (baseUrl: string) => Promise<Result>): Promise<Result> {
  const child = fork(new URL('./children/server.ts', import.meta.url), { execArgv: [] })
  const [port] = (await once(child, 'message')) as [number]
  try {
    return await work(`http://127.0.0.1:${port}/`)
  } finally {
    child.disconnect()
    await once(child, 'exit')
  }
}
