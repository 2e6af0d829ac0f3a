import type { Target } from './operation-record.ts'

/** What a request would be sent or asked as now: under which profile, by whose credential, and to which origin. */
export type Aim = Pick<Target, 'profile' | 'origin'> & {
  /** Undefined where nobody can tell. */
  readonly account: string | undefined
  readonly carriage: string
}

/**
 * Why an operation's key may not be used now, or undefined where it may: keys are kept by account, and a profile says
 * how one server treats them, so under another one the same key is another operation. It is the one comparison before
 * everything that sends or asks with the key.
 */
export function targetFault(target: Target, now: Aim): string | undefined {
  // Only concluded or cancelled from outside: it was never sent to anybody.
  if (target.origin === '') return undefined
  if (now.account === undefined) return `\`account\` threw, ${NOTHING_WENT}, until it tells the account again`
  if (target.account !== now.account)
    return `its account is another one now, ${NOTHING_WENT}: go on with it under the account that it was begun with`
  if (target.profile !== now.profile)
    return `its profile is another one now, ${NOTHING_WENT}: go on with it under the profile that it was begun with`
  if (target.carriage !== undefined && target.carriage !== now.carriage)
    return `its profile has its key go otherwise now, ${NOTHING_WENT}: go on with it under the profile that it was begun with`
  if (target.origin !== now.origin)
    return `its origin is another one now, ${NOTHING_WENT}: go on with it at the origin that it was begun with`
  return undefined
}

const NOTHING_WENT = 'so nothing more is sent or asked with its key'
