import type { probe as Probe } from '../../../src/probe/command.ts'
import { randomOf } from '../../simulation/random.ts'
import { countsOf, type LoadPart } from '../part.ts'
import { check } from './checker.ts'
import { interruptionsOf, simServer, traitsOf } from './sim-server.ts'

export const loadProbePart: LoadPart = async suffix => {
  const { probe } = (await import(`../../../src/probe/command.ts${suffix}`)) as {
    readonly probe: typeof Probe
  }
  return {
    run: async seed => {
      const random = randomOf(seed, 1)
      const traits = traitsOf(random)
      const interruptions = interruptionsOf(random)
      const server = simServer(traits, interruptions, randomOf(seed, 2))
      let keys = 0
      const command = { url: 'http://localhost/orders', body: '{"item":"tea"}' }
      const { code, text } = await probe(command, server.fetch, () => `key-${(keys += 1)}`)
      const { exchanges } = server
      const word = /^(Stopped|The same key twice +\w+)/.exec(text)?.[0] ?? 'something else'
      const strikes = interruptions.map(
        ({ answer }) => `in between: ${typeof answer === 'string' ? answer : answer.status}`,
      )
      return {
        violations: check({ traits, exchanges, code, text }),
        counts: countsOf([`keys: ${traits.keys}`, word, ...strikes]),
      }
    },
  }
}
