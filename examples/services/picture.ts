import type { ReplicaEvent } from './service.ts'

export type PictureOf = {
  readonly beganAt: number
  readonly endedAt: number
  readonly services: readonly { readonly name: string; readonly events: readonly ReplicaEvent[] }[]
  /** When each order was accepted, and each charge made, epoch ms. */
  readonly orders: readonly number[]
  readonly charges: readonly number[]
  readonly summary: string
}

const LEFT = 130
const WIDTH = 900
const LANE = 22
const CHART = 220
const COLOURS = { up: '#86c5a4', killed: '#dc2626', frozen: '#93b4e8', orders: '#1f2937', charges: '#b45309' }

/** The replicas as lanes, with the stretches in which they were dead or frozen, and below how orders and charges grew. */
export function pictureOf({ beganAt, endedAt, services, orders, charges, summary }: PictureOf): string {
  const x = (at: number) => LEFT + (WIDTH * Math.max(0, at - beganAt)) / (endedAt - beganAt)
  const lanes = services.flatMap(({ name, events }) => lanesOf(name, events))
  const drawn = lanes.map((lane, at) => drawLane(lane, 90 + at * LANE, x, endedAt))
  const top = 110 + lanes.length * LANE
  const most = Math.max(orders.length, charges.length, 1)
  const line = (times: readonly number[], colour: string, width: number) => {
    const points = times
      .toSorted((a, b) => a - b)
      .map((at, n) => {
        return `${x(at).toFixed(1)},${(top + CHART - (CHART * (n + 1)) / most).toFixed(1)}`
      })
    return `<polyline points="${LEFT},${top + CHART} ${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="${width}"/>`
  }
  const seconds = Math.round((endedAt - beganAt) / 1_000)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LEFT + WIDTH + 40} ${top + CHART + 60}" font-family="system-ui, 'DejaVu Sans', Arial, sans-serif" font-size="13" fill="#1f2937">`,
    '<title>Orders and charges while replicas are killed</title>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<text x="24" y="36" font-size="20" font-weight="600">Each order is charged once, whoever dies</text>`,
    `<text x="24" y="60" fill="#6b7280">${summary}</text>`,
    ...drawn,
    line(orders, COLOURS.orders, 4),
    line(charges, COLOURS.charges, 2),
    `<line x1="${LEFT}" x2="${LEFT + WIDTH}" y1="${top + CHART}" y2="${top + CHART}" stroke="#94a3b8"/>`,
    `<text x="${LEFT - 8}" y="${top + 12}" text-anchor="end">${most}</text>`,
    `<text x="${LEFT}" y="${top + CHART + 22}">0 s</text>`,
    `<text x="${LEFT + WIDTH}" y="${top + CHART + 22}" text-anchor="end">${seconds} s</text>`,
    ...[
      ['orders accepted', COLOURS.orders],
      ['charges made', COLOURS.charges],
      ['frozen', COLOURS.frozen],
      ['killed', COLOURS.killed],
    ].map(
      ([text, colour], at) =>
        `<rect x="${LEFT + at * 150}" y="${top + CHART + 34}" width="14" height="14" fill="${colour}"/>` +
        `<text x="${LEFT + 22 + at * 150}" y="${top + CHART + 46}">${text}</text>`,
    ),
    '</svg>',
    '',
  ].join('\n')
}

type Lane = { readonly label: string; readonly events: readonly ReplicaEvent[] }

function lanesOf(name: string, events: readonly ReplicaEvent[]): Lane[] {
  const replicas = [...new Set(events.map(({ replica }) => replica))].toSorted((a, b) => a - b)
  return replicas.map(replica => ({
    label: `${name} ${replica + 1}`,
    events: events.filter(event => event.replica === replica),
  }))
}

function drawLane({ label, events }: Lane, y: number, x: (at: number) => number, endedAt: number): string {
  const parts = events.map(({ kind, at }, n) => {
    const from = x(at)
    const to = x(Math.min(events[n + 1]?.at ?? endedAt, endedAt))
    const stretch = (colour: string) =>
      `<rect x="${from.toFixed(1)}" y="${y}" width="${Math.max(0, to - from).toFixed(1)}" height="14" fill="${colour}"/>`
    if (kind === 'killed')
      return `<rect x="${from.toFixed(1)}" y="${y - 2}" width="2.5" height="18" fill="${COLOURS.killed}"/>`
    return stretch(kind === 'frozen' ? COLOURS.frozen : COLOURS.up)
  })
  return `<text x="${LEFT - 8}" y="${y + 12}" text-anchor="end">${label}</text>${parts.join('')}`
}
