import type { Arrow, Lane, Note } from './steps.ts'

export const COLOURS = {
  ink: '#1f2937',
  muted: '#6b7280',
  request: '#2563eb',
  answer: '#047857',
  lost: '#dc2626',
  broken: '#dc2626',
  begin: '#1f2937',
  plain: '#1f2937',
  doubt: '#b91c1c',
  charge: '#b45309',
  end: '#047857',
  kill: '#dc2626',
  start: '#047857',
} as const

const LANE_X: Readonly<Record<Lane, number>> = { shop: 390, network: 650, payments: 910 }

/** A lane with its head; `gaps` are the stretches in which nobody is there. */
export function lane(
  name: Lane,
  bottom: number,
  gaps: readonly (readonly [number, number])[],
): readonly string[] {
  const x = LANE_X[name]
  const stretch = (from: number, to: number, style: string) =>
    `<line x1="${x}" x2="${x}" y1="${from}" y2="${to}" ${style}/>`
  return [
    `<rect x="${x - 52}" y="92" width="104" height="28" rx="6" fill="${COLOURS.ink}"/>`,
    label(x, 111, name, 'fill="#fff" text-anchor="middle" font-weight="600"'),
    stretch(120, bottom, `stroke="#cbd5e1" stroke-width="${name === 'shop' ? 6 : 2}"`),
    ...gaps.map(([from, to]) => stretch(from, to, 'stroke="#fff" stroke-width="8"')),
  ]
}

export function note({ lane: name, text, tone }: Note, y: number): readonly string[] {
  const x = LANE_X[name]
  const strong = tone === 'charge' || tone === 'end'
  const style = `fill="${COLOURS[tone]}"${strong ? ' font-weight="700"' : ''}`
  return [
    `<circle cx="${x}" cy="${y}" r="${strong ? 7 : 3}" fill="${COLOURS[tone]}"/>`,
    name === 'shop'
      ? label(x - 14, y + 4, text, `${style} text-anchor="end"`)
      : label(x + 14, y + 4, text, style),
  ]
}

/** A request is a whole line, an answer a dashed one; what is lost ends in a cross. */
export function arrow({ from, to, text, tone, beside }: Arrow, y: number): readonly string[] {
  const [fromX, toX] = [LANE_X[from], LANE_X[to]]
  const forth = toX > fromX
  const away = (x: number) => (forth ? x + 14 : x - 14)
  const style = `fill="${COLOURS[tone]}" font-size="12"${forth ? '' : ' text-anchor="end"'}`
  return [
    ...line(fromX, toX, y, tone, forth ? 'whole' : 'dashed'),
    label(away(fromX), y - 5, text, style),
    ...(beside === undefined ? [] : [label(away(toX), y + 4, beside, `${style} font-weight="600"`)]),
  ]
}

/** The same for the legend. */
export function arrowSample(x: number, y: number, tone: Arrow['tone'], text: string): readonly string[] {
  const dashes = tone === 'answer' || tone === 'broken' ? 'dashed' : 'whole'
  return [...line(x, x + 46, y, tone, dashes), label(x + 58, y + 4, text, 'font-size="12"')]
}

export function dotSample(x: number, y: number, tone: Note['tone'], text: string): readonly string[] {
  return [
    `<circle cx="${x}" cy="${y}" r="7" fill="${COLOURS[tone]}"/>`,
    label(x + 14, y + 4, text, 'font-size="12"'),
  ]
}

function line(
  from: number,
  to: number,
  y: number,
  tone: Arrow['tone'],
  style: 'whole' | 'dashed',
): readonly string[] {
  const sign = Math.sign(to - from)
  const end = to - 5 * sign
  const colour = COLOURS[tone]
  const dashes = style === 'whole' ? '' : ' stroke-dasharray="6 4"'
  const head =
    tone === 'lost'
      ? `<path d="M${to - 6} ${y - 6}l12 12m0 -12l-12 12" stroke="${colour}" stroke-width="3"/>`
      : `<path d="M${end} ${y}l${-9 * sign} -5v10z" fill="${colour}"/>`
  return [
    `<line x1="${from + 4 * sign}" x2="${end - sign}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="1.6"${dashes}/>`,
    head,
  ]
}

/** Something that happens to the whole shop. */
export function band(y: number, width: number, tone: 'kill' | 'start', text: string): readonly string[] {
  const x = LANE_X.shop
  const fill = tone === 'kill' ? '#fee2e2' : '#dcfce7'
  return [
    `<rect x="92" y="${y - 11}" width="${width - 116}" height="22" rx="4" fill="${fill}"/>`,
    label(x + 14, y + 4, text, `fill="${COLOURS[tone]}" font-weight="700"`),
    `<circle cx="${x}" cy="${y}" r="6" fill="${COLOURS[tone]}"/>`,
  ]
}

export function label(x: number, y: number, text: string, style: string): string {
  const safe = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x}" y="${y}" ${style}>${safe}</text>`
}
