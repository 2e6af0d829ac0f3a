import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { retryAfterMs } from '../../src/core/answers/retry-after.ts'

/** Fri, 15 Jan 2027 08:00:00 GMT */
const NOW = 1_800_000_000_000

describe('Retry-After', () => {
  test.each([
    ['seconds', '120', 120_000],
    ['none', '0', 0],
    ['leading zeros', '007', 7_000],
    ['spaces around it', ' 3 ', 3_000],
    ['30 days', '2592000', 2_592_000_000],
    ['a date', 'Fri, 15 Jan 2027 08:00:05 GMT', 5_000],
    ['a date with spaces around it', ' Fri, 15 Jan 2027 08:01:00 GMT ', 60_000],
    ['a date in the form of RFC 850', 'Friday, 15-Jan-27 08:00:02 GMT', 2_000],
    ['a date in the form of asctime', 'Fri Jan 15 08:00:03 2027', 3_000],
    ['a date in 30 days', 'Sun, 14 Feb 2027 08:00:00 GMT', 2_592_000_000],
  ])('is heard: %s', (_, value, delayMs) => {
    expect(retryAfterMs({ 'retry-after': value }, NOW)).toBe(delayMs)
  })

  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['negative', '-1'],
    ['with a sign', '+1'],
    ['a fraction', '1.5'],
    ['a fraction of nothing', '1.'],
    ['an exponent', '1e3'],
    ['hexadecimal', '0x10'],
    ['with a unit', '5s'],
    ['a list', '5, 6'],
    ['other digits', '٥'],
    ['Infinity', 'Infinity'],
    ['NaN', 'NaN'],
    ['a second more than 30 days', '2592001'],
    ['2^31 ms', '2147484000'],
    ['ten digits', '9999999999'],
    ['more digits than a number holds', '9'.repeat(400)],
    ['a date that is now', 'Fri, 15 Jan 2027 08:00:00 GMT'],
    ['a date in the past', 'Fri, 15 Jan 2027 07:59:59 GMT'],
    ['a date beyond 30 days', 'Sun, 14 Feb 2027 08:00:01 GMT'],
    ['a date that Date.parse takes, and HTTP does not', '2027-01-15T08:00:05Z'],
    ['a date in another zone', 'Fri, 15 Jan 2027 08:00:05 +0100'],
    ['junk', 'soon'],
  ])('is ignored: %s', (_, value) => {
    expect(retryAfterMs(value === undefined ? {} : { 'retry-after': value }, NOW)).toBeUndefined()
  })

  test('is never negative, never beyond 30 days, whatever is said', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.double().map(String),
          fc.date({ noInvalidDate: true }).map(date => date.toUTCString()),
        ),
        value => {
          const delayMs = retryAfterMs({ 'retry-after': value }, NOW)
          return delayMs === undefined || (delayMs >= 0 && delayMs <= 2_592_000_000)
        },
      ),
    )
  })
})
