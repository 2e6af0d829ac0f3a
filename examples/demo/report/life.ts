import type { Column } from '../column.ts'
import { stepsOfEntry, stepsOfEvent, stepsOfHop } from './steps.ts'
import type { Step } from './steps.ts'

/** All that happened to an order, in time: in the shop, on the network, at payments. */
export function lifeOf(column: Column, order: string): readonly Step[] {
  const steps = [
    ...column.events.filter(({ operationId }) => operationId === order).flatMap(stepsOfEvent),
    ...column.hops.filter(hop => hop.order === order).flatMap(stepsOfHop),
    ...column.entries.filter(entry => entry.order === order).map(stepsOfEntry),
  ].toSorted(inTime)
  const firstAt = steps[0]?.at ?? 0
  const settledAt = steps.findLast(isEnd)?.at ?? 0
  const lives: readonly Step[] = [
    ...column.kills.map((at, n) => ({ kind: 'kill', at, process: n + 1 }) as const),
    ...column.starts.map((at, n) => ({ kind: 'start', at, process: n + 1 }) as const),
  ]
  const life = [...steps, ...lives.filter(({ at }) => at > firstAt && at < settledAt)].toSorted(inTime)
  const end = life.find(isEnd)
  return life.map(step => (isEnd(step) && step !== end ? again(step.at) : step))
}

function isEnd(step: Step): boolean {
  return step.kind === 'note' && step.tone === 'end'
}

/** A settled operation is not performed again: whoever runs it gets what is stored. */
function again(at: number): Step {
  return { kind: 'note', lane: 'shop', at, text: 'run again: the stored result', tone: 'plain' }
}

/** The order that went through most, so that its picture shows most. */
export function mostEventful(column: Column): string {
  const orders = [...column.words.keys()]
  const scores = orders.map(order => eventfulness(lifeOf(column, order)))
  return orders[scores.indexOf(Math.max(...scores))] ?? ''
}

/** A picture of more is not legible any more. */
const MOST_STEPS = 46

/** How many kinds of thing happened counts first, then how many faults, then how much at all. */
function eventfulness(steps: readonly Step[]): number {
  const arrows = steps.filter(step => step.kind === 'arrow')
  const kinds = [
    steps.some(({ kind }) => kind === 'kill'),
    steps.some(step => step.kind === 'note' && step.tone === 'charge'),
    arrows.some(({ text }) => text.startsWith('GET')),
    arrows.some(({ from, tone }) => from === 'shop' && tone === 'lost'),
    arrows.some(({ from, tone }) => from === 'payments' && tone !== 'answer'),
    arrows.some(({ fault }) => fault === 'delivered late'),
  ].filter(Boolean).length
  const faults = new Set(arrows.map(({ fault }) => fault)).size
  return steps.length > MOST_STEPS ? 0 : kinds * 1_000 + faults * 100 + steps.length
}

function inTime(a: Step, b: Step): number {
  return a.at - b.at || rankOf(a) - rankOf(b)
}

/** Within one millisecond causes come before what they cause. */
function rankOf(step: Step): number {
  if (step.kind === 'arrow') return step.from === 'shop' || step.to === 'payments' ? 1 : 3
  if (step.kind !== 'note') return 5
  if (step.lane === 'payments') return 2
  return step.tone === 'begin' ? 0 : 4
}
