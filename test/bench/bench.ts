import { parseArgs } from 'node:util'
import { isReached } from './figure.ts'
import { tableOf } from './figure-table.ts'
import type { Part } from './part.ts'
import { allocatedPart } from './parts/allocated.ts'
import { atOncePart } from './parts/at-once.ts'
import { clearPart } from './parts/clear.ts'
import { coldStartPart } from './parts/cold-start.ts'
import { cpuPart } from './parts/cpu.ts'
import { historiesPart } from './parts/histories.ts'
import { inFlightPart } from './parts/in-flight.ts'
import { largeBodyPart } from './parts/large-body.ts'
import { listingPart } from './parts/listing.ts'
import { loopbackPart } from './parts/loopback.ts'
import { middlewarePart } from './parts/middleware.ts'
import { promisesPart } from './parts/promises.ts'
import { sdkPart } from './parts/sdk.ts'
import { sizesPart } from './parts/sizes.ts'
import { throughputPart } from './parts/throughput.ts'
import { workerPart } from './parts/worker.ts'
import { type Ref, withRef } from './ref.ts'

const PARTS: Readonly<Record<string, Part>> = {
  promises: promisesPart(),
  cpu: cpuPart(),
  loopback: loopbackPart(),
  allocated: allocatedPart(),
  'in-flight': inFlightPart(),
  'at-once': atOncePart(),
  'cold-start': coldStartPart(),
  sizes: sizesPart(),
  'large-body': largeBodyPart(),
  throughput: throughputPart(),
  clear: clearPart(),
  listing: listingPart(),
  worker: workerPart(),
  middleware: middlewarePart(),
  sdk: sdkPart(),
  histories: historiesPart(),
}

const USAGE = `npm run bench -- [options]
  --only PART     one of ${Object.keys(PARTS).join(', ')}; may be given more than once
  --against REF   builds that commit too, and measures both in the same rounds
  --json          the figures as one line of JSON in place of tables`

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: Object.keys(PARTS) },
    against: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const unknown = values.only.filter(name => !Object.hasOwn(PARTS, name))
if (values.help || unknown.length > 0) {
  console.log(USAGE)
  process.exit(values.help ? 0 : 1)
}

await (values.against === undefined ? measure() : withRef(values.against, measure))

async function measure(ref?: Ref): Promise<void> {
  const results = []
  for (const [name, part] of Object.entries(PARTS)) {
    if (!values.only.includes(name)) continue
    const figures = await part.measure(ref)
    results.push({
      name,
      title: part.title,
      figures: figures.map(figure => ({ ...figure, reached: isReached(figure) })),
    })
    if (!values.json) console.log(`\n### ${part.title}\n\n${part.how}\n\n${tableOf(figures, ref?.name)}`)
  }
  if (values.json) console.log(JSON.stringify(results))
}
