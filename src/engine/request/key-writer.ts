import type { Profile } from '../../core/answers/profile.ts'
import { keyInForm } from '../../core/names/key-in-form.ts'
import { keyInJson } from '../../core/names/key-in-json.ts'
import type { KeyedText } from '../../core/names/key-in-json.ts'
import { configurationError } from '../../public/errors.ts'
import type { Sendable } from './sendable.ts'
import { formNow } from './spec-now.ts'
import { utf8Of } from './utf8.ts'

/** Writes the key of a generation into a request, if the profile puts the key into the query or the body. */
export type KeyWriter = {
  /** Throws a `configuration` error for a body that cannot contain the key. */
  body(source: Sendable, key: string): Sendable | Promise<Sendable>
  /** `undefined` removes the parameter from the URL. */
  url(url: URL, key: string | undefined): URL
}

type Request = {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** How errors name the request. */
  readonly path: string
}

/**
 * Undefined if a header carries the key, or nothing does. This holds for nearly all calls, so nothing is created for
 * them.
 */
export function keyWriter(profile: Pick<Profile, 'name' | 'key'>, request: Request): KeyWriter | undefined {
  const { in: place } = profile.key
  return place === 'query' || place === 'json' || place === 'form'
    ? writerInto(place, profile, request)
    : undefined
}

function writerInto(
  place: 'query' | 'json' | 'form',
  { name, key }: Pick<Profile, 'name' | 'key'>,
  request: Request,
): KeyWriter {
  const { field = '' } = key
  const refused = (part: string, fault: string) =>
    configurationError(
      `${request.path}.${part}`,
      `${fault}, and the profile ${name} puts the key into its ${key.in} field ${field}`,
    )
  const textOf = (part: string, written: KeyedText): string => {
    if ('fault' in written) throw refused(part, written.fault)
    return written.text
  }
  switch (place) {
    case 'query':
      return {
        body: source => source,
        url(url, written) {
          const keyed = new URL(url)
          keyed.search = textOf('url', keyInForm(url.search.slice(1), field, written))
          return keyed
        },
      }
    case 'json':
      return {
        body: (source, written) => {
          if (source.kind === 'form') throw refused('body', 'is a form')
          const within = (text: string) => keyInJson(text, field.split('.'), written)
          return inText(source, text => textOf(source.kind === 'json' ? 'json' : 'body', within(text)))
        },
        url: url => url,
      }
    case 'form':
      return {
        body: (source, written) => {
          if (source.kind === 'form') {
            if (source.form.getAll(field).length > 1)
              throw refused('body', `has ${JSON.stringify(field)} more than once`)
            return { kind: 'form', form: withField(source.form, field, written) }
          }
          if (!isForm(source, request.headers)) throw refused('body', 'is no form')
          return inText(source, text => textOf('body', keyInForm(text, field, written)))
        },
        url: url => url,
      }
    default:
      return place satisfies never
  }

  /** The same kind of body with another text. */
  function inText(
    source: Exclude<Sendable, { kind: 'form' }>,
    change: (text: string) => string,
  ): Sendable | Promise<Sendable> {
    switch (source.kind) {
      case 'none':
        throw refused('body', 'is missing')
      case 'json':
        return { kind: 'json', text: change(source.text) }
      case 'bytes':
        return ofText(change(source.text ?? decoded(source.bytes)), source.contentType)
      case 'blob':
        return source.blob
          .arrayBuffer()
          .then(bytes => ofText(change(decoded(new Uint8Array(bytes))), source.blob.type || undefined))
      default:
        return source satisfies never
    }
  }

  function decoded(bytes: Uint8Array): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch {
      throw refused('body', 'is no text')
    }
  }
}

function ofText(text: string, contentType: string | undefined): Sendable {
  return { kind: 'bytes', bytes: utf8Of(text), text, contentType }
}

function withField(form: FormData, field: string, key: string): FormData {
  const keyed = formNow(form)
  keyed.set(field, key)
  return keyed
}

/** The body must be declared as a form: any other text would be changed beyond recognition. */
function isForm(source: Sendable, headers: Request['headers']): boolean {
  const own = source.kind === 'blob' ? source.blob.type : 'contentType' in source && source.contentType
  return /^\s*application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? (own || ''))
}
