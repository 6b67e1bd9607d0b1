import { gateNudgeSubject, getWorkloadState, setWorkload, type RpcResponse } from '@plinth/contracts'
import { rows, sql } from '@plinth/store'
import { until } from '@plinth/testkit'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { desired, scoreText } from '../test-support/score.ts'
import { createStand, withComponent, type Stand } from '../test-support/stand.ts'

const path = '/api/v1/projects/payments/environments/development/workloads/ledger'

describe('from nothing to a running workload with a database', () => {
  let stand: Stand
  beforeAll(async () => {
    stand = await createStand()
    await withComponent(stand)
  })
  afterAll(() => stand.close())

  const state = async (): Promise<RpcResponse<typeof getWorkloadState>> =>
    stand.bus.ask(getWorkloadState, { project: 'payments', environment: 'development', workload: 'ledger' })
  const runs = (deployment: string) =>
    until(async () => {
      const seen = await state()
      return (
        seen.found && seen.workload.state === 'running' && seen.workload.live.deployment === deployment && seen.workload
      )
    })
  const wish = () => stand.house.hosted.get('payments.development.ledger')?.wish

  it('made a repository whose files are the rendered template with its dependencies', async () => {
    const files = stand.house.repositories.get('payments/ledger')?.files ?? []
    const text = (name: string) => files.find((file) => file.path === name)?.content
    expect(text('score.yaml')).toContain('name: ledger')
    expect(text('node_modules/pg/package.json')).toContain('"version"')
    expect(JSON.parse(text('package.json') ?? '{}')).toMatchObject({
      name: 'ledger',
      dependencies: { pg: expect.stringMatching(/^\d/) },
    })
  })

  it('creates the database for real, hosts the workload with what opens it, and tells what is live', async () => {
    await stand.bus.ask(setWorkload, desired())
    const workload = await runs('dep_1')
    expect(workload).toMatchObject({
      url: 'http://ledger.development.payments.localhost:8081',
      live: { readyReplicas: 1, revision: '1'.repeat(40) },
    })
    const variables = wish()?.environmentVariables ?? {}
    const client = new Client({
      host: variables['PGHOST'],
      port: Number(variables['PGPORT']),
      database: variables['PGDATABASE'],
      user: variables['PGUSER'],
      password: variables['PGPASSWORD'],
    })
    await client.connect()
    await client.query('create table entries (id int)')
    await client.end()
    expect(wish()).toMatchObject({
      hosts: ['ledger.development.payments.localhost'],
      readiness: { path: '/healthz' },
      artifact: { url: 'http://localhost:8080/api/v1/projects/payments/artifacts/art_1' },
      telemetryUrl: 'http://localhost:8080/otlp',
    })
  })

  it('keeps password and token encrypted at rest, and out of every answer and event', async () => {
    const secret = wish()?.environmentVariables['PGPASSWORD'] ?? 'none'
    const token = wish()?.telemetryToken ?? 'none'
    const kept = await rows<{ text: string }>(
      stand.store.db,
      sql`select r::text as text from resources r union all select d::text from deployments d union all select w::text from workloads w`,
    )
    const shown = JSON.stringify([await state(), await stand.call('GET', path)])
    for (const text of [...kept.map((row) => row.text), shown]) {
      expect(text).not.toContain(secret)
      expect(text).not.toContain(token)
    }
    expect(shown).toContain('"username"')
  })

  it('changes nothing for the same deployment again', async () => {
    const before = stand.house.calls.filter((call) => call === 'runner.host-workload').length
    await stand.bus.ask(setWorkload, desired())
    await runs('dep_1')
    expect(stand.house.calls.filter((call) => call === 'runner.host-workload').length).toBe(before)
  })

  it('keeps the old deployment when the gate refuses the new one, and says whom it would break', async () => {
    stand.house.gate = () => ({
      allowed: false,
      reasons: [
        {
          subject: 'ledger.entry-recorded',
          version: 2,
          path: '/amount',
          message: 'was removed',
          consumers: ['reports'],
        },
      ],
    })
    await stand.bus.ask(setWorkload, desired({ deployment: 'dep_2', revision: '2'.repeat(40) }))
    const refused = await until(async () => {
      const seen = await state()
      return (
        seen.found && seen.workload.state === 'failed' && seen.workload.live.deployment === 'dep_1' && seen.workload
      )
    })
    expect(refused.detail).toMatch(/ledger\.entry-recorded version 2 at \/amount: was removed \(used by reports\)/)
    expect(refused.gate?.allowed).toBe(false)
    expect(wish()?.deployment).toBe('dep_1')
  })

  it('goes on with the one that was held as soon as the gate lets it, without being asked again', async () => {
    stand.house.gate = () => ({ allowed: true, reasons: [] })
    stand.bus.notify(gateNudgeSubject, { environment: 'development' })
    expect((await runs('dep_2')).gate).toEqual({ allowed: true, reasons: [] })
  })

  it('tells that the old deployment is live when the new one fails at the runner', async () => {
    stand.house.breaks.add('dep_3')
    await stand.bus.ask(setWorkload, desired({ deployment: 'dep_3', revision: '3'.repeat(40) }))
    const failed = await until(async () => {
      const seen = await state()
      return (
        seen.found &&
        seen.workload.state === 'failed' &&
        seen.workload.detail?.includes('did not answer') &&
        seen.workload
      )
    })
    expect(failed.live).toMatchObject({ deployment: 'dep_2', revision: '2'.repeat(40) })
    expect(stand.house.tokens.has('workload:dep_2')).toBe(true)
  })

  it('records what is deployed, drops what the new score no longer names, and withdraws old tokens, after the switch', async () => {
    await stand.bus.ask(
      setWorkload,
      desired({
        deployment: 'dep_4',
        revision: '4'.repeat(40),
        score: scoreText({ produces: 'ledger.entry-recorded:1', resources: '  web: { type: route }' }),
      }),
    )
    await runs('dep_4')
    await until(() =>
      stand.house.recorded.some(
        ({ deployment, produces }) => deployment === 'dep_4' && produces[0]?.subject === 'ledger.entry-recorded',
      ),
    )
    await until(
      async () =>
        (await stand.admin.query(`select 1 from pg_database where datname like 'w_payments_development_ledger%'`))
          .length === 0,
    )
    await until(() => !stand.house.tokens.has('workload:dep_2') && !stand.house.tokens.has('workload:dep_3'))
    expect(stand.house.tokens.has('workload:dep_4')).toBe(true)
  })

  it('restarts, scales, stops and starts on request', async () => {
    const restart = wish()?.restart ?? 0
    expect((await stand.call('POST', `${path}/restart`)).status).toBe(202)
    await until(() => wish()?.restart === restart + 1)
    expect((await stand.call('POST', `${path}/scale`, { body: { replicas: 3 } })).body).toMatchObject({
      desired: { replicas: 3 },
    })
    await until(() => wish()?.replicas === 3)
    await stand.call('POST', `${path}/stop`)
    await until(async () => (await stand.call('GET', path)).body['state'] === 'stopped')
    expect(wish()?.replicas).toBe(0)
    await stand.call('POST', `${path}/start`)
    await until(async () => (await stand.call('GET', path)).body['state'] === 'running')
    expect(wish()?.replicas).toBe(3)
  })
})
