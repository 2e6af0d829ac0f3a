/**
 * The places of open records, for a listing in order: eight bytes for each of a million places, outside V8's heap. A
 * growing array that is sorted would leave several copies of itself to the garbage collector, and Node collects them
 * late.
 */
export class PlaceList {
  readonly #pages: Float64Array[] = []

  add(places: readonly number[]): void {
    this.#pages.push(Float64Array.from(places))
  }

  /** All places, sorted; the list is empty afterwards. */
  takeSorted(): Float64Array {
    const all = new Float64Array(this.#pages.reduce((count, { length }) => count + length, 0))
    let at = 0
    for (const page of this.#pages.splice(0)) {
      all.set(page, at)
      at += page.length
    }
    // oxlint-disable-next-line unicorn/no-array-sort -- in its place: a sorted copy would be as large again
    return all.sort()
  }
}
