import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const SERVER = fileURLToPath(new URL('server.ts', import.meta.url))

/** The server processes of a load test: only these are ever killed. */
export class Workers {
  readonly #args: readonly string[]
  readonly #children: { child: ChildProcess; port: number }[] = []

  constructor(args: readonly string[]) {
    this.#args = args
  }

  async start(slot: number): Promise<void> {
    const child = fork(SERVER, [...this.#args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const [{ port }] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => {
        throw new Error(`A server ended at its start: ${code}`)
      }),
    ])) as [{ readonly port: number }]
    this.#children[slot] = { child, port }
  }

  portOf(slot: number): number {
    return this.#children[slot]?.port ?? 0
  }

  /** As a crash: nothing is finished, nothing is closed. */
  async kill(slot: number): Promise<void> {
    const child = this.#children[slot]?.child
    if (child === undefined || child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  /** Resident memory in bytes, or undefined where it died before it told. */
  async rssOf(slot: number): Promise<number | undefined> {
    const child = this.#children[slot]?.child
    if (child?.connected !== true) return undefined
    child.send('rss', () => {})
    const end = new AbortController()
    try {
      const { signal } = end
      const told = await Promise.race([once(child, 'message', { signal }), once(child, 'exit', { signal })])
      return (told[0] as { readonly rss?: number } | null)?.rss
    } finally {
      end.abort()
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#children.map((_, slot) => this.kill(slot)))
  }
}
