import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatHttpDate, parseHttpDate } from '../../src/core/answers/http-date.ts'

const NOW = 1_800_000_000_000

describe('an HTTP date', () => {
  test.each([
    ["RFC 9110's own example", 'Sun, 06 Nov 1994 08:49:37 GMT', 784_111_777_000],
    ['the form of RFC 850', 'Sunday, 06-Nov-94 08:49:37 GMT', 784_111_777_000],
    ['the form of asctime', 'Sun Nov  6 08:49:37 1994', 784_111_777_000],
    ['the form of asctime with two digits', 'Wed Nov 16 08:49:37 1994', 784_975_777_000],
    ['the epoch', 'Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['before the epoch', 'Wed, 31 Dec 1969 23:59:59 GMT', -1_000],
    ['a leap day', 'Tue, 29 Feb 2028 00:00:00 GMT', 1_835_395_200_000],
    ['a leap day in a year that 400 divides', 'Tue, 29 Feb 2000 12:00:00 GMT', 951_825_600_000],
    ['the day after a February of 28 days', 'Mon, 01 Mar 2100 00:00:00 GMT', 4_107_542_400_000],
    ['the last day there is', 'Fri, 31 Dec 9999 23:59:59 GMT', 253_402_300_799_000],
    ['the first year there is', 'Sat, 01 Jan 0000 00:00:00 GMT', -62_167_219_200_000],
    ['a leap second, which counts as the one before it', 'Sat, 31 Dec 2016 23:59:60 GMT', 1_483_228_799_000],
    ['a wrong name of the day: it adds nothing', 'Mon, 06 Nov 1994 08:49:37 GMT', 784_111_777_000],
    ['a wrong long name of the day', 'Monday, 06-Nov-94 08:49:37 GMT', 784_111_777_000],
  ])('is read: %s', (_, text, at) => {
    expect(parseHttpDate(text, NOW)).toBe(at)
  })

  test.each(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'])('knows the day %s', day => {
    expect(parseHttpDate(`${day}, 06 Nov 1994 08:49:37 GMT`, NOW)).toBe(784_111_777_000)
    expect(parseHttpDate(`${day} Nov  6 08:49:37 1994`, NOW)).toBe(784_111_777_000)
  })

  test.each(['Mon', 'Tues', 'Wednes', 'Thurs', 'Fri', 'Satur', 'Sun'])('knows the day %sday', day => {
    expect(parseHttpDate(`${day}day, 06-Nov-94 08:49:37 GMT`, NOW)).toBe(784_111_777_000)
  })

  test.each([
    ['30 days in April', 'Fri, 30 Apr 2027 00:00:00 GMT', 'Sat, 31 Apr 2027 00:00:00 GMT'],
    ['30 days in June', 'Wed, 30 Jun 2027 00:00:00 GMT', 'Thu, 31 Jun 2027 00:00:00 GMT'],
    ['30 days in September', 'Thu, 30 Sep 2027 00:00:00 GMT', 'Fri, 31 Sep 2027 00:00:00 GMT'],
    ['30 days in November', 'Tue, 30 Nov 2027 00:00:00 GMT', 'Wed, 31 Nov 2027 00:00:00 GMT'],
    ['28 days in most Februaries', 'Sun, 28 Feb 2027 00:00:00 GMT', 'Mon, 29 Feb 2027 00:00:00 GMT'],
    ['28 days in the February of 2100', 'Sun, 28 Feb 2100 00:00:00 GMT', 'Mon, 29 Feb 2100 00:00:00 GMT'],
    ['29 days in a leap February', 'Tue, 29 Feb 2028 00:00:00 GMT', 'Wed, 30 Feb 2028 00:00:00 GMT'],
    ['31 days in December', 'Fri, 31 Dec 2027 00:00:00 GMT', 'Sat, 32 Dec 2027 00:00:00 GMT'],
    ['a first day', 'Fri, 01 Jan 2027 00:00:00 GMT', 'Thu, 00 Jan 2027 00:00:00 GMT'],
    ['23 hours', 'Fri, 15 Jan 2027 23:00:00 GMT', 'Fri, 15 Jan 2027 24:00:00 GMT'],
    ['59 minutes', 'Fri, 15 Jan 2027 08:59:00 GMT', 'Fri, 15 Jan 2027 08:60:00 GMT'],
    ['60 seconds', 'Fri, 15 Jan 2027 08:59:60 GMT', 'Fri, 15 Jan 2027 08:59:61 GMT'],
  ])('has %s and no more', (_, last, beyond) => {
    expect(parseHttpDate(last, NOW)).toBeTypeOf('number')
    expect(parseHttpDate(beyond, NOW)).toBeUndefined()
  })

  test.each([
    ['nothing', ''],
    ['junk', 'soon'],
    ['a number', '1800000000'],
    ['an ISO date', '2027-01-15T08:00:00Z'],
    ['an unknown day', 'Fre, 15 Jan 2027 08:00:00 GMT'],
    ['an unknown long day', 'Freitag, 15-Jan-27 08:00:00 GMT'],
    ['an unknown month', 'Fri, 15 Jen 2027 08:00:00 GMT'],
    ['a month in small letters', 'Fri, 15 jan 2027 08:00:00 GMT'],
    ['another zone', 'Fri, 15 Jan 2027 08:00:00 UTC'],
    ['an offset', 'Fri, 15 Jan 2027 08:00:00 +0000'],
    ['no zone', 'Fri, 15 Jan 2027 08:00:00'],
    ['one digit for the day', 'Fri, 5 Jan 2027 08:00:00 GMT'],
    ['two digits for the year', 'Fri, 15 Jan 27 08:00:00 GMT'],
    ['five digits for the year', 'Fri, 15 Jan 12027 08:00:00 GMT'],
    ['no comma', 'Fri 15 Jan 2027 08:00:00 GMT'],
    ['something before it', 'x Fri, 15 Jan 2027 08:00:00 GMT'],
    ['something after it', 'Fri, 15 Jan 2027 08:00:00 GMT x'],
    ['a line after it', 'Fri, 15 Jan 2027 08:00:00 GMT\n'],
    ['something before the form of RFC 850', 'x Friday, 15-Jan-27 08:00:00 GMT'],
    ['something after the form of RFC 850', 'Friday, 15-Jan-27 08:00:00 GMT x'],
    ['four digits in the form of RFC 850', 'Friday, 15-Jan-2027 08:00:00 GMT'],
    ['something before the form of asctime', 'x Fri Jan 15 08:00:00 2027'],
    ['something after the form of asctime', 'Fri Jan 15 08:00:00 2027 x'],
    ['a zone in the form of asctime', 'Fri Jan 15 08:00:00 2027 GMT'],
    ['one digit in the form of asctime', 'Fri Jan 5 08:00:00 2027'],
    ['a time of two parts', 'Fri, 15 Jan 2027 08:00 GMT'],
  ])('is not %s', (_, text) => {
    expect(parseHttpDate(text, NOW)).toBeUndefined()
  })

  test.each([
    ['now', '27', 1_800_000_000_000, 2027],
    ['50 years ahead', '77', 1_800_000_000_000, 2077],
    ['51 years ahead is in the past', '78', 1_800_000_000_000, 1978],
    ['behind', '26', 1_800_000_000_000, 2026],
    ['at the end of a century', '99', 4_070_908_800_000, 2099],
    ['at the turn of a century', '00', 4_102_444_800_000, 2100],
  ])('of two digits lies near the present: %s', (_, digits, nowAt, year) => {
    const at = parseHttpDate(`Monday, 15-Jun-${digits} 00:00:00 GMT`, nowAt)
    expect(new Date(at ?? Number.NaN).toISOString()).toBe(`${year}-06-15T00:00:00.000Z`)
  })

  test.each([
    ['the epoch', 0, 'Thu, 01 Jan 1970 00:00:00 GMT'],
    ['a second to midnight', 86_399_999, 'Thu, 01 Jan 1970 23:59:59 GMT'],
    ['a leap day', 1_835_438_706_000, 'Tue, 29 Feb 2028 12:05:06 GMT'],
    ['the last day of a year', 1_830_211_200_000, 'Fri, 31 Dec 2027 00:00:00 GMT'],
    ['the last instant there is', 253_402_300_799_999, 'Fri, 31 Dec 9999 23:59:59 GMT'],
  ])('is written: %s', (_, at, text) => {
    expect(formatHttpDate(at)).toBe(text)
  })

  test('is written as the platform writes it', () => {
    const instants = fc.integer({ min: 0, max: 253_402_300_799_999 })
    fc.assert(
      fc.property(instants, at => formatHttpDate(at) === new Date(at).toUTCString()),
      { numRuns: 5_000 },
    )
  })

  const seconds = fc.integer({ min: -62_167_219_200, max: 253_402_300_799 })

  test('means what the platform writes', () => {
    fc.assert(
      fc.property(
        seconds,
        second => parseHttpDate(new Date(second * 1000).toUTCString(), NOW) === second * 1000,
      ),
      { numRuns: 5_000 },
    )
  })

  test('means the same in the form of asctime', () => {
    fc.assert(
      fc.property(seconds, second => {
        const [day, date, month, year, time] = new Date(second * 1000)
          .toUTCString()
          .replace(',', '')
          .split(' ')
        const text = `${day} ${month} ${date?.replace(/^0/, ' ')} ${time} ${year}`
        return parseHttpDate(text, NOW) === second * 1000
      }),
      { numRuns: 2_000 },
    )
  })

  test('is one date, or none, whatever is said', () => {
    const parts = fc.constantFrom(
      'Fri',
      'Friday',
      ',',
      ' ',
      '  ',
      '-',
      '15',
      '31',
      '00',
      'Jan',
      'Feb',
      '2027',
      '27',
      '08:00:00',
      'GMT',
    )
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 12 }), texts => {
        const at = parseHttpDate(texts.join(''), NOW)
        return at === undefined || Number.isSafeInteger(at)
      }),
      { numRuns: 2_000 },
    )
  })
})
