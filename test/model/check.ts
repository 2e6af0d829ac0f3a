import { parseArgs } from 'node:util'
import { boundsOf, USUAL } from './setting.ts'
import { loadSubject } from './subject.ts'
import { walk } from './walk.ts'

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '1' },
    runners: { type: 'string', default: '2' },
    modes: { type: 'string' },
    keys: { type: 'string', default: 'yes' },
    status: { type: 'string', default: 'none' },
    rests: { type: 'string', default: '2' },
    persist: { type: 'string', default: 'key' },
    payloads: { type: 'string', default: 'same' },
    most: { type: 'string', default: '20000000' },
  },
})
const modes = values.modes?.split(',') ?? Array.from({ length: Number(values.runners) }, () => 'run')
const setting = {
  ...USUAL,
  modes: modes as never,
  faults: Number(values.faults),
  keys: values.keys === 'yes',
  status: values.status as 'none',
  rests: Number(values.rests),
  persist: values.persist as 'key',
  payloads: values.payloads as 'same',
}
console.log(boundsOf(setting))
const told = walk(setting, await loadSubject(), { mostWorlds: Number(values.most) })
console.log({ ...told, broken: told.broken.length, perSecond: Math.round(told.worlds / told.cpuSeconds) })
for (const { rule, about, history } of told.broken) console.log(`\n${rule}: ${about}\n  ${history.join('\n  ')}`)
