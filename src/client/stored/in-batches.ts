/**
 * How many at once: a store that brings many writes to the disk together takes as long for all of them as for one, and one
 * that takes them one after another must still answer the last of them within a call's patience.
 */
const AT_ONCE = 64

/**
 * Does the work for each item, many at once. Throws the first error, once all that was begun with it has ended; what was
 * listed before a listing failed is still done.
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
