import { noKeys } from '../../src/entries/index.ts'
import { pressed } from './press.ts'
import { lose } from './scenario.ts'
import { statusOfOrder } from './scenarios/asked.ts'
import { openShop } from './shop.ts'

/** What the client loads at its first send and its first question is loaded now, lest it counts as a proxy's time. */
export async function loadClient(): Promise<void> {
  const shop = await openShop({ fates: [lose] })
  await pressed(`http://127.0.0.1:${shop.port}/`, noKeys, { status: statusOfOrder })
  await shop.close()
}
