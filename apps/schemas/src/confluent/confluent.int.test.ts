import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  breaking,
  error,
  first,
  idOf,
  ok,
  openStand,
  optional,
  record,
  second,
  text,
  versions,
  type Answer,
  type Call,
  type Stand,
} from './test-stand.ts'

let stand: Stand
beforeAll(async () => {
  stand = await openStand()
})
afterAll(() => stand?.close())

const call: Call = (...asked) => stand.call(...asked)
const register: Stand['register'] = (...given) => stand.register(...given)

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
    const ruleSet = {
      domainRules: [{ name: 'checkId', kind: 'CONDITION', type: 'CEL', mode: 'WRITE', expr: 'true' }],
    }
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
    expect((await call('GET', `${versions('read')}/latest`)).body).toMatchObject({
      version: 2,
      ts: expect.any(Number),
    })
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
    expect((await call('GET', `/schemas/ids/${id}?fetchMaxId=true`)).body).toMatchObject({
      maxId: expect.any(Number),
    })
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
