import { describe, expect, test } from 'vitest'
import { createIdempotency } from '../../src/entries/server.ts'
import { requestScopeFault } from '../../src/server/request/scope-check.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { atKey, post, shop, told, trialServer } from './trial-server.ts'

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.dozjgNryP4J3jVmNHl0w5N'

/** What nobody is called, whoever asks. */
const REFUSED: readonly (readonly [what: string, scope: unknown])[] = [
  ['nothing', ''],
  ['no value', undefined],
  ['null', null],
  ['a number', 7],
  ['an object', { id: 7 }],
  ['a blank', ' '],
  ['a zero-width space', '\u200B'],
  ['a template of undefined', 'undefined'],
  ['a template of null', 'null'],
  ['a template of an object', '[object Object]'],
  ['a template of NaN', 'NaN'],
  ['a part that is undefined', 'tenant-1:undefined'],
  ['a part that is null', 'null/anna'],
  ['a part that is an object', 'issuer|[object Object]'],
  ['a last part that is blank', 'tenant-1:'],
  ['a last part that is blank, of an issuer', 'auth0| '],
  ['a bearer token', 'Bearer abc'],
  ['a bearer token, small', 'bearer abc'],
  ['a bearer token in a URL', 'Bearer%20abc'],
  ['a bearer token in a form', 'Bearer+abc'],
  ['a bearer token as a part', 'user:Bearer abc'],
  ['a bearer token in JSON', '{"authorization":"Bearer abc"}'],
  ['a password', 'Basic YW5uYTpwdw=='],
  ['a digest', 'Digest username="anna", response="6629"'],
  ['a bound token', 'DPoP abc'],
  ['a signature', 'AWS4-HMAC-SHA256 Credential=AKIA/20260101, Signature=fe5f'],
  ['a token of GitHub', 'token ghp_16C7e42F292c6912E7'],
  ['a key of an API', 'ApiKey abc'],
  ['a ticket', 'Negotiate YIIB'],
  ['a JSON Web Token', JWT],
  ['a JSON Web Token as a part', `user-${JWT}`],
  ['undefined behind a hyphen', 'user-undefined'],
  ['undefined before a hyphen', 'undefined-7'],
  ['undefined behind an underscore', 'user_undefined'],
  ['undefined behind a dot', 'user.undefined'],
  ['null behind an equals sign', 'user=null'],
  ['undefined at a domain', 'undefined@example.com'],
  ['undefined between commas', 'tenant:undefined,x'],
  ['a list of nothing', 'undefined,undefined'],
  ['NaN behind a hash', 'user#NaN'],
  ['undefined behind a tab', 'user\tundefined'],
  ['an object behind a hyphen', 'user-[object Object]'],
  ['a date that is none', 'born:Invalid Date'],
  ['a function', '[Function: user]'],
  ['a function that was not called', 'user:() => 7'],
  ['the text of a function', 'async function user(request) {}'],
  ['a symbol', 'user:Symbol(id)'],
  ['a template in single quotes', 'user:${user.id}'],
  ['a template of a page', '{{user}}'],
  ['a last part that nobody sees', 'user:\u200B'],
  ['a last part that is empty, of a path', 'user/'],
  ['a last part that is empty, behind a longer one', 'tenant-0f8fad5b-d9cb-469f/'],
  ['a last part that is empty, of a list', 'anna, '],
  ['a token of GitHub alone', 'ghp_16C7e42F292c6912E7'],
  ['a token of GitHub as a part', 'user:github_pat_11AB'],
  ['a key of OpenAI', 'sk-proj-4f'],
  ['a key of Anthropic', 'sk-ant-api03'],
  ['a token of Slack', 'xoxb-123'],
  ['a key of AWS', 'AKIAIOSFODNN7EXAMPLE'],
  ['a session', 'session=s3'],
  ['a session of Express', 'connect.sid=s%3As3'],
  ['cookies', 'theme=dark; sid=s3'],
  ['a token with its name', 'token:s3'],
  ['a bearer token with a colon', 'Bearer:s3'],
  ['a password with a colon', 'password:abc'],
  ['undefined written together', 'userundefined'],
  ['undefined behind a digit', 'org1undefined'],
  ['undefined twice', 'undefinedundefined'],
  ['null twice', 'nullnull'],
  ['null written together', 'usernull'],
  ['null behind a digit', 'org7null'],
  ['undefined in a URL', 'user%3Aundefined'],
  ['undefined in the path of a URL', 'tenant%2Fundefined'],
  ['a part that is undefined, written together', 'tenant-1:userundefined'],
  ['a last part that is empty, behind a hyphen', 'user-'],
  ['a last part that is empty, behind an underscore', 'user_'],
  ['a last part that is empty, behind an equals sign', 'user='],
  ['no name at a domain', 'user@'],
  ['quotes around nothing', '""'],
  ['an empty id in JSON', '{"id":""}'],
  ['a template of Ruby', '#{user.id}'],
  ['a template of a page of its own', '<%= user.id %>'],
  ['a template of a route', 'user:{userId}'],
]

/** What is somebody's id, however it looks. */
const ACCEPTED = [
  'anna',
  '42',
  'tenant-1:42',
  'auth0|5f7c',
  'anna@shop.example',
  'Null-Island',
  'nullable-co',
  'undefinedcorp',
  'corp-of-nullable',
  'NaNcy',
  'https://issuer.example/',
  'c2hvcC1vbmUtdHdv/7c/',
  'task-1',
  'desk-anticline',
  'AKIA',
  'tokens:anna',
  'basic:anna',
  'org=acme;user=anna',
  'Function-7',
  'bearer',
  'Basics',
  'annull',
  'Null',
  '{6F9619FF-8B86-D011-B42D-00CF4FC964FF}',
  'dXNlcg==',
  'arn:aws:iam::123456789012:user/Bob',
  'x3_kd9-2mfK30a_-',
  '100%',
]

describe('a scope', () => {
  test.each(REFUSED)(
    'that is %s is refused, told to the owner alone, and nothing is executed',
    async (_, scope) => {
      const { handler, orders } = shop()
      const { process, store } = trialServer()
      const errors: unknown[] = []
      const once = process({ scope: () => scope as string, onError: (...args) => errors.push(...args) })

      const answer = await told(once.handle(post('k1'), handler))
      expect(answer).toMatchObject({ status: 500, code: 'scope-invalid', replayed: false })
      expect(JSON.stringify(answer.body)).not.toContain('abc')
      expect(errors).toMatchObject([{ code: 'configuration' }, { key: 'k1', scope: undefined }])
      expect(String(errors[0])).toContain('scope: ')
      expect(await told(once.seal(atKey('k1', 'DELETE')))).toMatchObject({
        status: 500,
        code: 'scope-invalid',
      })
      expect([orders, store.calls]).toEqual([[], []])
    },
  )

  test.each(REFUSED)('that is always %s is a mistake at once, and for a conclusion', async (_, scope) => {
    expect(() =>
      createIdempotency({ store: memoryStore({ maxSettled: Infinity }), scope: scope as string }),
    ).toThrow('scope: ')
    const once = trialServer().process()
    await expect(once.conclude('k1', { scope: scope as string, outcome: 'executed' })).rejects.toMatchObject({
      code: 'configuration',
    })
  })

  test.each(ACCEPTED)('that is %s is somebody', async scope => {
    const once = trialServer().process({ scope: async () => scope })
    expect((await once.handle(post('k1'), shop().handler)).status).toBe(201)
  })

  test('gets what the framework knows', async () => {
    type Context = { readonly user: string }
    const { handler, orders } = shop()
    const once = createIdempotency({
      store: memoryStore({ maxSettled: Infinity }),
      scope: (_, { user }: Context) => user,
    })
    const serve = once.wrap(handler)

    expect((await once.handle(post('k1'), handler, { context: { user: 'anna' } })).status).toBe(201)
    expect(await told(serve(post('k1'), { user: 'anna' }))).toMatchObject({ replayed: true })
    expect((await serve(post('k1'), { user: 'bert' })).status).toBe(201)
    expect((await once.status(atKey('k1'), { user: 'anna' })).status).toBe(200)
    expect((await once.status(atKey('k1'), { user: 'carla' })).status).toBe(404)
    expect(orders).toHaveLength(2)
  })

  test('that takes what nobody gave is a mistake that says so', async () => {
    const { handler, orders } = shop()
    const once = trialServer().process({ scope: (_, context) => (context as { user: string }).user })
    await expect(once.handle(post('k1'), handler)).rejects.toThrow('context: was not given')
    await expect(once.status(atKey('k1'))).rejects.toThrow('context: was not given')
    expect(orders).toEqual([])
  })
})

describe("a scope made of the request's own credentials", () => {
  const BASIC = `Basic ${btoa('anna:hunter2')}`
  const SESSION = 's%3Aq8Zr4.Lk2'
  test.each<[what: string, headers: Record<string, string>, scope: string, url?: string]>([
    ['the token', { authorization: 'Bearer anna' }, 'anna'],
    ['a long piece of the token', { authorization: `Custom ${'0123456789'.repeat(4)}` }, '01234567890123456'],
    [
      'the token with a name before it',
      { authorization: 'Custom 0123456789abcdef' },
      'user-0123456789abcdef',
    ],
    ['the header without a scheme', { authorization: 'sk_live_1' }, 'sk_live_1'],
    ['a part of a token', { authorization: `Bearer ${JWT}` }, 'eyJzdWIiOiI0MiJ9'],
    ['a parameter', { authorization: 'Custom id="77", secret="s3"' }, 's3'],
    ['the name and the password', { authorization: BASIC }, 'anna:hunter2'],
    ['the password', { authorization: BASIC }, 'hunter2'],
    ['the encoded password', { authorization: BASIC }, btoa('anna:hunter2')],
    ['a key in the place of a name', { authorization: `Basic ${btoa('sk_1:')}` }, 'sk_1'],
    ['the cookies', { cookie: 'a=1; b=2' }, 'a=1; b=2'],
    ['a cookie', { cookie: 'theme=dark; session=abc' }, 'session=abc'],
    ['the value of a session', { cookie: 'theme=dark; session=abc' }, 'abc'],
    ['the value of a session, decoded', { cookie: `connect.sid=${SESSION}` }, 's:q8Zr4.Lk2'],
    ['an API key', { 'x-api-key': 'k-7' }, 'k-7'],
    ['the token in other case', { authorization: 'Bearer AbC-7' }, 'abc-7'],
    ['a header of its own', { 'x-acme-token': 't-7' }, 't-7'],
    ['what a proxy found out', { 'x-forwarded-access-token': 't-7' }, 't-7'],
    ['an assertion', { 'cf-access-jwt-assertion': 't-7' }, 't-7'],
    ['the answer to a digest', { authorization: 'Digest username="anna", response="6629f"' }, '6629f'],
    ['an API key in the URL', {}, 't-7', 'https://shop.example/orders?apiKey=t-7'],
    ['a short token behind a name', { authorization: 'Bearer abc' }, 'user:abc'],
    ['a short token before a name', { authorization: 'Bearer abc' }, 'abc@shop'],
    ['a short session behind a name', { cookie: 'sessionid=38afes7a8' }, 'user-38afes7a8'],
    ['the token for a URL', { authorization: 'Bearer abc/d+g=' }, 'abc%2Fd%2Bg%3D'],
    ['the token for a URL, behind a name', { authorization: 'Bearer abc/d+g=' }, 'user:abc%2Fd%2Bg%3D'],
    ['the header in base64', { authorization: 'Bearer abcdefghijklm' }, 'QmVhcmVyIGFiY2RlZmdoaWprbG0='],
    ['a short token in base64', { authorization: 'Bearer abc' }, 'user:YWJj'],
    ['one of two cookies', { cookie: 'uid=anna; s=12345' }, 's=12345'],
    ['a token in the URL', {}, 't-7', 'https://shop.example/orders?access_token=t-7'],
    ['a session of WordPress', { cookie: 'wordpress_logged_in_7f=anna%7C17' }, 'anna%7C17'],
    ['a session of ASP.NET', { cookie: '.AspNetCore.Cookies=CfDJ8' }, 'CfDJ8'],
    ['a signed cookie', { cookie: 'user=s%3Aanna.Lk2' }, 's:anna.Lk2'],
    ['what a gateway let through', { cookie: 'cf_clearance=Lk2.a' }, 'Lk2.a'],
    ['a key of Azure', { 'ocp-apim-subscription-key': 'k-7' }, 'k-7'],
    ['a key of a function', { 'x-functions-key': 'k-7' }, 'k-7'],
    ['a session in a header', { 'x-session': 's-7' }, 'user:s-7'],
    ['a key to log in', { 'x-auth-key': 'k-7' }, 'k-7'],
    ['a credential', { 'x-credential': 'k-7' }, 'k-7'],
  ])('%s is refused', (_, headers, scope, url = 'https://shop.example/orders') => {
    expect(requestScopeFault(scope, new Request(url, { headers }))).toContain('must not be a credential')
  })

  test.each<[what: string, headers: Record<string, string>, scope: string]>([
    ['whose token names the user', { authorization: 'Bearer token-of-anna-1' }, 'anna'],
    ['whose password is hers', { authorization: BASIC }, 'anna'],
    [
      'whose id is in a cookie that counts visits',
      { cookie: 'ajs_user_id=anna-0f8fad5b-d9cb-469f' },
      'anna-0f8fad5b-d9cb-469f',
    ],
    ['whose flag is her number', { cookie: 'consent=1; theme=dark' }, '1'],
    ['who is a part of a cookie', { cookie: 'session=anna.5c1f' }, 'anna'],
    ['who is named in a digest', { authorization: 'Digest username="anna", response="6629f"' }, 'anna'],
    ['who is named by a proxy', { 'x-auth-request-user': 'anna', 'idempotency-key': 'anna' }, 'anna'],
    ['whose number is in her token', { authorization: 'Bearer 7' }, 'tenant:77'],
    ['whose tenant is a flag too', { cookie: 'remember=1' }, 'tenant-1:anna'],
    ['who has the token within her name', { authorization: 'Bearer ann' }, 'user:anna'],
    ['whose password is her name', { authorization: `Basic ${btoa('anna:anna')}` }, 'anna'],
    ['without credentials', {}, 'anna'],
  ])('a user %s is none', (_, headers, scope) => {
    expect(requestScopeFault(scope, new Request('https://shop.example/orders', { headers }))).toBeUndefined()
  })
})
