import type { RequestListener } from 'node:http'
import type { Profile } from '../../src/core/answers/profile.ts'

/** What a shop does about an order, behind somebody's middleware. */
export type Work = (order: {
  readonly item: string
}) => Promise<{ readonly status: number; readonly body: object }>

/** A middleware that others wrote, as its users mount it: POST /orders. */
export type ForeignServer = {
  readonly open: (work: Work) => RequestListener | Promise<RequestListener>
  /** What a user of it says of it. */
  readonly profile: Profile
}
