import { sqliteStore } from 'stillonce/sqlite'
import { SDKS } from '../sdks/all.ts'
import { keysOf, onceOf } from './open-sdk.ts'
import { told } from './told.ts'

/* A program that creates one thing with each SDK, all at once, and prints what each call resolved with. */

const [file = '', ...ports] = process.argv.slice(2)
const store = sqliteStore(file)

await Promise.all(
  SDKS.map(async (sdk, index) => {
    const port = Number(ports[index])
    const url = `http://127.0.0.1:${port}`
    const fetch = onceOf(sdk, { url, store, scope: sdk.name })
    const [key] = keysOf(sdk)
    console.log(`${sdk.name}: ${told(await sdk.creates({ fetch, url, port })(key))}`)
  }),
)
