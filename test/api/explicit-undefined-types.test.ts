import { expect, test } from 'vitest'
import type {
  AnswerWords,
  AskSpec,
  CallOptions,
  ClientOptions,
  CreateClientOptions,
  FetchOptions,
  KeyRules,
  OperationDefinition,
  Profile,
  ProfileInput,
  ReplayMark,
  RequestSpec,
  ResumeOptions,
  Rule,
  SharedOptions,
  StatusWords,
} from 'stillonce'
import type { IndexedDBStoreOptions, WebStorageStoreOptions } from 'stillonce/browser'
import type { FetchTransportOptions } from 'stillonce/fetch'
import type { OpenTelemetryOptions } from 'stillonce/opentelemetry'
import type { PostgresStoreOptions } from 'stillonce/postgres'
import type { MutationOptions } from 'stillonce/react'
import type { RedisStoreOptions } from 'stillonce/redis'
import type { HandleOptions, IdempotencyOptions, RunOptions } from 'stillonce/server'
import type { AdapterOptions } from 'stillonce/server/node'
import type { SqliteStoreOptions } from 'stillonce/sqlite'
import type { FakeServerOptions, FaultProxyOptions } from 'stillonce/testing'
import type { WorkerOptions } from 'stillonce/worker'

/*
 * Each option that may be left out may be `undefined`, in a project with `exactOptionalPropertyTypes` too. `tsc` checks
 * this file with it.
 */

/** The names of options that may be left out, and may not be `undefined`. */
type Refusing<Options> = Options extends unknown
  ? {
      [Name in keyof Options]-?: Pick<Options, Name> extends infer One
        ? Nothing extends One
          ? { readonly [Same in Name]: undefined } extends One
            ? never
            : Name
          : never
        : never
    }[keyof Options]
  : never

// oxlint-disable-next-line typescript/no-empty-object-type
type Nothing = {}

type All = {
  readonly answerWords: AnswerWords
  readonly ask: AskSpec
  readonly call: CallOptions
  readonly client: ClientOptions
  readonly createClient: CreateClientOptions
  readonly poll: NonNullable<ClientOptions['poll']>
  readonly retry: NonNullable<ClientOptions['retry']>
  readonly shared: SharedOptions
  readonly fetch: FetchOptions
  readonly definition: OperationDefinition<string, string>
  readonly status: NonNullable<OperationDefinition<string>['status']>
  readonly cancel: NonNullable<OperationDefinition<string>['cancel']>
  readonly profile: Profile
  readonly profileInput: ProfileInput
  readonly profileKey: NonNullable<ProfileInput['key']>
  readonly keyRules: KeyRules
  readonly replayMark: ReplayMark
  readonly request: RequestSpec
  readonly resume: ResumeOptions
  readonly rule: Rule
  readonly ruleHeader: NonNullable<Rule['header']>
  readonly statusWords: StatusWords
  readonly indexedDB: IndexedDBStoreOptions
  readonly webStorage: WebStorageStoreOptions
  readonly fetchTransport: FetchTransportOptions
  readonly openTelemetry: OpenTelemetryOptions
  readonly postgres: PostgresStoreOptions
  readonly mutation: MutationOptions<string, string>
  readonly redis: RedisStoreOptions
  readonly handle: HandleOptions
  readonly server: IdempotencyOptions
  readonly run: RunOptions
  readonly adapter: AdapterOptions<object>
  readonly sqlite: SqliteStoreOptions
  readonly fakeServer: FakeServerOptions
  readonly faultProxy: FaultProxyOptions
  readonly worker: WorkerOptions
}

/** By type of options; `never` where each takes `undefined`. */
type Refused = {
  readonly [Name in keyof All as Refusing<All[Name]> extends never ? never : Name]: Refusing<All[Name]>
}

test('no option that may be left out refuses `undefined`', () => {
  const none: keyof Refused extends never ? true : Refused = true
  const looksForThem: Refusing<{ readonly a?: number; readonly b?: number | undefined; readonly c: number }> =
    'a'
  expect([none, looksForThem]).toEqual([true, 'a'])
})
