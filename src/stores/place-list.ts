/**
 * The places of what is open, for a listing in their order: eight bytes for each of a million, outside of V8's heap. A list
 * that grows, and is sorted, leaves several copies of itself to the collector, which Node lets lie.
 */
export class PlaceList {
  readonly #pages: Float64Array[] = []

  add(places: readonly number[]): void {
    this.#pages.push(Float64Array.from(places))
  }

  /** All of them; the list is empty afterwards. */
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
