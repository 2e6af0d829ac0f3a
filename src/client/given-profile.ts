import type { Profile } from '../core/answers/profile.ts'
import { isPlainObject } from '../guards/option-checks.ts'
import { fieldsAsMade } from '../profiles/made-profile.ts'
import { requireRetention } from '../profiles/retention.ts'
import { configurationError } from '../public/errors.ts'

/**
 * Checks the option `profile`: a profile of this package, or one that `defineProfile` made and checked. How long a
 * server remembers keys may differ between its endpoints, so `{ ...paypal, retention }` is accepted too.
 */
export function givenProfile(profile: unknown, path: string): Profile {
  if (profile === undefined || profile === null) {
    throw configurationError(
      path,
      'is required: your statement of how the server treats keys (ietf, stripe, …, noKeys, or defineProfile)',
    )
  }
  if (!isMade(profile, path))
    throw configurationError(path, 'must be what defineProfile gives, which checks and completes it')
  // A browser keeps and shows the URLs of a page and passes them on, so the key must not be in one.
  if (profile.key.in === 'query' && 'document' in globalThis)
    throw configurationError(
      `${path}.key.in`,
      'puts the key into the URL: a page needs it in a header or the body',
    )
  return Object.isFrozen(profile) ? profile : Object.freeze({ ...profile })
}

function isMade(profile: unknown, path: string): profile is Profile {
  const made = isPlainObject(profile) ? fieldsAsMade(profile) : undefined
  if (made === undefined || !isPlainObject(profile)) return false
  for (const name of Object.keys({ ...made, ...profile })) {
    if (profile[name] === Reflect.get(made, name)) continue
    if (name !== 'retention')
      throw configurationError(
        `${path}.${name}`,
        'is another than defineProfile gave: give it the whole profile',
      )
    requireRetention(profile[name], `${path}.${name}`)
  }
  return true
}
