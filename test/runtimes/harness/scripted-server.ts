import { createServer, type AddressInfo, type Socket } from 'node:net'

/**
 * What a delivery meets. `fin` and `rst`: executed, and the connection ends without an answer. `cut`: executed, and the
 * answer is shorter than it says; `cut-chunked`: its last chunk is missing. `hang`: executed, and never answered.
 */
export type Meets =
  | 'answer'
  | 'fin'
  | 'rst'
  | 'cut'
  | 'cut-chunked'
  | 'hang'
  | { readonly status: number; readonly headers?: string; readonly closes?: true }

export type ScriptedServer = {
  readonly origin: string
  /** What the deliveries to a path meet, in turn; the last for all others. */
  readonly script: (path: string, ...steps: readonly Meets[]) => void
  /** How often the whole of a request to this path was read. */
  readonly deliveries: (path: string) => number
  /** How often it was executed: once for each key, where it has one. */
  readonly executed: (path: string) => number
  readonly keys: (path: string) => readonly (string | undefined)[]
  /** Whether the first delivery to this path came over a connection that had been used before. */
  readonly wasReused: (path: string) => boolean
  /** Resolves with the next delivery to this path. */
  readonly delivered: (path: string) => Promise<void>
  /** Ends the connections that wait for another request; resolves when the client has let them go. */
  readonly closeIdle: () => Promise<void>
  /** Whether a connection on which a request to this path is unanswered was closed by the client. */
  readonly left: (path: string) => Promise<void>
}

type Request = {
  readonly method: string
  readonly path: string
  readonly key: string | undefined
  readonly isReused: boolean
}

type Waiting = { readonly path: string; readonly resolve: () => void }

/** A TCP server of HTTP/1.1 that does what it was told, and counts what it has read, on sockets and not by any library. */
export async function scriptedServer(): Promise<ScriptedServer> {
  const scripts = new Map<string, readonly Meets[]>()
  const log: Request[] = []
  const results = new Map<string, number>()
  const executions = new Map<string, number>()
  const sockets = new Set<Socket>()
  let deliveredWaits: Waiting[] = []
  let leftWaits: Waiting[] = []

  const wake = (waits: readonly Waiting[], path: string): Waiting[] => {
    for (const wait of waits) if (wait.path === path) wait.resolve()
    return waits.filter(wait => wait.path !== path)
  }

  const server = createServer(socket => {
    sockets.add(socket)
    let text = ''
    let count = 0
    let unanswered: string | undefined
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      if (unanswered !== undefined) leftWaits = wake(leftWaits, unanswered)
    })
    socket.on('data', piece => {
      text += piece.toString('latin1')
      for (let request = takeRequest(); request !== undefined; request = takeRequest()) {
        unanswered = request.path
        if (!perform(socket, request)) return
        unanswered = undefined
      }
    })

    function takeRequest(): Request | undefined {
      const end = text.indexOf('\r\n\r\n')
      if (end === -1) return undefined
      const [first = '', ...lines] = text.slice(0, end).split('\r\n')
      const headers = new Map(
        lines.map(line => [
          line.slice(0, line.indexOf(':')).toLowerCase(),
          line.slice(line.indexOf(':') + 1).trim(),
        ]),
      )
      const rest = text.slice(end + 4)
      const length = headers.has('transfer-encoding')
        ? rest.indexOf('0\r\n\r\n') + 5
        : Number(headers.get('content-length') ?? 0)
      if (length === 4 || rest.length < length) return undefined
      text = rest.slice(length)
      const [method = '', path = ''] = first.split(' ')
      return { method, path, key: headers.get('idempotency-key'), isReused: count++ > 0 }
    }
  })

  /** Whether the connection goes on. */
  function perform(socket: Socket, request: Request): boolean {
    const { method, path, key } = request
    if (method === 'GET') {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok')
      return true
    }
    const steps = scripts.get(path) ?? ['answer']
    const step = steps[Math.min(log.filter(each => each.path === path).length, steps.length - 1)] ?? 'answer'
    log.push(request)
    deliveredWaits = wake(deliveredWaits, path)
    if (typeof step === 'object') {
      const { status, headers = '', closes } = step
      socket.write(
        `HTTP/1.1 ${status} Told\r\ncontent-type: application/json\r\n${headers}${closes ? 'connection: close\r\n' : ''}content-length: 2\r\n\r\n{}`,
      )
      if (closes) socket.end()
      return closes !== true
    }
    const isReplay = key !== undefined && results.has(`${path} ${key}`)
    const id = isReplay ? results.get(`${path} ${key}`) : (executions.get(path) ?? 0) + 1
    if (!isReplay) {
      executions.set(path, (executions.get(path) ?? 0) + 1)
      results.set(`${path} ${key}`, Number(id))
    }
    const body = JSON.stringify({ id })
    const head = `HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n${isReplay ? 'idempotent-replayed: true\r\n' : ''}`
    switch (step) {
      case 'answer':
        socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`)
        return true
      case 'fin':
        socket.end()
        return false
      case 'rst':
        socket.resetAndDestroy()
        return false
      case 'cut':
        socket.end(`${head}content-length: 100\r\n\r\n${body.slice(0, -1)}`)
        return false
      case 'cut-chunked':
        socket.end(`${head}transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`)
        return false
      case 'hang':
        return false
      default:
        return step satisfies never
    }
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    script: (path, ...steps) => void scripts.set(path, steps),
    deliveries: path => log.filter(each => each.path === path).length,
    executed: path => executions.get(path) ?? 0,
    keys: path => log.filter(each => each.path === path).map(({ key }) => key),
    wasReused: path => log.find(each => each.path === path)?.isReused ?? false,
    delivered: path => new Promise(resolve => deliveredWaits.push({ path, resolve })),
    closeIdle: async () => {
      const closed = [...sockets].map(socket => new Promise(resolve => socket.on('close', resolve)))
      for (const socket of sockets) socket.end()
      await Promise.all(closed)
    },
    left: path => new Promise(resolve => leftWaits.push({ path, resolve })),
  }
}
