import { recordDeployed } from '@plinth/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
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
    expect((await call('GET', `${versions('old-name')}/latest`)).body).toMatchObject({
      subject: 'renamed',
      version: 1,
    })
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
    const provisioning = await stand.nats.bus('provisioning')
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
    const risk = stand.as('sa:risk/scorer')
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
    const ana = stand.as('user:ana')
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
    const hidden = stand.as('sa:vault/keeper')
    const id = idOf(await hidden('POST', versions('secret'), { schema: record('Secret', text) }))
    const { guid } = (await hidden('GET', `/schemas/ids/${id}`)).body as { guid: string }
    stand.hidden.add('vault')
    const ana = stand.as('user:ana')
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
    stand.forbidden.add('create schema/forbidden')
    await register('unread', record('Unread', text))
    stand.forbidden.add('get schema/unread')
    expect((await call('GET', '/schemas?subjectPrefix=unread')).body).toEqual([])
    expect(await register('forbidden', first)).toMatchObject(error(403, 40301))
    expect(await call('GET', '/no/such/path')).toMatchObject({ status: 404, body: { error_code: 404 } })
    expect(await call('PATCH', '/config')).toMatchObject({ status: 405, body: { error_code: 405 } })
    expect(await call('GET', '/subjects?limit=many')).toMatchObject({ status: 400, body: { error_code: 400 } })
    const nobody = await fetch(`${stand.running.url}/schema-registry/subjects`)
    expect(await nobody.json()).toMatchObject({ error_code: 40101 })
  })
})
