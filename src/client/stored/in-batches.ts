/**
 * How many items are worked on at once. A store that writes many records to disk together takes as long for all as for
 * one. A store that writes one after another must still finish the last within a call's patience.
 */
const AT_ONCE = 64

/**
 * Does the work for each item, many at once. Throws the first error, after everything begun together with it has ended.
 * If the listing fails, the items listed before are still done.
 */
export async function inBatches<Item>(
  items: AsyncIterable<Item>,
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  let batch: Item[] = []
  async function flush(): Promise<void> {
    const ended = await Promise.allSettled(batch.map(async item => work(item)))
    batch = []
    for (const end of ended) if (end.status === 'rejected') throw end.reason
  }
  try {
    for await (const item of items) {
      batch.push(item)
      if (batch.length === AT_ONCE) await flush()
    }
  } finally {
    await flush()
  }
}
