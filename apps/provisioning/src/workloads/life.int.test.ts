import { failure, getWorkloadState, planWorkload, setWorkload } from '@plinth/contracts'
import { asIdentity, until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { desired, scoreText } from '../test-support/score.ts'
import { createStand, withComponent, type Stand } from '../test-support/stand.ts'

const place = { project: 'payments', environment: 'development', workload: 'ledger' }
const path = '/api/v1/projects/payments/environments/development/workloads/ledger'
const components = '/api/v1/projects/payments/components'

describe('the life of a component', () => {
  let stand: Stand
  beforeAll(async () => {
    stand = await createStand()
    await withComponent(stand)
    await stand.bus.ask(setWorkload, desired())
    await running()
  })
  afterAll(() => stand.close())

  const state = async () => {
    const seen = await stand.bus.ask(getWorkloadState, place)
    return seen.found ? seen.workload : undefined
  }
  const running = () => until(async () => ((await state())?.state === 'running' ? state() : undefined))
  const nudge = () => stand.bus.notify('plinth.runner.local.workload-changed', { name: 'payments.development.ledger' })
  const operationEnds = async (answer: { body: Record<string, unknown> }) =>
    until(async () => {
      const { body } = await stand.call('GET', `/api/v1/projects/payments/operations/${String(answer.body['id'])}`)
      return body['state'] !== 'running' && body
    })

  it('plans what a change would do field by field, with the gate, and touches nothing', async () => {
    const before = stand.house.calls.filter((call) => call !== 'schemas.check-gate').length
    const plan = await stand.bus.ask(
      planWorkload,
      desired({
        deployment: 'dep_9',
        revision: '9'.repeat(40),
        score: scoreText({ replicas: 2, resources: '  web: { type: route }\n  other: { type: postgres }' }),
      }),
    )
    const actions = plan.changes.map(({ action, kind, name }) => `${action} ${kind} ${name}`)
    expect(actions).toEqual(
      expect.arrayContaining([
        'create postgres other',
        'delete postgres database',
        'update route web',
        'update workload ledger',
      ]),
    )
    expect(plan.changes.at(-1)?.fields).toEqual(expect.arrayContaining([{ path: 'replicas', before: '1', after: '2' }]))
    expect(plan.gate).toEqual({ allowed: true, reasons: [] })
    expect(stand.house.calls.filter((call) => call !== 'schemas.check-gate').length).toBe(before)
  })

  it('a score.yaml that is not valid is refused with its place, and nothing is written', async () => {
    const bad = desired({ deployment: 'dep_bad', score: `${scoreText()}\nextra: 1\n` })
    await expect(stand.bus.ask(setWorkload, bad)).rejects.toMatchObject({
      code: 'provisioning.score_invalid',
      problems: [{ path: expect.stringMatching(/^score\.yaml:\d+:\d+$/) }],
    })
    expect((await state())?.desired.deployment).toBe('dep_1')
  })

  it('what belongs to no project, environment or component is refused', async () => {
    for (const [change, code] of [
      [{ project: 'nobody' }, 'provisioning.project_unknown'],
      [{ environment: 'nowhere' }, 'provisioning.environment_unknown'],
      [{ component: 'nothing' }, 'provisioning.component_unknown'],
      [{ deployment: "x'; drop table projects; --" }, 'platform.request_invalid'],
    ] as const) {
      await expect(stand.bus.ask(setWorkload, desired({ deployment: 'dep_x', ...change }))).rejects.toMatchObject({
        code,
      })
    }
  })

  it('a deployment without an artifact fails and says what is missing; the old one stays', async () => {
    const { artifact: _none, ...without } = desired({ deployment: 'dep_none' })
    await stand.bus.ask(setWorkload, without)
    const failed = await until(async () => ((await state())?.detail?.includes('no artifact') ? state() : undefined))
    expect(failed).toMatchObject({ state: 'failed', live: { deployment: 'dep_1' } })
    await stand.bus.ask(setWorkload, desired({ deployment: 'dep_2' }))
    await running()
  })

  it('a database that somebody dropped is made again, the workload restarted, and both said', async () => {
    const [database] = await stand.admin.query<{ name: string }>(
      `select datname as name from pg_database where datname like 'w_payments_development_ledger_%'`,
    )
    const restart = stand.house.hosted.get('payments.development.ledger')?.wish.restart ?? 0
    await stand.admin.query(`drop database "${database?.name}" with (force)`)
    nudge()
    await until(
      async () =>
        (await stand.admin.query(`select 1 from pg_database where datname = $1`, [database?.name])).length === 1,
    )
    await until(() => stand.house.hosted.get('payments.development.ledger')?.wish.restart === restart + 1)
    expect((await running())?.resources.find(({ kind }) => kind === 'postgres')?.detail).toMatch(
      /was gone and was made again, empty/,
    )
  })

  it('a runner that lost the workload, or was told otherwise, is told again', async () => {
    stand.house.hosted.delete('payments.development.ledger')
    nudge()
    await until(() => stand.house.hosted.has('payments.development.ledger'))
    const found = stand.house.hosted.get('payments.development.ledger')
    if (found) found.wish = { ...found.wish, replicas: 7 }
    nudge()
    await until(() => stand.house.hosted.get('payments.development.ledger')?.wish.replicas === 1)
    await running()
  })

  it('waits for schemas that do not answer, changing nothing, and goes on when they do', async () => {
    stand.house.refuse.set('schemas.check-gate', failure('platform.unavailable', { detail: 'Schemas is away.' }))
    await stand.bus.ask(setWorkload, desired({ deployment: 'dep_3' }))
    await until(async () => (await state())?.detail === 'Waiting: Schemas is away.')
    expect(stand.house.hosted.get('payments.development.ledger')?.wish.deployment).toBe('dep_2')
    stand.house.refuse.clear()
    await until(async () => (await state())?.live.deployment === 'dep_3')
  })

  it('lists only the projects that the caller may see, over pages', async () => {
    for (const name of ['alpha', 'beta', 'gamma', 'delta'])
      await stand.call('POST', '/api/v1/projects', { body: { name } })
    stand.house.visible = new Set(['alpha', 'gamma', 'payments'])
    const first = await stand.call('GET', '/api/v1/projects?limit=2')
    expect(first.body.items?.map((item) => item['name'])).toEqual(['alpha', 'gamma'])
    const second = await stand.call('GET', `/api/v1/projects?limit=2&cursor=${String(first.body['nextCursor'])}`)
    expect(second.body.items?.map((item) => item['name'])).toEqual(['payments'])
    stand.house.visible = new Set(['alpha'])
    expect((await stand.call('GET', '/api/v1/catalog')).body.items).toEqual([])
    stand.house.visible = undefined
    expect((await stand.call('GET', '/api/v1/catalog?search=LEDG')).body.items).toHaveLength(1)
  })

  it('answers bad input as such: names, duplicates, parameters, foreign ids', async () => {
    const create = (body: unknown) => stand.call('POST', components, { body })
    expect((await create({ name: 'ledger', template: 'node-service' })).body['code']).toBe(
      'provisioning.component_exists',
    )
    expect((await create({ name: 'other', template: 'nothing' })).body['code']).toBe('provisioning.template_unknown')
    expect((await create({ name: 'other', template: 'node-service', parameters: { nope: 1 } })).body).toMatchObject({
      status: 422,
      errors: [{ path: '/parameters/nope' }],
    })
    for (const name of ['../etc', 'A', 'admin', 'x'.repeat(41), "a'b", 'a.b'])
      expect((await create({ name, template: 'node-service' })).status).toBe(400)
    expect((await stand.call('POST', '/api/v1/projects', { body: { name: 'payments' } })).status).toBe(409)
    expect((await stand.call('GET', '/api/v1/projects/nobody')).status).toBe(404)
    expect((await stand.call('GET', '/api/v1/projects/alpha/operations/opn_unknown')).body['code']).toBe(
      'provisioning.operation_unknown',
    )
    expect((await stand.call('GET', '/api/v1/projects?cursor=!!')).body['code']).toBe('platform.cursor_invalid')
    expect((await stand.call('POST', `${path}/scale`, { body: { replicas: 0 } })).status).toBe(400)
    expect((await stand.call('GET', components)).body.items).toHaveLength(1)
  })

  it('plans a component, and makes nothing of it', async () => {
    const plan = await stand.call('POST', `${components}/plan`, { body: { name: 'planned', template: 'node-service' } })
    expect(plan.body['files']).toEqual(expect.arrayContaining(['score.yaml', 'node_modules/pg/package.json']))
    expect((await stand.call('GET', `${components}/planned`)).status).toBe(404)
    expect(stand.house.repositories.has('payments/planned')).toBe(false)
  })

  it('a creation that cannot succeed fails with the reason, and its removal leaves a foreign repository alone', async () => {
    stand.house.repositories.set('payments/taken', {
      project: 'payments',
      repository: 'taken',
      files: [],
      message: '',
      authorName: '',
      actor: '',
    })
    const made = await stand.call('POST', components, { body: { name: 'taken', template: 'node-service' } })
    expect(await operationEnds(made)).toMatchObject({ state: 'failed', error: { code: 'gitops.repository_exists' } })
    expect((await stand.call('GET', `${components}/taken`)).body['state']).toBe('failed')
    expect(await operationEnds(await stand.call('DELETE', `${components}/taken`))).toMatchObject({ state: 'succeeded' })
    expect(stand.house.repositories.has('payments/taken')).toBe(true)
  })

  it('a creation waits for gitops that does not answer; its steps can be followed to the end', async () => {
    stand.house.refuse.set('gitops.create-repository', failure('platform.timeout'))
    const made = await stand.call('POST', components, { body: { name: 'later', template: 'node-service' } })
    const url = `${stand.app.url}/api/v1/projects/payments/operations/${String(made.body['id'])}`
    await until(async () =>
      JSON.stringify((await stand.call('GET', new URL(url).pathname)).body).includes('Trying again'),
    )
    stand.house.refuse.clear()
    const stream = await (await fetch(`${url}/events`, { headers: asIdentity('user:ana') })).text()
    expect(stream).toContain('"state":"succeeded"')
  })

  it('is deleted in order: what runs, the database, the token, the promises, the repository, the entry', async () => {
    const from = stand.house.calls.length
    // Held at its first step, so that the second request surely meets a deletion under way.
    stand.house.refuse.set('runner.remove-workload', failure('platform.unavailable'))
    const deleting = await stand.call('DELETE', `${components}/ledger`)
    expect((await stand.call('DELETE', `${components}/ledger`)).body['id']).toBe(deleting.body['id'])
    stand.house.refuse.clear()
    expect(await operationEnds(deleting)).toMatchObject({ state: 'succeeded' })
    const order = stand.house.calls.slice(from).filter((call) => !call.startsWith('authorization.decide'))
    const first = (call: string): number => order.indexOf(call)
    expect(first('runner.remove-workload')).toBeLessThan(first('authorization.revoke-token'))
    expect(first('authorization.revoke-token')).toBeLessThan(first('schemas.record-deployed'))
    expect(first('schemas.record-deployed')).toBeLessThan(first('gitops.archive-repository'))
    expect(stand.house.recorded.at(-1)).toMatchObject({ removed: true })
    expect(
      await stand.admin.query(`select 1 from pg_database where datname like 'w_payments_development_ledger_%'`),
    ).toEqual([])
    expect((await stand.call('GET', `${components}/ledger`)).status).toBe(404)
    expect(await state()).toBeUndefined()
  })

  it('never takes a runner that does not answer for a workload that is gone', async () => {
    await withComponent(stand, 'payments', 'stays')
    await stand.bus.ask(
      setWorkload,
      desired({ workload: 'stays', component: 'stays', deployment: 'dep_s', score: scoreText({ name: 'stays' }) }),
    )
    await until(() => stand.house.recorded.some(({ deployment }) => deployment === 'dep_s'))
    stand.house.refuse.set('runner.remove-workload', failure('platform.unavailable', { detail: 'The runner is away.' }))
    const deleting = await stand.call('DELETE', `${components}/stays`)
    await until(async () =>
      JSON.stringify(
        (await stand.call('GET', `/api/v1/projects/payments/operations/${String(deleting.body['id'])}`)).body,
      ).includes('The runner is away'),
    )
    expect(
      await stand.admin.query(`select 1 from pg_database where datname like 'w_payments_development_stays_%'`),
    ).toHaveLength(1)
    stand.house.refuse.clear()
    expect(await operationEnds(deleting)).toMatchObject({ state: 'succeeded' })
  })
})
