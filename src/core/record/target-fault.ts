import type { Target } from './operation-record.ts'

/** What a request would be sent or asked as now: under which profile, by whose credential, and to which origin. */
export type Aim = {
  readonly profile: string
  /** Of the request at hand; undefined where there is none. */
  readonly origin: string | undefined
  /** Undefined where `account` threw. */
  readonly account: string | undefined
  readonly carriage: string
}

/** Why a key may not be used now, and what would make it usable again. */
export type TargetFault = {
  readonly reason: string
  readonly advice: 'account-throws' | 'same-account' | 'same-profile' | 'same-origin'
}

/**
 * Why an operation's key may not be used now, or undefined where it may: keys are kept by account, and a profile says
 * how one server treats them, so under another one the same key is another operation. This is the one comparison before
 * everything that sends or asks with the key.
 */
export function targetFault(target: Target, now: Aim): TargetFault | undefined {
  // Only concluded or cancelled from outside: no request with the key was ever sent.
  if (target.origin === '') return undefined
  if (now.account === undefined)
    return { reason: `\`account\` threw, ${NOTHING_WENT}`, advice: 'account-throws' }
  if (target.account !== now.account)
    return {
      reason: `the account is not the one that the operation was begun with, ${NOTHING_WENT}`,
      advice: 'same-account',
    }
  if (target.profile !== now.profile)
    return {
      reason: `the profile is not the one that the operation was begun with, ${NOTHING_WENT}`,
      advice: 'same-profile',
    }
  if (target.carriage !== undefined && target.carriage !== now.carriage)
    return {
      reason: `the profile puts the key into another place or form than before, ${NOTHING_WENT}`,
      advice: 'same-profile',
    }
  // Without a request at hand there is no origin to compare: where an ask leads is checked with its URL.
  if (now.origin !== undefined && target.origin !== now.origin)
    return {
      reason: `the origin is not the one that the operation was begun at, ${NOTHING_WENT}`,
      advice: 'same-origin',
    }
  return undefined
}

/** Whether the same key means the same operation at both: what a key that never left may change is compared. */
export function isSameTarget(one: Target, other: Target): boolean {
  return one.account === other.account && one.profile === other.profile && one.carriage === other.carriage
}

const NOTHING_WENT = 'so nothing is sent or asked with its key'
