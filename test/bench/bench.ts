import { parseArgs } from 'node:util'
import { isReached, tableOf } from './figure.ts'
import { coldStartPart } from './parts/cold-start.ts'
import { cpuPart } from './parts/cpu.ts'
import { inFlightPart } from './parts/in-flight.ts'
import { listingPart } from './parts/listing.ts'
import { loopbackPart } from './parts/loopback.ts'
import { middlewarePart } from './parts/middleware.ts'
import { sizesPart } from './parts/sizes.ts'
import { throughputPart } from './parts/throughput.ts'

const PARTS = {
  cpu: cpuPart(),
  loopback: loopbackPart(),
  throughput: throughputPart(),
  sizes: sizesPart(),
  'cold-start': coldStartPart(),
  'in-flight': inFlightPart(),
  listing: listingPart(),
  middleware: middlewarePart(),
}

const USAGE = `npm run bench -- [options]
  --only PART   one of ${Object.keys(PARTS).join(', ')}; may be given more than once
  --json        the figures as one line of JSON in place of tables`

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: Object.keys(PARTS) },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const unknown = values.only.filter(name => !Object.hasOwn(PARTS, name))
if (values.help || unknown.length > 0) {
  console.log(USAGE)
  process.exit(values.help ? 0 : 1)
}

const results = []
for (const [name, part] of Object.entries(PARTS)) {
  if (!values.only.includes(name)) continue
  const figures = await part.measure()
  results.push({
    name,
    title: part.title,
    figures: figures.map(each => ({ ...each, reached: isReached(each) })),
  })
  if (!values.json) console.log(`\n### ${part.title}\n\n${part.how}\n\n${tableOf(figures)}`)
}
if (values.json) console.log(JSON.stringify(results))
