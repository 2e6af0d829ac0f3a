import type { Target } from './operation-record.ts'

/**
 * The target that a request or an ask would have now: under which profile, with whose credential, and at which origin.
 */
export type Aim = {
  readonly profile: string
  /** The origin of the request that the caller has; undefined without a request. */
  readonly origin: string | undefined
  /** Undefined if `account` threw. */
  readonly account: string | undefined
  readonly carriage: string
}

/** Why a key may not be used now, and what would make it usable again. */
export type TargetFault = {
  readonly reason: string
  readonly advice: 'account-throws' | 'same-account' | 'same-profile' | 'same-origin'
}

/**
 * Why an operation's key may not be used now; undefined if it may. Servers keep keys by account, and a profile
 * describes how one server treats them, so under another account or profile the same key is another operation.
 * Everything that sends or asks with the key makes this one comparison first.
 */
export function targetFault(target: Target, now: Aim): TargetFault | undefined {
  // The operation was only concluded or cancelled from outside: no request with the key was ever sent.
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
  // Without a request there is no origin to compare. The target of an ask is checked with its URL.
  if (now.origin !== undefined && target.origin !== now.origin)
    return {
      reason: `the origin is not the one that the operation was begun at, ${NOTHING_WENT}`,
      advice: 'same-origin',
    }
  return undefined
}

/**
 * Whether a key means the same operation at both targets. Compares exactly what may still change for a key that never
 * left.
 */
export function isSameTarget(one: Target, other: Target): boolean {
  return one.account === other.account && one.profile === other.profile && one.carriage === other.carriage
}

const NOTHING_WENT = 'so nothing is sent or asked with its key'
