import { z } from 'zod'
import { ietf, noKeys } from '../../../src/entries/index.ts'
import { type Scenario } from '../scenario.ts'
import type { Fate, Visit } from '../shop.ts'

/** The application dies while it writes: half a text, without the end that its framing asks for. */
function cut(status: number, half: string, framing: 'chunked' | 'length' | 'none') {
  const head = {
    chunked: `Transfer-Encoding: chunked\r\n\r\n${half.length.toString(16)}\r\n${half}\r\n`,
    length: `Content-Length: 100\r\n\r\n${half}`,
    none: `Connection: close\r\n\r\n${half}`,
  }
  return ({ request: { socket } }: Visit) => {
    socket.write(`HTTP/1.1 ${status} Cut\r\nContent-Type: application/json\r\n${head[framing]}`)
    setTimeout(() => socket.end(), 50)
  }
}

const headAlone: Fate = ({ request: { socket } }) => {
  socket.write('HTTP/1.1 201 Created\r\nContent-Type: applic')
  setTimeout(() => socket.end(), 50)
}

const half = '{"charge":"ch_1","currency":"e'
const failed = '{"status":"failed","reason":"the card was decl'
const errors = '{"errors":[{"message":"the card was decl'

const response = z.object({ charge: z.string() })

export const CUT_ANSWERS: readonly Scenario[] = [
  ...(['chunked', 'length', 'none'] as const).flatMap((framing): readonly Scenario[] => [
    {
      name: `an answer cut on its way, framing: ${framing}, under a key that is honoured`,
      profile: ietf,
      shop: () => ({ honoursKeys: true, fates: [cut(201, half, framing)] }),
    },
    {
      name: `an answer cut on its way, framing: ${framing}, without keys`,
      profile: noKeys,
      shop: () => ({ fates: [cut(201, half, framing)] }),
    },
    {
      name: `a refusal cut on its way, framing: ${framing}, without keys`,
      profile: noKeys,
      shop: () => ({ fates: [cut(422, '{"code":"decl', framing)] }),
    },
  ]),
  {
    name: 'an answer of which half the head came, under a key that is honoured, where data is wanted',
    profile: ietf,
    definition: { response },
    shop: () => ({ honoursKeys: true, fates: [headAlone] }),
  },
  {
    name: 'a poll whose answer "failed" is cut, without keys',
    profile: noKeys,
    definition: { response },
    shop: () => ({
      always: ({ answer }) => answer(202, {}, { location: '/jobs/1' }),
      ask: (visit, { asked, charges }) =>
        asked.length < 2
          ? cut(200, failed, 'chunked')(visit)
          : visit.answer(200, { status: 'succeeded', result: { charge: charges.at(-1) } }),
    }),
  },
  {
    name: 'errors in a 200 that is cut, for a verdict hook, without keys',
    profile: noKeys,
    definition: {
      verdict: evidence => (JSON.stringify(evidence.body).includes('errors') ? 'rejected' : undefined),
    },
    shop: () => ({ fates: [cut(200, errors, 'chunked')] }),
  },
]
