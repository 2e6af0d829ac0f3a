import { parseArgs } from 'node:util'
import { plant } from '../simulation/plant.ts'
import { loadIndexedDBPart } from './indexed-db/part.ts'
import { loadProbePart } from './probe/part.ts'
import type { LoadPart, PartName } from './part.ts'
import { PLANTED_PART_BUGS } from './planted-bugs.ts'

const USAGE = `npm run simulate:parts -- [options]
  --of PART       indexed-db or probe (indexed-db; a planted bug says where it lives)
  --histories N   how many (1,000)
  --seed S        the first seed; the next ones follow (by the clock)
  --planted NAME  with this bug in the source; ends at the first history that finds it
  --counts        how often each fault and end struck
  --json          one line of JSON, for programs`

const { values } = parseArgs({
  options: {
    of: { type: 'string' },
    histories: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    planted: { type: 'string' },
    counts: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(USAGE)
  process.exit()
}

const PARTS: Readonly<Record<PartName, LoadPart>> = { 'indexed-db': loadIndexedDBPart, probe: loadProbePart }

const bug = PLANTED_PART_BUGS.find(({ name }) => name === values.planted)
if (values.planted !== undefined && bug === undefined) throw new Error(`there is no bug '${values.planted}'`)
const of = (values.of ?? bug?.part ?? 'indexed-db') as PartName
if (!Object.hasOwn(PARTS, of)) throw new Error(`there is no part '${of}'`)
const part = await PARTS[of](bug === undefined ? '' : plant(bug))

const first = Number(values.seed)
const most = Number(values.histories)
const counts: Record<string, number> = {}
const broken: Record<string, readonly string[]> = {}
let shown = 0
let histories = 0
for (let seed = first; seed < first + most; seed++) {
  const result = await part.run(seed)
  histories += 1
  for (const [kind, count] of Object.entries(result.counts)) counts[kind] = (counts[kind] ?? 0) + count
  const rules = [...new Set(result.violations.map(({ rule }) => rule))]
  const isFound = bug === undefined ? rules.length > 0 : rules.includes(bug.breaks ?? '')
  if (!isFound) continue
  broken[seed] = rules
  if (!values.json && (shown += 1) <= 3) {
    for (const { rule, detail } of result.violations) console.log(`seed ${seed}: ${rule}\n  ${detail}`)
    console.log(`\nreplay: npm run simulate:parts -- --of ${of} --histories 1 --seed ${seed}\n`)
  }
  if (bug !== undefined) break
}

if (values.counts) {
  for (const [kind, count] of Object.entries(counts).toSorted((a, b) => b[1] - a[1]))
    console.log(String(count).padStart(9), kind)
}
console.log(
  values.json
    ? JSON.stringify({ histories, broken, counts })
    : `${histories} histories of ${of} from seed ${first}: ${Object.keys(broken).length} broken`,
)
process.exitCode = Object.keys(broken).length === 0 ? 0 : 1
