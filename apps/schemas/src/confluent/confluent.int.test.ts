import { answer, answers } from '@plinth/bus'
import { decide, recordDeployed } from '@plinth/contracts'
import type { RunningService } from '@plinth/service'
import { asIdentity, testIdentity, testKeys, testNats, testPassword, testPostgres, type TestDatabase, type TestNats } from '@plinth/testkit' // prettier-ignore
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { schemas } from '../app.ts'
import { loadConfig } from '../config.ts'

type Answer = { status: number; type: string | null; body: unknown }
type Call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>

let database: TestDatabase
let nats: TestNats
let running: RunningService
/** A service account of the project payments. */
let call: Call
/** Domains that nobody may see. */
const hiddenDomains = new Set<string>()
const forbidden = new Set<string>()

const as =
  (subject: string): Call =>
  async (method, path, body, headers = {}) => {
    const response = await fetch(`${running.url}/schema-registry${path}`, {
      method,
      headers: {
        ...asIdentity(testIdentity(subject)),
        'content-type': 'application/vnd.schemaregistry.v1+json',
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const type = response.headers.get('content-type')
    const isRaw = path.split('?')[0]?.endsWith('/schema') === true && response.ok
    return { status: response.status, type, body: text === '' || isRaw ? text : JSON.parse(text) }
  }

beforeAll(async () => {
  ;[database, nats] = await Promise.all([testPostgres(), testNats()])
  const authorization = await nats.bus('authorization')
  await answers(authorization, [
    answer(decide, async ({ questions }) => ({
      revision: 1,
      decisions: questions.map(({ domain, object, action }) => ({
        allowed: !hiddenDomains.has(domain) && !forbidden.has(`${action} ${object}`),
        reason: 'no role allows it',
      })),
    })),
  ]).start()
  running = await schemas(
    loadConfig({
      PLINTH_DATABASE_URL: database.url,
      PLINTH_NATS_URL: nats.url,
      PLINTH_NATS_USER: 'schemas',
      PLINTH_NATS_PASSWORD: testPassword,
      PLINTH_PORT: '0',
      PLINTH_IDENTITY_PUBLIC_KEY: testKeys.publicKey,
      PLINTH_LOG_LEVEL: 'silent',
    }),
  )
  call = as('sa:payments/ledger')
})
afterAll(async () => {
  await running?.close()
  await nats?.close()
  await database?.drop()
})

const record = (name: string, ...fields: object[]): string => JSON.stringify({ type: 'record', name, fields })
const text = { name: 'id', type: 'string' }
const optional = (name: string) => ({ name, type: ['null', 'string'], default: null })
const first = record('Order', text)
const second = record('Order', text, optional('note'))
const breaking = record('Order', text, { name: 'amount', type: 'long' })

const versions = (subject: string): string => `/subjects/${subject}/versions`
const register = (subject: string, schema: string, more: object = {}) =>
  call('POST', versions(subject), { schema, ...more })
const idOf = ({ body }: Answer): number => (body as { id: number }).id

const error = (status: number, code: number) => ({ status, body: { error_code: code, message: expect.any(String) } })
const ok = (body: unknown) => ({ status: 200, body })

describe('registering', () => {
  test('gives id and version; the same content again both of them, in another subject the same id', async () => {
    const made = await register('order', first)
    const type = expect.stringContaining('application/vnd.schemaregistry.v1+json')
    expect(made).toMatchObject({ status: 200, type, body: { version: 1, schemaType: 'AVRO', schema: first } })
    expect((await register('order', JSON.stringify(JSON.parse(first), null, 2))).body).toEqual(made.body)
    expect((await register('order', second)).body).toMatchObject({ version: 2 })
    expect(idOf(await register('other-order', first))).toBe(idOf(made))
  })
  test('answers 40901 for what breaks readers, with reasons, and keeps nothing', async () => {
    await register('broken', first)
    const refused = await register('broken', breaking)
    expect(refused).toMatchObject(error(409, 40901))
    expect(JSON.stringify(refused.body)).toContain('READER_FIELD_MISSING_DEFAULT_VALUE')
    expect(await call('GET', versions('broken'))).toMatchObject(ok([1]))
  })
  test('answers 42201 for what is no schema, an unknown type and a reference to nothing', async () => {
    const references = [{ name: 'Missing', subject: 'missing', version: 1 }]
    for (const body of [
      { schema: '{"type":"nonsense"}' },
      { schema: '' },
      {},
      { schema: first, schemaType: 'XML' },
      { schema: first, references },
    ])
      expect(await call('POST', versions('no-schema'), body), JSON.stringify(body)).toMatchObject(error(422, 42201))
    expect(await call('GET', versions('no-schema'))).toMatchObject(error(404, 40401))
  })
  test('takes an octet stream for JSON, and members that it does not know', async () => {
    const headers = { 'content-type': 'application/octet-stream' }
    const made = await call(
      'POST',
      versions('bytes'),
      { schema: first, propagateSchemaTags: true, unknown: 1 },
      headers,
    )
    expect(made).toMatchObject({ status: 200 })
    expect(await call('POST', versions('bytes'), '{', headers)).toMatchObject({
      status: 400,
      body: { error_code: 400 },
    })
    const csv = await call('POST', versions('bytes'), 'a,b', { 'content-type': 'text/csv' })
    expect(csv).toMatchObject({ status: 415, body: { error_code: 415 } })
  })
  test('keeps metadata and rules, makes a version of a change of them alone, and gives it to who sends the text alone', async () => {
    const metadata = { properties: { owner: 'ledger' }, tags: { 'Order.id': ['PII'] } }
    const ruleSet = { domainRules: [{ name: 'checkId', kind: 'CONDITION', type: 'CEL', mode: 'WRITE', expr: 'true' }] }
    const plain = await register('contract', first)
    const made = await register('contract', first, { metadata, ruleSet })
    expect(made.body).toMatchObject({ version: 2, metadata, ruleSet })
    expect(idOf(made)).not.toBe(idOf(plain))
    expect((await register('contract', '', { metadata: { properties: { owner: 'risk' } } })).body).toMatchObject({
      version: 3,
      schema: first,
      ruleSet,
    })
    expect((await register('contract', first)).body).toMatchObject({ version: 3, ruleSet })
    const found = await call('GET', '/subjects/contract/metadata?key=owner&value=ledger')
    expect(found).toMatchObject(ok(expect.objectContaining({ version: 2 })))
    expect(await call('GET', '/subjects/contract/metadata?key=owner&value=nobody')).toMatchObject(error(404, 40403))
    const bad = { domainRules: [{ name: '1 is no beginning' }] }
    expect(await register('contract', first, { ruleSet: bad })).toMatchObject(error(422, 42210))
  })
  test('adds and takes away tags as a new version', async () => {
    await register('tagged', first)
    const entity = { schemaEntity: { entityPath: 'Order.id', entityType: 'sr_field' }, tags: ['PII', 'KEY'] }
    const tagged = await call('POST', '/subjects/tagged/versions/1/tags', { newVersion: 2, tagsToAdd: [entity] })
    expect(tagged.body).toMatchObject({ version: 2, metadata: { tags: { 'Order.id': ['PII', 'KEY'] } } })
    const fewer = { tagsToRemove: [{ ...entity, tags: ['KEY'] }] }
    expect((await call('POST', '/subjects/tagged/versions/2/tags', fewer)).body).toMatchObject({
      version: 3,
      metadata: { tags: { 'Order.id': ['PII'] } },
    })
    expect((await call('GET', `${versions('tagged')}/3?findTags=PII`)).body).toMatchObject({
      schemaTags: [{ schemaEntity: { entityPath: 'Order.id' }, tags: ['PII'] }],
    })
    expect(await call('POST', '/subjects/tagged/versions/9/tags', fewer)).toMatchObject(error(404, 40402))
    const more = { schemaTagsToAdd: [{ ...entity, tags: ['AUDIT'] }] }
    expect((await register('tagged', first, more)).body).toMatchObject({
      metadata: { tags: { 'Order.id': ['PII', 'AUDIT'] } },
    })
  })
})

describe('reading', () => {
  test('answers versions by number, latest and -1, with a code of its own for each thing that is not there', async () => {
    await register('read', first)
    await register('read', second)
    expect((await call('GET', `${versions('read')}/1`)).body).toMatchObject({
      subject: 'read',
      version: 1,
      schema: first,
    })
    expect((await call('GET', `${versions('read')}/latest`)).body).toMatchObject({ version: 2, ts: expect.any(Number) })
    expect((await call('GET', `${versions('read')}/-1`)).body).toMatchObject({ version: 2 })
    expect(await call('GET', `${versions('read')}/1/schema`)).toMatchObject(ok(first))
    expect(await call('GET', `${versions('read')}/9`)).toMatchObject(error(404, 40402))
    expect(await call('GET', `${versions('nothing')}/1`)).toMatchObject(error(404, 40401))
    for (const version of ['0', '-2', 'newest', '99999999999'])
      expect(await call('GET', `${versions('read')}/${version}`)).toMatchObject(error(422, 42202))
  })
  test('answers schemas by id and digest, their text, subjects and versions', async () => {
    const id = idOf(await register('by-id', record('ById', text)))
    await register('by-id-too', record('ById', text))
    const schema = record('ById', text)
    const found = await call('GET', `/schemas/ids/${id}`)
    expect(found).toMatchObject(ok({ schema, schemaType: 'AVRO', guid: expect.any(String) }))
    expect((await call('GET', `/schemas/ids/${id}`)).body).toEqual(found.body)
    expect((await call('GET', `/schemas/ids/${id}?fetchMaxId=true`)).body).toMatchObject({ maxId: expect.any(Number) })
    expect(await call('GET', `/schemas/ids/${id}/schema`)).toMatchObject(ok(schema))
    expect(await call('GET', `/schemas/ids/${id}/subjects`)).toMatchObject(ok(['by-id', 'by-id-too']))
    expect(await call('GET', `/schemas/ids/${id}/versions`)).toMatchObject(
      ok([{ subject: 'by-id', version: 1 }, { subject: 'by-id-too', version: 1 }]), // prettier-ignore
    )
    const { guid } = found.body as { guid: string }
    expect((await call('GET', `/schemas/guids/${guid}`)).body).toMatchObject({ schema, guid })
    expect(await call('GET', `/schemas/guids/${guid}/ids`)).toMatchObject(ok([{ context: '.payments', id }]))
    for (const path of ['ids/2000000000', 'ids/no-number', 'ids/2000000000/schema', `guids/${'0'.repeat(36)}`])
      expect(await call('GET', `/schemas/${path}`), path).toMatchObject(error(404, 40403))
  })
  test('finds the version that a schema has, and tells an unknown subject from an unknown schema', async () => {
    const reordered = '{"fields":[{"type":"string","name":"id"}],"name":"Order","type":"record"}'
    await call('POST', `${versions('looked-up')}?normalize=true`, { schema: first })
    expect((await call('POST', '/subjects/looked-up?normalize=true', { schema: first })).body).toMatchObject({
      version: 1,
    })
    expect(await call('POST', '/subjects/looked-up', { schema: second })).toMatchObject(error(404, 40403))
    expect(await call('POST', '/subjects/nowhere', { schema: first })).toMatchObject(error(404, 40401))
    const normal = await call('POST', '/subjects/looked-up?normalize=true', { schema: reordered })
    expect(normal.body).toMatchObject({ version: 1 })
  })
  test('lists subjects by prefix and page, versions of all with their schemas, and the languages', async () => {
    for (const name of ['page-1', 'page-2', 'page-3']) await register(name, first)
    await register('page-3', second)
    expect(await call('GET', '/subjects?subjectPrefix=page-')).toMatchObject(ok(['page-1', 'page-2', 'page-3']))
    expect(await call('GET', '/subjects?subjectPrefix=page-&offset=1&limit=1')).toMatchObject(ok(['page-2']))
    expect(await call('GET', `${versions('page-3')}?offset=1`)).toMatchObject(ok([2]))
    const shown = ({ body }: Answer) => (body as { subject: string; version: number }[]).map((row) => [row.subject, row.version]) // prettier-ignore
    const path = '/schemas?subjectPrefix=page-'
    expect(shown(await call('GET', path))).toEqual([['page-1', 1], ['page-2', 1], ['page-3', 1], ['page-3', 2]]) // prettier-ignore
    expect(shown(await call('GET', `${path}&latestOnly=true&offset=2`))).toEqual([['page-3', 2]])
    expect((await call('GET', '/schemas/types')).body).toEqual(expect.arrayContaining(['JSON', 'PROTOBUF', 'AVRO']))
    expect(await call('GET', '/')).toMatchObject(ok({}))
    expect((await call('GET', '/v1/metadata/version')).body).toMatchObject({ version: expect.any(String) })
  })
  test('knows what refers to a version, follows references, and never deletes under them', async () => {
    await register('money', record('Money', { name: 'cents', type: 'long' }))
    const references = [{ name: 'Money', subject: 'money', version: 1 }]
    const id = idOf(await register('bill', record('Bill', { name: 'sum', type: 'Money' }), { references }))
    expect(await call('GET', `${versions('money')}/1/referencedby`)).toMatchObject(ok([id]))
    expect((await call('GET', `/schemas/ids/${id}?referenceFormat=qualified`)).body).toMatchObject({
      references: [{ name: 'Money', subject: ':.payments:money', version: 1 }],
    })
    await register('money', record('Money', { name: 'cents', type: 'long' }, optional('currency')))
    const newest = {
      schema: record('Bill', { name: 'sum', type: 'Money' }),
      references: [{ ...references[0], version: -1 }],
    }
    expect((await call('POST', versions('bill'), newest)).body).toMatchObject({
      version: 2,
      references: [{ version: 2 }],
    })
    await register('money', record('Money', { name: 'cents', type: 'long' }, optional('note')))
    expect((await call('POST', versions('bill'), newest)).body).toMatchObject({
      version: 3,
      references: [{ version: 3 }],
    })
    expect(await call('DELETE', '/subjects/money')).toMatchObject(error(422, 42206))
    expect(await call('DELETE', `${versions('money')}/1`)).toMatchObject(error(422, 42206))
  })
})

describe('checking compatibility', () => {
  test('says yes or no with reasons where asked for, with one version or all', async () => {
    await register('checked', first)
    const path = `/compatibility${versions('checked')}`
    expect(await call('POST', `${path}/latest`, { schema: second })).toMatchObject(ok({ is_compatible: true }))
    expect((await call('POST', `${path}/1`, { schema: breaking })).body).toEqual({ is_compatible: false })
    const told = await call('POST', `${path}?verbose=true`, { schema: breaking })
    expect(told.body).toMatchObject({ is_compatible: false })
    const messages = JSON.stringify(told.body)
    for (const part of ['READER_FIELD_MISSING_DEFAULT_VALUE', '{oldSchemaVersion: 1}', 'BACKWARD'])
      expect(messages).toContain(part)
  })
  test('holds the transitive levels against every version', async () => {
    await call('PUT', '/config/transitive', { compatibility: 'NONE' })
    await register('transitive', record('T', { name: 'a', type: 'string' }))
    await register('transitive', record('T', { name: 'a', type: 'int' }))
    const path = `/compatibility${versions('transitive')}`
    const schema = record('T', { name: 'a', type: 'long' })
    for (const [compatibility, expected] of [
      ['BACKWARD', true],
      ['FORWARD', false],
      ['BACKWARD_TRANSITIVE', false],
    ] as const) {
      // prettier-ignore
      await call('PUT', '/config/transitive', { compatibility })
      expect((await call('POST', path, { schema })).body).toEqual({ is_compatible: expected })
    }
  })
  test('takes anything for a subject without versions, but no version that is not there', async () => {
    const path = `/compatibility${versions('unborn')}`
    expect(await call('POST', `${path}/latest`, { schema: first })).toMatchObject(ok({ is_compatible: true }))
    expect(await call('POST', path, { schema: first })).toMatchObject(ok({ is_compatible: true }))
    expect(await call('POST', `${path}/1`, { schema: first })).toMatchObject(error(404, 40402))
    expect(await call('POST', `${path}/x`, { schema: first })).toMatchObject(error(422, 42202))
    expect(await call('POST', path, { schema: 'nonsense' })).toMatchObject(error(422, 42201))
    expect((await call('POST', `${path}?verbose=true`, { schema: 'nonsense' })).body).toMatchObject({
      is_compatible: false,
      messages: [expect.any(String)],
    })
  })
  test('compares within the compatibility group alone', async () => {
    await call('PUT', '/config/grouped', { compatibilityGroup: 'major' })
    const of = (major: string) => ({ metadata: { properties: { major } } })
    expect((await register('grouped', first, of('1'))).status).toBe(200)
    expect(await register('grouped', breaking, of('1'))).toMatchObject(error(409, 40901))
    expect((await register('grouped', breaking, of('2'))).body).toMatchObject({ version: 2 })
    expect((await register('grouped', second, of('1'))).body).toMatchObject({ version: 3 })
  })
})

describe('settings', () => {
  test('of a subject are 40408 until it has some, though wider ones hold for it', async () => {
    await register('configured', first)
    expect(await call('GET', '/config/configured')).toMatchObject(error(404, 40408))
    expect(await call('GET', '/config/configured?defaultToGlobal=true')).toMatchObject(ok({ compatibilityLevel: 'BACKWARD' })) // prettier-ignore
    expect(await call('GET', '/config')).toMatchObject(ok({ compatibilityLevel: 'BACKWARD' }))
    expect(await call('PUT', '/config/configured', { compatibility: 'full' })).toMatchObject(
      ok({ compatibility: 'full' }),
    )
    expect(await call('PUT', '/config/configured', { normalize: true, alias: null })).toMatchObject({ status: 200 })
    expect(await call('GET', '/config/configured')).toMatchObject(ok({ compatibilityLevel: 'FULL', normalize: true }))
    expect(await call('PUT', '/config/configured', { compatibility: 'SOMEHOW' })).toMatchObject(error(422, 42203))
    expect(await call('DELETE', '/config/configured')).toMatchObject(ok({ compatibilityLevel: 'FULL' }))
    expect(await call('DELETE', '/config/configured')).toMatchObject(error(404, 40401))
    expect(await call('GET', '/config/configured')).toMatchObject(error(404, 40408))
  })
  test('add to metadata and rules, before and over what is given', async () => {
    const rule = { name: 'always', kind: 'CONDITION', type: 'CEL', mode: 'WRITE', expr: 'true' }
    await call('PUT', '/config/defaults', {
      defaultMetadata: { properties: { team: 'ledger', tier: '3' } },
      overrideMetadata: { properties: { tier: '1' } },
      overrideRuleSet: { domainRules: [rule] },
    })
    const made = await register('defaults', first, { metadata: { properties: { team: 'risk', tier: '2' } } })
    expect(made.body).toMatchObject({
      metadata: { properties: { team: 'risk', tier: '1' } },
      ruleSet: { domainRules: [rule] },
    })
  })
  test('let a subject stand for another one', async () => {
    await register('renamed', first)
    await call('PUT', '/config/old-name', { alias: 'renamed' })
    expect((await call('GET', `${versions('old-name')}/latest`)).body).toMatchObject({ subject: 'renamed', version: 1 })
    expect((await call('POST', '/subjects/old-name', { schema: first })).body).toMatchObject({ version: 1 })
  })
  test('of a mode are 40409 until set; read-only refuses every change, import takes ids and nothing without', async () => {
    await register('moded', first)
    expect(await call('GET', '/mode/moded')).toMatchObject(error(404, 40409))
    expect(await call('GET', '/mode')).toMatchObject(ok({ mode: 'READWRITE' }))
    expect(await call('PUT', '/mode/moded', { mode: 'SIDEWAYS' })).toMatchObject(error(422, 42204))
    expect(await call('PUT', '/mode/moded', { mode: 'readonly' })).toMatchObject(ok({ mode: 'READONLY' }))
    expect(await call('GET', '/mode/moded')).toMatchObject(ok({ mode: 'READONLY' }))
    expect(await register('moded', second)).toMatchObject(error(422, 42205))
    expect(await call('DELETE', '/subjects/moded')).toMatchObject(error(422, 42205))
    expect(await call('PUT', '/config/moded', { compatibility: 'NONE' })).toMatchObject(error(422, 42205))
    expect(await call('DELETE', '/mode/moded')).toMatchObject(ok({ mode: 'READONLY' }))
    expect(await call('PUT', '/mode/moded', { mode: 'IMPORT' })).toMatchObject(error(422, 42205))
    expect(await register('moded', second, { id: 77_000 })).toMatchObject(error(422, 42205))
    expect(await call('PUT', '/mode/imported', { mode: 'IMPORT' })).toMatchObject({ status: 200 })
    expect(await register('imported', record('Imported', text))).toMatchObject(error(422, 42205))
    const came = await register('imported', record('Imported', text), { id: 77_000, version: 4 })
    expect(came.body).toMatchObject({ id: 77_000, version: 4 })
    expect(await register('imported', record('Else', text), { id: 77_000 })).toMatchObject(error(422, 42207))
    await call('DELETE', '/mode/imported')
    expect(idOf(await register('after-import', record('After', text)))).toBeGreaterThan(77_000)
  })
})

describe('deleting', () => {
  test('goes softly first and for good then, a code for each step out of order', async () => {
    const id = idOf(await register('gone', record('Gone', text)))
    await register('gone', record('Gone', text, optional('more')))
    const one = `${versions('gone')}/1`
    expect(await call('DELETE', `${one}?permanent=true`)).toMatchObject(error(404, 40407))
    expect(await call('DELETE', one)).toMatchObject(ok(1))
    expect(await call('DELETE', one)).toMatchObject(error(404, 40406))
    expect(await call('GET', one)).toMatchObject(error(404, 40402))
    expect((await call('GET', `${one}?deleted=true`)).body).toMatchObject({ version: 1, deleted: true })
    expect(await call('GET', `/schemas/ids/${id}`)).toMatchObject({ status: 200 })
    expect(await call('GET', `${versions('gone')}?deleted=true`)).toMatchObject(ok([1, 2]))
    expect(await call('GET', `${versions('gone')}?deletedOnly=true`)).toMatchObject(ok([1]))
    expect(await call('GET', `${versions('gone')}?deletedAsNegative=true`)).toMatchObject(ok([-1, 2]))
    expect(await call('DELETE', '/subjects/gone?permanent=true')).toMatchObject(error(404, 40405))
    expect(await call('DELETE', '/subjects/gone')).toMatchObject(ok([2]))
    expect(await call('DELETE', '/subjects/gone')).toMatchObject(error(404, 40404))
    expect((await call('GET', '/subjects?subjectPrefix=gone')).body).toEqual([])
    expect((await call('GET', '/subjects?subjectPrefix=gone&deleted=true')).body).toEqual(['gone'])
    await call('PUT', '/config/gone', { compatibility: 'NONE' })
    expect(await call('DELETE', '/subjects/gone?permanent=true')).toMatchObject(ok([1, 2]))
    expect(await call('DELETE', '/subjects/gone')).toMatchObject(error(404, 40401))
    expect(await call('GET', '/config/gone')).toMatchObject(error(404, 40408))
  })
  test('is undone by registering again, under the same id and a new number', async () => {
    const made = await register('back', record('Back', text))
    await call('DELETE', '/subjects/back')
    expect((await register('back', record('Back', text))).body).toMatchObject({ id: idOf(made), version: 2 })
    expect(await call('GET', `${versions('back')}?deleted=true`)).toMatchObject(ok([2]))
  })
  test('for good is refused while anything deployed writes or reads it', async () => {
    await register('running', record('Running', text))
    const use = {
      project: 'payments',
      environment: 'production',
      component: 'ledger',
      deployment: 'dep_1',
      produces: [],
    }
    const deployed = { ...use, consumes: [{ subject: 'payments/running', version: 1 }], removed: false }
    const provisioning = await nats.bus('provisioning')
    await provisioning.ask(recordDeployed, deployed)
    expect(await call('DELETE', '/subjects/running')).toMatchObject(ok([1]))
    expect(await call('DELETE', '/subjects/running?permanent=true')).toMatchObject(error(422, 42205))
    await provisioning.ask(recordDeployed, { ...deployed, removed: true })
    expect(await call('DELETE', '/subjects/running?permanent=true')).toMatchObject(ok([1]))
  })
  test('for good takes an id that nothing else ever gets', async () => {
    const id = idOf(await register('for-good', record('ForGood', text)))
    await call('DELETE', '/subjects/for-good')
    await call('DELETE', '/subjects/for-good?permanent=true')
    expect(idOf(await register('for-good', record('ForGood', text)))).toBeGreaterThan(id)
  })
})

describe('contexts', () => {
  test('are projects: by the base URL, by the name of a subject, and by whose the caller is', async () => {
    const risk = as('sa:risk/scorer')
    const id = idOf(await risk('POST', versions('score'), { schema: record('Score', text) }))
    expect((await risk('GET', '/subjects?limit=2')).body).toEqual(['score', expect.stringMatching(/^:\.payments:/)])
    expect((await call('GET', '/contexts/.risk/subjects')).body).toEqual([':.risk:score'])
    expect((await call('GET', '/contexts/risk/subjects/score/versions')).body).toEqual([1])
    expect((await call('GET', `/subjects/${encodeURIComponent(':.risk:score')}/versions`)).body).toEqual([1])
    expect((await call('GET', '/contexts')).body).toEqual(['.', '.payments', '.risk'])
    expect(await call('GET', `/schemas/ids/${id}`)).toMatchObject(error(404, 40403))
    expect(await call('GET', `/contexts/risk/schemas/ids/${id}`)).toMatchObject({ status: 200 })
    const subject = encodeURIComponent(':.risk:')
    expect(await call('GET', `/schemas/ids/${id}?subject=${subject}`)).toMatchObject({ status: 200 })
    expect(await call('DELETE', '/contexts/.risk')).toMatchObject(error(422, 42211))
    expect(await call('DELETE', '/contexts/.empty')).toMatchObject({ status: 204 })
  })
  test('are all looked through for one who is of none; he has to name one where he writes', async () => {
    const ana = as('user:ana')
    await register('only-here', record('Here', text))
    const found = await ana('GET', `${versions('only-here')}/latest`)
    expect(found.body).toMatchObject({ subject: ':.payments:only-here', version: 1 })
    expect(await ana('GET', `/schemas/ids/${(found.body as { id: number }).id}`)).toMatchObject({ status: 200 })
    expect(await ana('POST', versions('only-here'), { schema: first })).toMatchObject(error(422, 42208))
    expect(await ana('DELETE', '/subjects/only-here')).toMatchObject(error(422, 42208))
    expect(await ana('POST', '/contexts/payments/subjects/only-here/versions', { schema: record('Here', text) })).toMatchObject({ status: 200 }) // prettier-ignore
    expect(await call('GET', '/subjects/no%20name/versions')).toMatchObject(error(422, 42208))
  })
  test('that a caller may not see are not there for him, by no way', async () => {
    const hidden = as('sa:vault/keeper')
    const id = idOf(await hidden('POST', versions('secret'), { schema: record('Secret', text) }))
    const { guid } = (await hidden('GET', `/schemas/ids/${id}`)).body as { guid: string }
    hiddenDomains.add('vault')
    const ana = as('user:ana')
    for (const path of [
      `/schemas/ids/${id}`,
      `/schemas/ids/${id}/versions`,
      `/schemas/guids/${guid}`,
      `/schemas/guids/${guid}/ids`,
      `${versions('secret')}/1`,
    ])
      // prettier-ignore
      expect((await ana('GET', path)).status, path).toBe(404)
    expect(JSON.stringify((await ana('GET', '/subjects')).body)).not.toContain('secret')
    expect(JSON.stringify((await ana('GET', '/schemas')).body)).not.toContain('Secret')
    expect((await ana('GET', '/contexts')).body).not.toContain('.vault')
    expect(await ana('GET', '/contexts/vault/subjects')).toMatchObject(error(403, 40301))
    expect(await ana('GET', `/contexts/vault/schemas/ids/${id}`)).toMatchObject(error(404, 40403))
    const references = [{ name: 'Secret', subject: ':.vault:secret', version: 1 }]
    const reaching = { schema: record('Reach', { name: 'it', type: 'Secret' }), references }
    expect(await call('POST', versions('reaching'), reaching)).toMatchObject(error(403, 40301))
    expect(await call('POST', `/compatibility${versions('reaching')}`, reaching)).toMatchObject(error(403, 40301))
  })
})

describe('refusals', () => {
  test('have the form of the API wherever they come from', async () => {
    forbidden.add('create schema/forbidden')
    expect(await register('forbidden', first)).toMatchObject(error(403, 40301))
    expect(await call('GET', '/no/such/path')).toMatchObject({ status: 404, body: { error_code: 404 } })
    expect(await call('PATCH', '/config')).toMatchObject({ status: 405, body: { error_code: 405 } })
    expect(await call('GET', '/subjects?limit=many')).toMatchObject({ status: 400, body: { error_code: 400 } })
    const nobody = await fetch(`${running.url}/schema-registry/subjects`)
    expect(await nobody.json()).toMatchObject({ error_code: 40101 })
  })
})
