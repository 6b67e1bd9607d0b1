import { asIdentity, testIdentity, until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closed, project, startStage, type Api, type Stage } from '../test-support/stage.ts'

const text = { type: 'string' }
const doc = { description: 'Money that came in' }
const first = closed({ id: text, amount: { type: 'integer' } }, ['id', 'amount'])
const without = closed({ id: text }, ['id'])
const personal = JSON.stringify({ type: 'object', ...doc, properties: { id: text, iban: text }, additionalProperties: false }) // prettier-ignore

let stage: Stage
let api: Api
let lead: Api
beforeAll(async () => {
  stage = await startStage()
  api = stage.api
  lead = stage.as('user:lead')
})
afterAll(() => stage?.close())

const register = (subject: string, schema: string, by = api) =>
  by.registerVersion({ params: { project, subject }, body: { type: 'JSON', schema } })
/** What the gate says to one more component that would read a version, or write it. */
const gate = (
  environment: string,
  subject: string,
  side: 'produces' | 'consumes' = 'consumes',
  component = 'newcomer',
) =>
  // prettier-ignore
  api.checkDeployment({
    params: { project, environment },
    body: { component, produces: [], consumes: [], [side]: [{ subject, version: 1 }] },
  })
const rulesOf = async (verdict: ReturnType<typeof gate>): Promise<(string | undefined)[]> =>
  (await verdict).reasons.map(({ rule }) => rule)

describe('a breaking schema', () => {
  const subject = 'reviewed'
  const params = { project, subject }
  const reviewOf = (link: unknown): string => /\/reviews\/(rvw_\w+)$/.exec(String(link))?.[1] ?? ''

  test('is refused with a link to its review, and comes in by the very same call once somebody else approves it', async () => {
    await register(subject, first)
    const refused = await register(subject, without).catch((error: unknown) => error)
    expect(refused).toMatchObject({ status: 409, code: 'schemas.incompatible' })
    const { reviewLink, incompatibilities } = (refused as { extensions: Record<string, unknown> }).extensions
    expect(reviewLink).toMatch(/^http:\/\/localhost:8080\/projects\/payments\/schemas\/reviewed\/reviews\/rvw_/)
    expect(incompatibilities).toMatchObject([{ path: expect.stringContaining('amount') as string }])
    const review = reviewOf(reviewLink)
    expect(await lead.getSchemaReview({ params: { ...params, review } })).toMatchObject({ state: 'pending', against: 1, askers: ['user:ana'], mayDecide: true, diff: expect.arrayContaining([expect.objectContaining({ kind: 'removed' })]) as unknown }) // prettier-ignore

    await expect(api.approveSchemaReview({ params: { ...params, review }, body: { reason: 'I know better' } })).rejects.toMatchObject({ status: 403, code: 'schemas.self_approval_refused' }) // prettier-ignore
    await lead.approveSchemaReview({ params: { ...params, review }, body: { reason: 'All readers are gone' } })
    expect(await register(subject, without)).toMatchObject({ version: 2 })
    expect(await api.getSchemaReview({ params: { ...params, review } })).toMatchObject({ state: 'used', version: 2 })
    for (const state of ['pending', 'approved', 'used'])
      await stage.event(({ data }) => data['review'] === review && data['state'] === state, state)
  })

  test('is told so in the words of Kafka clients too, whose unchanged call then succeeds', async () => {
    await register('streamed', first)
    const post = async () => {
      const answer = await fetch(`${stage.url}/schema-registry/contexts/.payments/subjects/streamed/versions`, {
        method: 'POST',
        headers: { ...asIdentity(testIdentity('user:ana')), 'content-type': 'application/vnd.schemaregistry.v1+json' },
        body: JSON.stringify({ schemaType: 'JSON', schema: without }),
      })
      return { status: answer.status, body: (await answer.json()) as { error_code?: number; message?: string } }
    }
    const refused = await post()
    expect([refused.status, refused.body.error_code]).toEqual([409, 40901])
    const review = reviewOf(refused.body.message?.replace(/[\])}'"., ]+$/, ''))
    await lead.approveSchemaReview({ params: { project, subject: 'streamed', review }, body: { reason: 'Agreed on' } })
    expect(await post()).toMatchObject({ status: 200, body: { version: 2 } })
  })

  test('stays out where it is rejected, and where it was approved against a version that is not the newest any more', async () => {
    await register('moving', first)
    const link = async (schema: string): Promise<string> => {
      const refused = await register('moving', schema).catch((error: unknown) => error)
      return reviewOf((refused as { extensions: Record<string, unknown> }).extensions['reviewLink'])
    }
    const [one, other] = [await link(without), await link(closed({}, []))]
    const at = (review: string) => ({ params: { project, subject: 'moving', review }, body: { reason: 'Because' } })
    await lead.rejectSchemaReview(at(one))
    await expect(register('moving', without)).rejects.toMatchObject({ code: 'schemas.incompatible' })
    await lead.approveSchemaReview(at(other))
    await register('moving', closed({ id: text, amount: { type: 'integer' }, note: text }, ['id', 'amount']))
    await expect(register('moving', closed({}, []))).rejects.toMatchObject({ code: 'schemas.incompatible' })
    const { items } = await api.listSchemaReviews({ params: { project }, query: { subject: 'moving', state: 'rejected' } }) // prettier-ignore
    expect(items).toMatchObject([{ id: one, decidedBy: 'user:lead', reason: 'Because' }])
  })
})

describe('the owner of a subject', () => {
  test('is the component that registers it first, with whom the catalog names for it; another one must be there', async () => {
    stage.owners['payments/ledger'] = 'group:payments/core'
    const params = { project, subject: 'owned' }
    await register('owned', first, stage.as('job:payments/pip_1', { project, repository: 'ledger' }))
    expect(await api.getSubjectGovernance({ params })).toMatchObject({ owner: 'component:payments/ledger', contact: 'group:payments/core' }) // prettier-ignore
    await expect(api.updateSubjectGovernance({ params, body: { owner: 'component:payments/nowhere' } })).rejects.toMatchObject({ status: 404, code: 'provisioning.component_unknown' }) // prettier-ignore
    const given = await api.updateSubjectGovernance({ params, body: { owner: 'group:payments/risk', description: 'Entries' } }) // prettier-ignore
    expect(given).toMatchObject({ owner: 'group:payments/risk', description: 'Entries' })
    await stage.event(({ data }) => data['subject'] === 'owned' && data['owner'] === 'group:payments/risk', 'the event')
  })
})

describe('the life of a subject', () => {
  const subject = 'living'
  const params = { project, subject }
  const become = (
    state: 'draft' | 'active' | 'deprecated' | 'retired',
    more: { retireOn?: string; replacement?: string } = {},
  ) =>
    // prettier-ignore
    api.setSubjectLifecycle({ params, body: { state, ...more } })

  test('keeps drafts out of production, and nowhere else', async () => {
    await register(subject, first)
    await become('draft')
    expect(await rulesOf(gate('staging', subject))).toEqual([])
    expect(await rulesOf(gate('production', subject))).toEqual(['SUBJECT_DRAFT'])
    await become('active')
    await stage.deploy({ component: 'early', environment: 'production', consumes: [{ subject, version: 1 }] })
    await expect(become('draft')).rejects.toMatchObject({ status: 409, errors: [{ path: 'early in production' }] })
    await stage.deploy({ component: 'early', environment: 'production', removed: true })
  })

  test('takes nobody new once it is deprecated, nobody at all after its day, and tells what to go to', async () => {
    await stage.deploy({ component: 'regular', consumes: [{ subject, version: 1 }] })
    await become('deprecated', { retireOn: '2099-12-31', replacement: 'owned' })
    expect((await gate('production', subject)).reasons).toMatchObject([{ rule: 'SUBJECT_DEPRECATED', message: expect.stringContaining("Go to 'owned'") as string }]) // prettier-ignore
    expect(await rulesOf(gate('production', subject, 'consumes', 'regular'))).toEqual([])
    const { warnings } = await register(subject, closed({ id: text, amount: { type: 'integer' }, note: text }, ['id', 'amount'])) // prettier-ignore
    expect(warnings?.[0]).toMatchObject({ rule: 'lifecycle', severity: 'warn' })
    await become('deprecated', { retireOn: '2020-01-01' })
    expect(await rulesOf(gate('production', subject, 'consumes', 'regular'))).toEqual(['SUBJECT_PAST_ITS_DAY'])
    const event = await stage.event(({ data }) => data['subject'] === subject && data['lifecycle'] === 'deprecated', 'the event') // prettier-ignore
    expect(event.data['consumers']).toEqual(['payments/development/regular'])
  })

  test('ends only when nothing that runs uses it; then it takes no version and no deployment', async () => {
    await expect(become('retired')).rejects.toMatchObject({ status: 409, code: 'schemas.lifecycle_refused', errors: [{ path: 'regular in development' }] }) // prettier-ignore
    await stage.deploy({ component: 'regular', removed: true })
    await become('retired', { replacement: 'owned' })
    expect(await rulesOf(gate('development', subject))).toEqual(['SUBJECT_RETIRED'])
    await expect(register(subject, without)).rejects.toMatchObject({ status: 409, code: 'schemas.subject_retired' })
    await expect(become('active')).rejects.toMatchObject({ status: 409 })
  })
})

describe('tags and rules', () => {
  const subject = 'account.opened'
  const params = { project, subject }

  test('keep data with a tag where it may be: environments, and projects of others', async () => {
    const { warnings } = await register(subject, personal)
    expect(warnings).toMatchObject([{ rule: 'pii-tagged', path: 'iban' }])
    await expect(api.setSubjectFieldTags({ params, body: { fields: [{ path: 'none', tags: ['PII'] }] } })).rejects.toMatchObject({ status: 422, code: 'schemas.field_unknown' }) // prettier-ignore
    const tagged = await api.setSubjectFieldTags({ params, body: { fields: [{ path: 'iban', tags: ['PII'] }] } })
    expect(tagged.fields).toEqual([{ path: 'iban', tags: ['PII'], written: [] }])
    const classifications = [{ tag: 'PII', description: 'People', environments: ['production'], projects: ['vault'] }]
    await lead.setSchemaClassifications({ params: { project }, body: { classifications } })
    expect((await gate('development', subject)).reasons).toMatchObject([{ rule: 'TAG_MISPLACED', path: 'iban', message: expect.stringContaining('only go to production') as string }]) // prettier-ignore
    expect(await rulesOf(gate('production', subject))).toEqual([])
    const stranger = { component: 'nosy', produces: [], consumes: [{ subject: `${project}/${subject}`, version: 1 }] }
    const abroad = await api.checkDeployment({ params: { project: 'ads', environment: 'production' }, body: stranger })
    expect(abroad.reasons).toMatchObject([{ rule: 'TAG_MISPLACED', message: expect.stringContaining('not to ads') as string }]) // prettier-ignore
  })

  test('refuse what breaks an error of the project at registration, and what breaks one of an environment at its gate', async () => {
    const rules = [
      { rule: 'field-name', severity: 'error' as const, style: 'snake' },
      { rule: 'doc-required', severity: 'error' as const, environment: 'production' },
    ]
    await lead.setSchemaRules({ params: { project }, body: { rules } })
    await expect(register('camel', closed({ entryId: text }, []))).rejects.toMatchObject({ status: 422, code: 'schemas.lint_refused', errors: [{ path: 'entryId' }] }) // prettier-ignore
    await register('undocumented', closed({ entry_id: text }, []))
    expect(await rulesOf(gate('development', 'undocumented', 'produces'))).toEqual([])
    expect((await gate('production', 'undocumented', 'produces')).reasons).toMatchObject([{ rule: 'RULE_BROKEN', message: expect.stringContaining("production demands 'doc-required'") as string }]) // prettier-ignore
    await expect(lead.setSchemaRules({ params: { project }, body: { rules: [{ rule: 'no-such', severity: 'warn' }] } })).rejects.toMatchObject({ status: 422, errors: [{ path: '/rules/0/rule' }] }) // prettier-ignore
  })
})

describe('the search', () => {
  const find = async (query: Record<string, string>, by = api): Promise<string[]> =>
    (await by.searchSchemas({ query })).items.map(({ subject }) => subject)

  test('finds by name, field, documentation, tag and owner, and nothing of projects that one may not see', async () => {
    await until(async () => (await find({ q: 'money iban' })).includes('account.opened'), { what: 'the index' })
    expect(await find({ q: 'accountop' })).toEqual(['account.opened'])
    expect(await find({ tag: 'PII' })).toEqual(['account.opened'])
    expect(await find({ owner: 'group:payments/risk' })).toEqual(['owned'])
    await until(async () => (await find({ lifecycle: 'retired' })).includes('living'), { what: 'the index' })
    const [hit] = (await api.searchProjectSchemas({ params: { project }, query: { q: 'iban' } })).items
    expect(hit?.matches).toEqual([{ in: 'field', path: 'iban', text: 'iban' }])
    stage.hidden.add(project)
    expect(await find({ q: 'iban' }, stage.as('user:mallory'))).toEqual([])
    stage.hidden.clear()
  })

  test('leads to the documentation of a version and to two of them side by side', async () => {
    const params = { project, subject: 'account.opened' }
    const read = await api.getSchemaDocumentation({ params: { ...params, version: 'latest' } })
    expect(read).toMatchObject({ doc: 'Money that came in', fields: [{ path: 'id' }, { path: 'iban', tags: ['PII'] }] })
    const beside = await api.diffSchemaVersions({ params: { project, subject: 'reviewed' }, query: { from: '1', to: '2' } }) // prettier-ignore
    expect(beside).toMatchObject({ fields: [{ path: 'amount', change: 'removed' }], forward: { compatible: false } })
  })
})
