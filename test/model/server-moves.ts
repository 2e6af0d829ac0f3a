import { lateAnswer, observed } from './events.ts'
import type { EvidenceName } from './events.ts'
import { nameOf } from './model.ts'
import type { Place, Scene } from './scene.ts'
import { afterSend, messageNumber } from './running.ts'
import { sorted, sortedAir } from './scene.ts'
import { RETENTION_MS } from './setting.ts'
import type { AnswerName, Attempt, KeyState, Message, Send, Server, World } from './world.ts'

/* The network and the server behind it. */

export function movesOfServer(scene: Scene): void {
  for (const message of scene.server.air) {
    if (message.answer === undefined) movesOfRequest(scene, message)
    else movesOfAnswer(scene, message, message.answer)
  }
  for (const one of scene.server.memory)
    if (one.is === 'working' || one.is === 'hidden') movesOfWork(scene, one)
}

// --- requests ---

function movesOfRequest(scene: Scene, message: Message): void {
  const { faulty, mayFail } = scene
  const { key, by } = message
  const who = nameOf(by)
  movesOfArrival(scene, message, `${key} of ${who} arrives`)
  if (!isAwaited(scene, message) || !mayFail) return
  const gone = scene.withServer(faulty, {
    air: without(scene.server, message),
    firstSent: notSent(scene, key),
  })
  scene.add(`${who} finds no server`, observe(scene, gone, message, 'unreachable'))
  // What had left may arrive all the same, also where a gateway has answered in the server's place.
  const page = { ...message, answer: 'page' as const }
  const unheard = { ...message, number: -message.number, givenUpAt: givenUpAt(scene) }
  const air = sortedAir([...without(scene.server, message), page, unheard])
  scene.add(`a gateway answers ${who}`, scene.withServer(faulty, { air }))
  const broken = scene.givenUp(faulty, by, message.number)
  scene.add(`the connection of ${who} breaks`, observe(scene, broken, message, 'reset'))
}

/** It matters only where a "not found" proves something. */
function givenUpAt({ model, circumstances }: Scene): number | undefined {
  return model.setting.status === 'absence' ? circumstances.at : undefined
}

/** What found no server was not sent: a key that nothing else was sent with has no age. */
function notSent({ server: { firstSent } }: Scene, key: string): Server['firstSent'] {
  return firstSent.flatMap(one => {
    if (one.key !== key) return [one]
    return one.count > 1 ? [{ ...one, count: one.count - 1 }] : []
  })
}

function movesOfArrival(scene: Scene, message: Message, label: string): void {
  const { world, faulty, mayFail, server } = scene
  const known = stateOfKey(scene, message.key)
  const isHeard = message.number > 0 && scene.runners[message.by]?.state !== undefined
  const answered = (answer: AnswerName): Partial<Server> => {
    const others = without(server, message)
    return { air: isHeard ? sortedAir([...others, { ...message, answer }]) : others }
  }
  if (known !== undefined) {
    const answer = ({ executed: '200', working: '202', hidden: '202', sealed: '404' } as const)[known.is]
    return scene.add(`${label}: ${known.is} before`, scene.withServer(world, answered(answer)))
  }
  const executed = { memory: remembered(scene, message, 'executed') }
  scene.add(`${label}: executed`, scene.executed(world, message, { ...answered('200'), ...executed }))
  if (isHeard) scene.add(`${label}: refused`, scene.withServer(world, answered('404')))
  if (!mayFail) return undefined
  const working = { ...answered('202'), memory: remembered(scene, message, 'working') }
  scene.add(`${label}: the server sets to work`, scene.withServer(faulty, working))
  if (!isHeard) return undefined
  for (const answer of ['500', 'cut'] as const)
    scene.add(
      `${label}: executed, ${answer}`,
      scene.executed(faulty, message, { ...answered(answer), ...executed }),
    )
  for (const answer of ['307', '401', '429', '500'] as const)
    scene.add(`${label}: ${answer}`, scene.withServer(faulty, answered(answer)))
  return undefined
}

function without({ air }: Server, message: Message): readonly Message[] {
  return air.filter(other => other !== message)
}

/** What a server with keys still knows. */
function stateOfKey({ model, server, circumstances }: Scene, key: string): KeyState | undefined {
  const known = server.memory.find(one => one.key === key)
  // Who says that nothing more is executed of an operation keeps that, whether keys are honoured or not.
  if (!model.setting.keys) return known?.is === 'sealed' ? known : undefined
  const isRemembered =
    known?.is === 'sealed' || (known !== undefined && circumstances.at < known.at + RETENTION_MS)
  return isRemembered ? known : undefined
}

function remembered(
  scene: Scene,
  { key, line, by }: Message,
  is: 'executed' | 'working',
): readonly KeyState[] {
  const { memory } = scene.server
  // Without keys a server goes on with what it is at, whatever else arrives.
  if (!scene.model.setting.keys && memory.some(one => one.key === key && one.is !== 'executed')) return memory
  return sorted([...memory.filter(one => one.key !== key), { key, line, by, at: scene.circumstances.at, is }])
}

function movesOfWork(scene: Scene, one: KeyState): void {
  const others = scene.server.memory.filter(other => other !== one)
  const memory = sorted([...others, { ...one, is: 'executed' as const }])
  scene.add(`the server has done ${one.key}`, scene.executed(scene.world, one, { memory }))
  if (one.is === 'hidden') return
  scene.add(`the server gives ${one.key} up`, scene.withServer(scene.world, { memory: others }))
  // A server that promised to execute a key once does not forget it at work.
  if (!scene.mayFail || scene.model.setting.keys) return
  // One whose "not found" is said to prove something may deny only what it has told to be at work.
  if (scene.model.setting.status === 'absence' && one.isSaid !== true) return
  const hidden = sorted([...others, { ...one, is: 'hidden' as const }])
  scene.add(
    `the server does not know of ${one.key} any more`,
    scene.withServer(scene.faulty, { memory: hidden }),
  )
}

// --- answers ---

function movesOfAnswer(scene: Scene, message: Message, answer: AnswerName): void {
  const { by, key, generation } = message
  const who = nameOf(by)
  const runner = scene.runners[by]!
  if (!scene.isLive(runner)) return
  const air = { air: without(scene.server, message) }
  const world = scene.withServer(scene.world, air)
  const heard = answer === '202' ? toldAtWork(scene, world, key) : world
  const send = sendOf(scene, message)
  if (send !== undefined) {
    if (answer === '307') scene.add(`${who} follows a redirect`, follow(scene, world, message, send))
    else scene.add(`${who} gets ${answer}`, observe(scene, heard, message, answer))
    if (scene.mayFail)
      scene.add(
        `the answer to ${who} is lost`,
        observe(scene, scene.withServer(scene.faulty, air), message, 'reset'),
      )
    return
  }
  const isProof = (answer === '200' || answer === 'cut') && scene.knowsOf(runner).record?.key === key
  scene.add(
    `${who} gets ${answer} late`,
    scene.feed(heard, by, {
      name: `late ${answer} ${key}`,
      event: () => lateAnswer(answer, key, generation, pollUrlOf(scene)),
      changes: { proof: isProof ? key : runner.proof },
    }),
  )
}

/** From then on somebody knows that the server is at work. */
export function toldAtWork(scene: Scene, world: World, key: string): World {
  if (scene.model.setting.status !== 'absence') return world
  const { memory } = scene.model.servers.of(world.server)
  const known = memory.find(one => one.key === key)
  if (known === undefined) return world
  const others = memory.filter(one => one !== known)
  return scene.withServer(world, { memory: sorted([...others, { ...known, isSaid: true as const }]) })
}

function isAwaited(scene: Scene, message: Message): boolean {
  return sendOf(scene, message) !== undefined
}

/** The send that waits for this message. */
function sendOf({ runners }: Scene, { by, number }: Message): Send | undefined {
  const runner = runners[by]!
  return runner.attempt?.sends.find(send => messageNumber(runner, send.number) === number)
}

/** Where a 202 says to ask. */
function pollUrlOf({ model }: Scene): string | undefined {
  return model.setting.status === 'url' ? 'https://shop.test/jobs/1' : undefined
}

function withoutForeign(attempt: Attempt | undefined): Attempt | undefined {
  return attempt && { ...attempt, foreign: 0 }
}

/** Following is sending: the gate asks once more. */
function follow(scene: Scene, world: World, { by }: Message, send: Send): Place {
  const { attempt } = scene.runners[by]!
  const event = () => ({
    type: 'at-byte' as const,
    send: send.number,
    hop: true,
    foreignHeads: attempt?.foreign ?? 0,
    isAborted: false,
  })
  const changes = { attempt: withoutForeign(attempt) }
  return scene.feed(world, by, { name: `at-byte ${send.number}`, event, changes })
}

function observe(scene: Scene, world: World, message: Message, name: EvidenceName): Place {
  const runner = scene.runners[message.by]!
  const send = sendOf(scene, message)
  const hasFailed = name === 'reset' || name === 'unreachable'
  return scene.feed(world, message.by, {
    name: `observed ${name} ${send?.number}`,
    event: () => observed(name, pollUrlOf(scene), runner.attempt?.foreign),
    changes: {
      attempt: withoutForeign(afterSend(runner.attempt, send?.number ?? 0, hasFailed)),
      proof: name === '200' || name === 'cut' ? scene.knowsOf(runner).record?.key : runner.proof,
    },
  })
}
