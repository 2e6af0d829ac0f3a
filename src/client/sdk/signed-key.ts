import type { Profile } from '../../core/answers/profile.ts'
import { configurationError } from '../../public/errors.ts'
import type { SdkRequest } from './sdk-request.ts'

/**
 * How a signature says what it covers beside path, query and body: AWS (Signature Version 4) and access keys of Azure.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * @see https://learn.microsoft.com/azure/azure-app-configuration/rest-api-authentication-hmac
 */
const SIGNED_HEADERS = /\bSignedHeaders=([^,&\s]+)/i

/** Whether a request is signed together with its key: a server refuses what is written in afterwards. */
export function isSignedWithKey(
  { headers }: Pick<SdkRequest, 'headers'>,
  { header, key }: Pick<Profile, 'header' | 'key'>,
): boolean {
  const signed = SIGNED_HEADERS.exec(headers.get('authorization') ?? '')?.[1]
  if (signed === undefined) return false
  if (key.in === 'json' || key.in === 'form' || key.in === 'query') return true
  return header !== undefined && signed.toLowerCase().split(';').includes(header.toLowerCase())
}

/** The only key of an operation whose request is signed with it; throws a `configuration` error for the next one. */
export function signedKey(id: string, generation: number, path: string): string {
  if (generation === 1) return id
  throw configurationError(
    `${path}.id`,
    'was refused under the key with which the request is signed, and no other can be written into it: nothing was sent. Give the SDK another key',
  )
}
