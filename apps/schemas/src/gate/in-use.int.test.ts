import { checkGate, validatePayload } from '@plinth/contracts'
import { newId } from '@plinth/kernel'
import { until, type TestNats } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closed, project, startStage, type Api, type Stage } from '../test-support/stage.ts'

const text = { type: 'string' }
const first = closed({ id: text, amount: { type: 'integer' } }, ['id', 'amount'])
const without = closed({ id: text }, ['id'])
const wider = closed({ id: text, amount: { type: 'integer' }, note: text }, ['id', 'amount'])

let stage: Stage
let nats: TestNats
let api: Api
let as: Stage['as']
let deploy: Stage['deploy']
let subjectWith: Stage['subjectWith']
let event: Stage['event']

beforeAll(async () => {
  stage = await startStage()
  ;({ nats, api, as, deploy, subjectWith, event } = stage)
})
afterAll(() => stage?.close())

describe('the gate', () => {
  const environment = 'production'
  const candidate = { project, environment, component: 'ledger', consumes: [] }

  test('tells rule, place, version, deployment and owner of the pair that does not fit', async () => {
    await subjectWith('paid', first, without)
    await deploy({
      component: 'reports',
      environment,
      owner: 'group:finance',
      consumes: [{ subject: 'paid', version: 1 }],
    })
    const bus = await nats.bus('provisioning')
    const { allowed, reasons } = await bus.ask(checkGate, { ...candidate, produces: [{ subject: 'paid', version: 2 }] })
    expect(allowed).toBe(false)
    expect(reasons[0]).toMatchObject({
      subject: 'payments/paid',
      version: 2,
      path: expect.stringContaining('amount') as string,
      rule: expect.any(String) as string,
      consumers: ['payments/reports'],
      other: { component: 'payments/reports', side: 'consumes', version: 1, owner: 'group:finance' },
    })
  })

  test('lets through against its verdict only while an exception holds, which is noted when it is granted, used and withdrawn', async () => {
    const params = { project, environment }
    const lead = as('user:lead')
    const asked = { ...candidate, produces: [{ subject: 'paid', version: 2 }] }
    const bus = await nats.bus('provisioning')
    const made = await lead.createGateOverride({
      params,
      body: { component: 'ledger', reason: 'Reports are switched off', hours: 24 },
    })
    expect(Date.parse(made.expiresAt) - Date.parse(made.createdAt)).toBe(86_400_000)
    expect(await bus.ask(checkGate, asked)).toMatchObject({
      allowed: true,
      override: { id: made.id, by: 'user:lead', reason: 'Reports are switched off' },
    })
    expect((await bus.ask(checkGate, { ...asked, component: 'other' })).allowed).toBe(false)
    const deployment = newId('dep')
    for (let twice = 0; twice < 2; twice++) await deploy({ ...asked, deployment })
    const { items } = await lead.listGateOverrides({ params })
    expect(items).toMatchObject([{ id: made.id, state: 'active', uses: 1 }])
    await lead.withdrawGateOverride({ params: { ...params, override: made.id } })
    expect((await bus.ask(checkGate, asked)).allowed).toBe(false)
    expect((await lead.listGateOverrides({ params })).items).toMatchObject([{ state: 'withdrawn', withdrawnBy: 'user:lead' }]) // prettier-ignore
    await expect(lead.withdrawGateOverride({ params: { ...params, override: made.id } })).rejects.toMatchObject({ status: 404, code: 'schemas.override_unknown' }) // prettier-ignore
    for (const change of ['granted', 'used', 'withdrawn'])
      await event(({ data }) => data['override'] === made.id && data['change'] === change, change)
    for (const action of ['gate.override', 'gate.override-used', 'gate.override-withdraw'])
      await event(({ data }) => data['action'] === action, action)
  })

  test('takes no exception for longer than a week, without a reason, or where there is no environment', async () => {
    const grant = (place: string, body: { reason: string; hours: number }) =>
      api.createGateOverride({ params: { project, environment: place }, body: { component: 'ledger', ...body } })
    await expect(grant(environment, { reason: 'A long holiday', hours: 169 })).rejects.toMatchObject({ status: 400 })
    await expect(grant(environment, { reason: 'short', hours: 1 })).rejects.toMatchObject({ status: 400 })
    await expect(grant('nowhere', { reason: 'It is not there', hours: 1 })).rejects.toMatchObject({ status: 404, code: 'provisioning.environment_unknown' }) // prettier-ignore
  })

  test('shows nothing of a project that the caller may not see but that it is in the way', async () => {
    await subjectWith('secretly-read', first, without)
    await deploy({ project: 'vault', component: 'safe', environment, consumes: [{ subject: `${project}/secretly-read`, version: 1 }] }) // prettier-ignore
    stage.hidden.add('vault')
    try {
      const params = { project, environment }
      const produces = [{ subject: 'secretly-read', version: 2 }]
      const mallory = as('user:mallory')
      const verdict = await mallory.checkDeployment({ params, body: { component: 'ledger', produces, consumes: [] } })
      expect(verdict).toMatchObject({ allowed: false, reasons: [{ consumers: [] }] })
      expect(JSON.stringify(verdict)).not.toContain('vault')
      const foreign = [{ subject: 'vault/anything', version: 1 }]
      const probed = await mallory.checkDeployment({ params, body: { component: 'ledger', produces: [], consumes: foreign } }) // prettier-ignore
      expect(probed).toMatchObject({ allowed: false, reasons: [{ rule: 'SUBJECT_HIDDEN' }] })
    } finally {
      stage.hidden.clear()
    }
  })
})

describe('the impact of a change', () => {
  const params = { project, subject: 'changing' }

  test('names each running instance that would break, with its owner, environment and reasons', async () => {
    await subjectWith('changing', first)
    await deploy({
      component: 'writer',
      produces: [{ subject: 'changing', version: 1 }],
      owner: 'user:ana',
      replicas: 3,
    })
    await deploy({ component: 'reader', environment: 'production', consumes: [{ subject: 'changing', version: 1 }], owner: 'group:finance', replicas: 2 }) // prettier-ignore
    const broken = await api.analyzeImpact({ params, body: { schema: { type: 'JSON', schema: without } } })
    expect(broken).toMatchObject({ breaks: true, change: 'schema', registration: { compatible: false } })
    expect(broken.owners).toContain('group:finance')
    const reader = broken.items.find(({ component }) => component === 'reader')
    expect(reader).toMatchObject({ breaks: true, environment: 'production', replicas: 2, version: 1, side: 'consumes' })
    expect(reader?.reasons[0]?.path).toMatch(/amount/)
    expect(broken.summary).toMatch(/production/)
  })

  test('says that nothing breaks where nothing does, and whom a deletion leaves without a schema', async () => {
    const same = await api.analyzeImpact({ params, body: { version: 1 } })
    expect(same).toMatchObject({ breaks: false, owners: [], hidden: { instances: 0 } })
    const gone = await api.analyzeImpact({ params, body: { delete: true } })
    expect(gone.items).toHaveLength(2)
    expect(gone.items.every(({ breaks }) => breaks)).toBe(true)
  })

  test('counts what is of projects that the caller may not see', async () => {
    await deploy({ project: 'vault', component: 'safe', consumes: [{ subject: `${project}/changing`, version: 1 }] })
    stage.hidden.add('vault')
    const seen = await as('user:bob').analyzeImpact({ params, body: { delete: true } })
    stage.hidden.clear()
    expect(seen.hidden).toEqual({ instances: 1, breaking: 1 })
    expect(JSON.stringify(seen)).not.toContain('safe')
  })

  test('refuses a question that is none, and a subject that is not there', async () => {
    await expect(api.analyzeImpact({ params, body: {} })).rejects.toMatchObject({ status: 400 })
    await expect(api.analyzeImpact({ params, body: { version: 99 } })).rejects.toMatchObject({ code: 'schemas.version_unknown' }) // prettier-ignore
    await expect(api.analyzeImpact({ params: { project, subject: 'none' }, body: { delete: true } })).rejects.toMatchObject({ code: 'schemas.subject_unknown' }) // prettier-ignore
  })
})

describe('lineage', () => {
  test('shows what is declared in score.yaml beside what is deployed, with owners and how far each is behind', async () => {
    await subjectWith('traced', first, wider)
    await deploy({ component: 'mill', produces: [{ subject: 'traced', version: 1 }], owner: 'user:miller' })
    await deploy({ project: 'shop', component: 'till', consumes: [{ subject: `${project}/traced`, version: 1 }] })
    stage.scores['mill'] = 'metadata:\n  name: mill\n  annotations:\n    plinth.dev/produces: traced:2\n'
    await stage.push('mill')
    const graph = await until(async () => {
      const found = await api.getSubjectLineage({ params: { project, subject: 'traced' } })
      return found.edges.some(({ state }) => state === 'declared') ? found : undefined
    })
    expect(graph.edges).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ from: 'component:payments/mill', to: 'subject:payments/traced', version: 1, behind: 1, state: 'deployed' }),
        expect.objectContaining({ from: 'component:payments/mill', version: 2, behind: 0, state: 'declared' }),
        expect.objectContaining({ from: 'subject:payments/traced', to: 'component:shop/till', version: 1 }),
      ]),
    ) // prettier-ignore
    expect(graph.nodes).toContainEqual({ id: 'component:payments/mill', kind: 'component', project, name: 'mill', owner: 'user:miller' }) // prettier-ignore
    expect((await api.getProjectLineage({ params: { project: 'shop' } })).edges).toHaveLength(1)
  })
})

describe('versions by environment', () => {
  const params = { project, subject: 'staged' }
  const to = (environment: string) => ({ ...params, environment })

  test('are those that are written there, and differ where they do', async () => {
    await subjectWith('staged', first, wider)
    await deploy({ component: 'stage-a', produces: [{ subject: 'staged', version: 2 }] })
    await deploy({ component: 'stage-a', environment: 'production', produces: [{ subject: 'staged', version: 1 }] })
    const seen = await api.getSchemaEnvironments({ params })
    expect(seen.environments.map(({ environment, version, source, behind }) => [environment, version, source, behind])).toEqual([
      ['development', 2, 'deployed', 0],
      ['staging', undefined, 'none', 0],
      ['production', 1, 'deployed', 1],
    ]) // prettier-ignore
    expect(seen.drifts).toEqual(['development has version 2, production has version 1'])
    const { items } = await api.listSchemaEnvironments({ params: { project }, query: { drift: true } })
    expect(items.map(({ subject }) => subject)).toContain('staged')
  })

  test('are promoted with a diff, noted, and then hold: the gate lets nobody write a newer one there', async () => {
    const plan = await api.planSchemaPromotion({ params: to('staging'), query: {} })
    expect(plan).toMatchObject({ from: 'development', version: 2, gate: { allowed: true } })
    expect(plan.diff).toContainEqual(expect.objectContaining({ path: 'note', change: 'added' }))
    await as('user:lead').promoteSchema({ params: to('staging'), body: { reason: 'Release 14' } })
    const there = (await api.getSchemaEnvironments({ params })).environments[1]
    expect(there).toMatchObject({ version: 2, source: 'pinned', pin: { by: 'user:lead', promotedFrom: 'development', reason: 'Release 14' } }) // prettier-ignore
    await expect(api.promoteSchema({ params: to('staging'), body: {} })).rejects.toMatchObject({ code: 'schemas.nothing_to_promote' }) // prettier-ignore
    await api.registerVersion({ params, body: { type: 'JSON', schema: closed({ id: text, amount: { type: 'integer' }, more: text }, ['id', 'amount']) } }) // prettier-ignore
    const body = { component: 'stage-a', produces: [{ subject: 'staged', version: 3 }], consumes: [] }
    const held = await api.checkDeployment({ params: { project, environment: 'staging' }, body })
    expect(held).toMatchObject({ allowed: false, reasons: [{ rule: 'VERSION_NOT_PROMOTED', edit: expect.stringContaining('plinth schema promote staged --to staging') as string }] }) // prettier-ignore
    await event(({ data }) => data['action'] === 'schema.promote', 'the audit row')
    await event(({ data }) => data['promotedFrom'] === 'development' && data['environment'] === 'staging', 'the event')
    expect((await api.listSchemaPromotions({ params })).items).toMatchObject([{ to: 'staging', from: 'development', version: 2 }]) // prettier-ignore
  })

  test('are not promoted where what runs there does not fit, and nothing is written then', async () => {
    await subjectWith('refused-there', first, without)
    const key = { project, subject: 'refused-there', environment: 'production' }
    await deploy({ component: 'old-reader', environment: 'production', consumes: [{ subject: 'refused-there', version: 1 }] }) // prettier-ignore
    await expect(api.promoteSchema({ params: key, body: { version: 2 } })).rejects.toMatchObject({ status: 409, code: 'schemas.gate_refused' }) // prettier-ignore
    expect((await api.getSchemaEnvironments({ params: key })).environments[2]).toMatchObject({ version: 1, source: 'deployed' }) // prettier-ignore
  })

  test('may be pinned and let go; a pin that is not there is 404', async () => {
    await api.pinSchema({ params: to('production'), body: { version: 1, reason: 'Stays until the audit' } })
    await api.unpinSchema({ params: to('production') })
    await expect(api.unpinSchema({ params: to('production') })).rejects.toMatchObject({ status: 404, code: 'schemas.pin_unknown' }) // prettier-ignore
    await expect(api.pinSchema({ params: to('production'), body: { version: 99, reason: '' } })).rejects.toMatchObject({ code: 'schemas.version_unknown' }) // prettier-ignore
  })
})

describe('payloads', () => {
  const params = { project, subject: 'checked' }
  const good = { id: 'a', amount: 1 }

  test('are checked one by one and many at once, over HTTP and the bus, each with place and message', async () => {
    await subjectWith('checked', first)
    const payloads = [good, { id: 'a' }, { ...good, amount: 'much' }]
    const over = await api.validatePayloads({ params: { ...params, version: '1' }, body: { payloads } })
    expect(over).toMatchObject({ valid: false, checked: 3, invalid: 2, items: [{ valid: true }, { valid: false }, { problems: [{ path: '/amount' }] }] }) // prettier-ignore
    const bus = await nats.bus('telemetry')
    expect(await bus.ask(validatePayload, { ...params, payloads: [good] })).toMatchObject({ valid: true, version: 1 })
    await expect(bus.ask(validatePayload, { ...params, version: 9, payloads: [good] })).rejects.toMatchObject({ code: 'schemas.version_unknown' }) // prettier-ignore
  })

  test('of live traffic are counted by the hour with their reasons, and never kept', async () => {
    const workload = as('sa:payments/mill', {
      project,
      environment: 'production',
      workload: 'mill',
      deployment: 'dep_1',
    })
    const payloads = [good, { ...good, amount: 'hush-hush' }, { ...good, amount: 'hush-hush' }]
    expect(await workload.sendSamples({ params, body: { version: 1, payloads } })).toEqual({ checked: 3, invalid: 2, skipped: 0, sampleRate: 1 }) // prettier-ignore
    await workload.sendSamples({ params, body: { version: 1, payloads: [good] } })
    const { items } = await api.getSamples({ params, query: {} })
    expect(items).toMatchObject([{ version: 1, environment: 'production', checked: 4, invalid: 2, invalidRate: 0.5, sources: ['payments/mill'], reasons: [{ path: '/amount', count: 2 }] }]) // prettier-ignore
    expect(JSON.stringify(items)).not.toContain('hush-hush')
  })

  test('of a workload of another project count only where it says that it uses the subject', async () => {
    const claims = { project: 'stranger', environment: 'production', workload: 'nosy', deployment: 'dep_2' }
    const sent = as('sa:stranger/nosy', claims).sendSamples({ params, body: { version: 1, payloads: [good] } })
    await expect(sent).rejects.toMatchObject({ status: 404 })
  })

  test('in a flood are skipped, and the sender is told to send fewer', async () => {
    await subjectWith('flooded', first)
    const send = () =>
      api.sendSamples({ params: { project, subject: 'flooded' }, body: { version: 1, payloads: Array.from({ length: 100 }, () => good) } }) // prettier-ignore
    const answered = []
    for (let round = 0; round < 8; round++) answered.push(await send())
    expect(answered.reduce((sum, { checked }) => sum + checked, 0)).toBe(600)
    expect(answered.at(-1)).toMatchObject({ skipped: 100, sampleRate: 0.75 })
  })
})
