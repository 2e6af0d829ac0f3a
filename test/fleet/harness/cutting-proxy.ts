import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/**
 * How a connection ends at a statement.
 *
 *   before     the server never gets it
 *   at work    the server gets it, and the connection ends at once: it may be done while the next copy arrives already
 *   answered   the server has done it, and its answer goes no further: the lost acknowledgement of a commit
 */
export type Cut = 'before' | 'at work' | 'answered'

export type CuttingProxy = {
  readonly port: number
  /** How often each cut was made. */
  readonly cuts: Readonly<Record<Cut, number>>
  /** Until it is called again without a promise, connections wait for it before they go on. */
  readonly admitAfter: (admission: Promise<unknown> | undefined) => void
  /** From now on nothing passes, and nobody is told. */
  readonly hold: () => void
  /** Things pass again, on connections that are made from now on: what was held is gone. */
  readonly release: () => void
  readonly close: () => Promise<void>
}

/** PostgreSQL says when it is ready for the next statement; a driver may send the values only after an answer to the text. */
const READY_FOR_QUERY = 'Z\0\0\0\u0005'
/** What an answer of PostgreSQL may begin with, before it is ready; none of Redis' does. */
const PART_OF_ANSWER = /^[12tTnDCNS]/

/** Passes everything on to a server of this machine; `cutAt` is asked with what a client has sent since it was last answered. */
export async function startCuttingProxy(
  port: number,
  cutAt: (sent: string) => Cut | undefined = () => undefined,
): Promise<CuttingProxy> {
  const cuts = { before: 0, 'at work': 0, answered: 0 }
  const open = new Set<Socket>()
  let admission: Promise<unknown> | undefined
  let isHeld = false

  const proxy = createServer(client => {
    void pass(client)
  })

  async function pass(client: Socket): Promise<void> {
    keep(client)
    client.pause()
    await admission
    const server = keep(connect({ port, host: '127.0.0.1', noDelay: true }))
    client.setNoDelay(true)
    let sent = ''
    let isCut = false
    let losesAnswer = false

    const end = (cut: Cut): void => {
      cuts[cut] += 1
      isCut = true
      client.destroy()
      // What was written before still reaches the server.
      server.end()
    }

    client.on('data', (piece: Buffer) => {
      if (isCut || isHeld) return
      sent += piece.toString('latin1')
      const cut = cutAt(sent)
      if (cut !== undefined) sent = ''
      if (cut === 'before') return end(cut)
      server.write(piece)
      if (cut === 'at work') end(cut)
      losesAnswer ||= cut === 'answered'
    })
    server.on('data', (piece: Buffer) => {
      if (isCut || isHeld) return
      if (losesAnswer) return end('answered')
      if (isWhole(piece.toString('latin1'))) sent = ''
      client.write(piece)
    })
    client.on('close', () => server.end())
    server.on('close', () => {
      if (!isHeld) client.destroy()
    })
    client.resume()
  }

  function keep(socket: Socket): Socket {
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
    return socket
  }

  function endAll(): void {
    for (const socket of open) socket.destroy()
  }

  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return {
    port: (proxy.address() as AddressInfo).port,
    cuts,
    admitAfter: given => {
      admission = given
    },
    hold: () => {
      isHeld = true
    },
    release: () => {
      isHeld = false
      endAll()
    },
    close: async () => {
      proxy.close()
      endAll()
      await once(proxy, 'close')
    },
  }
}

function isWhole(answer: string): boolean {
  return answer.slice(0, -1).endsWith(READY_FOR_QUERY) || !PART_OF_ANSWER.test(answer)
}
