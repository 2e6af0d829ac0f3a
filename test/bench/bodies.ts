/**
 * What it costs to read a Request that stays readable, and to keep a Response, beside a handler that only answers: CPU
 * in us, the lower quartile of 12 batches in turns. `node test/bench/bodies.ts`
 */
const ROUNDS = 12
const CALLS = 1_500

const asked = () =>
  new Request('http://shop.test/orders', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'key-1' },
    body: '{"item":"tea"}',
  })
const answered = () => Response.json({ order: 1 }, { status: 201 })

const WAYS: Readonly<Record<string, () => Promise<unknown>>> = {
  'a Request that is read once': async () => asked().json(),
  'a Request: a clone read by chunks, as it is done': async () => {
    const request = asked()
    await readChunks(request.clone())
    await request.json()
  },
  'a Request: a clone read at once, without a limit': async () => {
    const request = asked()
    await request.clone().arrayBuffer()
    await request.json()
  },
  'a Request: read, and another one made of the bytes': async () => {
    const request = asked()
    const body = await request.arrayBuffer()
    await new Request(request.url, { method: request.method, headers: request.headers, body }).json()
  },
  'a Response that is read once': async () => answered().arrayBuffer(),
  'a Response: read by chunks, and another one made, as it is done': async () => {
    const body = await readChunks(answered())
    await new Response(body, { status: 201, headers: [['content-type', 'application/json']] }).arrayBuffer()
  },
  'a Response: a clone read by chunks': async () => {
    const response = answered()
    await readChunks(response.clone())
    await response.arrayBuffer()
  },
  'a Response: read at once, and another one made': async () => {
    const body = await answered().arrayBuffer()
    await new Response(body, { status: 201, headers: [['content-type', 'application/json']] }).arrayBuffer()
  },
}

async function readChunks({ body }: Request | Response): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body?.getReader()
  let bytes = new Uint8Array()
  for (;;) {
    const read = await reader?.read()
    if (read === undefined || read.done) return bytes
    bytes = new Uint8Array(read.value)
  }
}

const measured = new Map<string, number[]>()
for (let round = 0; round < ROUNDS; round += 1)
  for (const [name, way] of Object.entries(WAYS)) {
    const before = process.cpuUsage()
    for (let call = 0; call < CALLS; call += 1) await way()
    const { user, system } = process.cpuUsage(before)
    measured.set(name, [...(measured.get(name) ?? []), (user + system) / CALLS])
  }
for (const [name, us] of measured) {
  const quartile = us.toSorted((a, b) => a - b)[ROUNDS / 4] ?? Number.NaN
  console.log(`${quartile.toFixed(1).padStart(6)}  ${name}`)
}
