/**
 * HTTP-date of RFC 9110 5.6.7, strictly: IMF-fixdate, and the two obsolete forms that a recipient must still accept.
 * `Date.parse` is not used, because it accepts almost anything, differently in every engine.
 */
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const MONTH = `(${MONTHS.join('|')})`
const TIME = '([0-2][0-9]):([0-5][0-9]):([0-5][0-9]|60)'
const IMF = new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-3][0-9]) ${MONTH} ([0-9]{4}) ${TIME} GMT$`)
const RFC850 = new RegExp(
  `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, ([0-3][0-9])-${MONTH}-([0-9]{2}) ${TIME} GMT$`,
)
const ASCTIME = new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} ([ 0-3][0-9]) ${TIME} ([0-9]{4})$`)

const DAY_MS = 86_400_000

/** Epoch ms, or undefined if the text is not an HTTP-date. `nowAt` places the two-digit years of RFC 850. */
export function parseHttpDate(text: string, nowAt: number): number | undefined {
  if (text === last?.text) return last.at
  const imf = IMF.exec(text)
  if (imf !== null) {
    const at = instant(imf[3], imf[2], imf[1], imf.slice(4, 7))
    last = { text, at }
    return at
  }
  const asctime = ASCTIME.exec(text)
  if (asctime !== null) return instant(asctime[6], asctime[1], asctime[2], asctime.slice(3, 6))
  const rfc850 = RFC850.exec(text)
  if (rfc850 === null) return undefined
  // RFC 9110: a year that seems more than 50 years ahead is the most recent past one with these digits.
  const century = 1970 + Math.floor(nowAt / (365.2425 * DAY_MS))
  const year = century - (century % 100) + Number(rfc850[3])
  const nearest = year > century + 50 ? year - 100 : year
  return instant(String(nearest), rfc850[2], rfc850[1], rfc850.slice(4, 7))
}

/** The date that was read last. All answers of one second have the same date. */
let last: { readonly text: string; readonly at: number | undefined } | undefined

const WEEKDAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed']

/** An instant (epoch ms, from 1970 to 9999) as an IMF-fixdate, the form that RFC 9110 requires of senders. */
export function formatHttpDate(at: number): string {
  const days = Math.floor(at / DAY_MS)
  let year = 1970 + Math.floor(days / 366)
  while (daysSinceEpoch(year + 1, 0, 1) <= days) year++
  let month = 0
  while (daysSinceEpoch(year, month + 1, 1) <= days) month++
  const day = days - daysSinceEpoch(year, month, 1) + 1
  const seconds = Math.floor((at - days * DAY_MS) / 1000)
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':')
  return `${WEEKDAYS[days % 7]}, ${two(day)} ${MONTHS[month]} ${year} ${time} GMT`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

function instant(
  yearText: string | undefined,
  monthText: string | undefined,
  dayText: string | undefined,
  time: readonly string[],
): number | undefined {
  const year = Number(yearText)
  const month = MONTHS.indexOf(monthText ?? '')
  const day = Number(dayText)
  const [hour, minute, second] = time.map(Number) as [number, number, number]
  if (hour > 23 || day < 1 || day > daysIn(year, month)) return undefined
  // A leap second counts as the second before it, because epoch time has no place for it.
  return daysSinceEpoch(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + Math.min(second, 59)) * 1000
}

function daysIn(year: number, month: number): number {
  if (month === 1) return isLeap(year) ? 29 : 28
  return [3, 5, 8, 10].includes(month) ? 30 : 31
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
}

function daysSinceEpoch(year: number, month: number, day: number): number {
  const leapDays = (before: number) =>
    Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400)
  let days = (year - 1970) * 365 + leapDays(year - 1) - leapDays(1969)
  for (let earlier = 0; earlier < month; earlier++) days += daysIn(year, earlier)
  return days + day - 1
}

/**
 * A time with its milliseconds, `Sat, 28 Nov 2026 19:07:46 GMT;ms=123`. This package's client and server exchange such
 * times, because it matters in which second a server began to remember a key.
 */
export function formatExactDate(at: number): string {
  return `${formatHttpDate(at)};ms=${Math.floor(at) % 1_000}`
}

/** Reads such a time, or an HTTP-date without milliseconds; `at` in epoch ms. */
export function parseExactDate(
  text: string,
  nowAt: number,
): { readonly at: number; readonly isExact: boolean } | undefined {
  if (text === '') return undefined
  const [, date = text.trim(), digits] = /^(.*);ms=(\d{1,3})$/.exec(text.trim()) ?? []
  const at = parseHttpDate(date, nowAt)
  return at === undefined ? undefined : { at: at + Number(digits ?? 0), isExact: digits !== undefined }
}
