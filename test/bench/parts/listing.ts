import type { Both } from '../figure.ts'
import { figureOf } from '../figure.ts'
import { LISTING_SIZES, measureListing } from '../listing.ts'
import type { Part } from '../part.ts'

export function listingPart(sizes = LISTING_SIZES, rounds?: number): Part {
  const [open, few, many] = [sizes.open, sizes.few, sizes.many].map(count => count.toLocaleString('en'))
  return {
    title: `Listing ${open} open among ${many} settled`,
    how:
      `\`listOpen\` of one user's ${open} open records, among ${few} and among ${many} settled ones in turns. ` +
      'Of the sources, not of what is built: the file is filled by statements that are not exported.',
    async measure() {
      const measured = await measureListing(sizes, rounds)
      return measured.flatMap(({ store, amongFewMs, amongManyMs }) => [
        figureOf(`${store}, among ${few}`, 'us', microseconds(amongFewMs)),
        figureOf(`${store}, among ${many}`, 'us', microseconds(amongManyMs), {
          to: `among ${few}`,
          measured: microseconds(amongFewMs),
          goal: { of: 'ratio', is: 'at most', limit: 2 },
        }),
      ])
    },
  }
}

/** Of this checkout alone. */
function microseconds(milliseconds: readonly number[]): Both {
  return { here: milliseconds.map(one => one * 1_000) }
}
