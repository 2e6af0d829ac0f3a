import { arrow, arrowSample, band, COLOURS, dotSample, label, lane, note } from './shapes.ts'
import type { Step } from './steps.ts'

const WIDTH = 1_180
const TOP = 152
const ROW = 27

/** One order's life as an SVG: time runs down, through the lanes of shop, network and payments. */
export function pictureOf(order: string, seed: number, steps: readonly Step[]): string {
  const ys = rowsOf(steps)
  const bottom = (ys.at(-1) ?? TOP) + ROW
  const height = bottom + 84
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" ` +
      `font-family="system-ui, 'DejaVu Sans', Arial, sans-serif" font-size="13" fill="${COLOURS.ink}">`,
    `<title>The life of ${order}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    label(24, 40, `The life of ${order}`, 'font-size="22" font-weight="600"'),
    label(24, 66, `${summaryOf(steps)} (seed ${seed})`, `fill="${COLOURS.muted}"`),
    `<line x1="84" x2="84" y1="120" y2="${bottom}" stroke="#e5e7eb"/>`,
    ...lane('network', bottom, []),
    ...lane('payments', bottom, []),
    ...lane('shop', bottom, deaths(steps, ys, bottom)),
    ...steps.flatMap((step, n) => [...time(steps, ys, n), ...drawn(step, ys[n] ?? TOP)]),
    ...legend(bottom + 40),
    '</svg>',
    '',
  ].join('\n')
}

/** A row for each step, and more room where more time passes. */
function rowsOf(steps: readonly Step[]): readonly number[] {
  let y = TOP
  return steps.map((step, n) => {
    const passedMs = step.at - (steps[n - 1]?.at ?? step.at)
    y += n === 0 ? 0 : ROW + Math.round(Math.min(40, passedMs / 20))
    return y
  })
}

function summaryOf(steps: readonly Step[]): string {
  const count = (name: string, is: (step: Step) => boolean) => {
    const found = steps.filter(is).length
    return `${found} ${name}${found === 1 ? '' : 's'}`
  }
  return [
    count('request', step => step.kind === 'arrow' && step.from === 'shop'),
    count('fault', step => step.kind === 'arrow' && step.fault !== undefined),
    count('kill', ({ kind }) => kind === 'kill'),
    count('charge', step => step.kind === 'note' && step.tone === 'charge'),
  ].join(', ')
}

/** From when to when there was no shop. */
function deaths(
  steps: readonly Step[],
  ys: readonly number[],
  bottom: number,
): readonly (readonly [number, number])[] {
  return steps.flatMap((step, n) => {
    if (step.kind !== 'kill') return []
    const next = steps.findIndex((later, at) => at > n && later.kind === 'start')
    return [[ys[n] ?? TOP, ys[next] ?? bottom] as const]
  })
}

function time(steps: readonly Step[], ys: readonly number[], n: number): readonly string[] {
  const seconds = (at: number) => (((steps[at]?.at ?? 0) - (steps[0]?.at ?? 0)) / 1_000).toFixed(3)
  if (n > 0 && seconds(n) === seconds(n - 1)) return []
  const y = ys[n] ?? TOP
  return [
    label(76, y + 4, `${seconds(n)} s`, `fill="${COLOURS.muted}" font-size="12" text-anchor="end"`),
    `<line x1="80" x2="88" y1="${y}" y2="${y}" stroke="${COLOURS.muted}"/>`,
  ]
}

function drawn(step: Step, y: number): readonly string[] {
  switch (step.kind) {
    case 'note':
      return note(step, y)
    case 'arrow':
      return arrow(step, y)
    case 'kill':
      return band(y, WIDTH, 'kill', `SIGKILL: process ${step.process} of the shop dies`)
    case 'start':
      return band(y, WIDTH, 'start', `process ${step.process} of the shop starts and resumes what is open`)
    default:
      return step satisfies never
  }
}

function legend(y: number): readonly string[] {
  const help =
    'Time runs down, in seconds since the order was placed. To the left of the shop stands what the SDK tells ' +
    'through onEvent, to the right of payments what it wrote down.'
  return [
    ...arrowSample(24, y, 'request', 'request'),
    ...arrowSample(158, y, 'answer', 'answer'),
    ...arrowSample(288, y, 'broken', 'gets there, but tells nothing'),
    ...arrowSample(546, y, 'lost', 'does not get there'),
    ...dotSample(750, y, 'charge', 'the payment is made'),
    ...dotSample(924, y, 'end', 'the outcome is proven'),
    label(24, y + 28, help, `fill="${COLOURS.muted}" font-size="12"`),
  ]
}
