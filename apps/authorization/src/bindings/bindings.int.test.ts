import { decide } from '@plinth/contracts'
import { fakeClock } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refusal, testApp, type TestApp } from '../test-app.ts'

const clock = fakeClock(new Date())
const production = 'payments/production'
let app: TestApp
let admin: ReturnType<TestApp['as']>

beforeAll(async () => {
  app = await testApp({ clock })
  admin = app.as('user:admin')
  for (const username of ['ana', 'lea'])
    await admin.createUser({ body: { username, password: `${username} has a password` } })
  await admin.createBinding({ body: { subject: 'user:lea', role: 'role:team-lead', domain: 'payments' } })
})
afterAll(() => app?.close())

describe('conditions of a binding', () => {
  test('are kept, listed, enforced and checked', async () => {
    const conditions = { networks: ['10.0.0.0/8'] }
    const body = { subject: 'user:ana', role: 'role:deployer', domain: 'orders', conditions }
    const made = await admin.createBinding({ body })
    expect(made).toMatchObject({ conditions })
    expect((await admin.listBindings({ query: { subject: 'user:ana' } })).items).toContainEqual(made)
    const from = async (address?: string) =>
      (await app.bus.ask(decide, {
        questions: [{ subjects: ['user:ana'], action: 'deploy', object: 'application/x', domain: 'orders', ...(address && { address }) }],
      })).decisions[0]?.allowed // prettier-ignore
    expect([await from('10.1.2.3'), await from('192.0.2.1'), await from()]).toEqual([true, false, false])
    const bad = [
      { networks: ['10.0.0.0/33'] },
      { window: { zone: 'Mars/Olympus', days: ['mon' as const], from: '08:00', until: '18:00' } },
    ]
    for (const wrong of bad) {
      const refused = await refusal(
        admin.createBinding({ body: { ...body, domain: 'orders/staging', conditions: wrong } }),
      )
      expect(refused.code).toBe('authorization.policy_invalid')
    }
    await admin.deleteBinding({ params: { binding: made.id } })
  })

  test('one that holds through every freeze takes the right to lift every freeze', async () => {
    const body = {
      subject: 'user:ana',
      role: 'role:deployer',
      domain: production,
      conditions: { breakGlass: true as const },
    }
    expect((await refusal(app.as('user:lea').createBinding({ body }))).code).toBe('gateway.permission_denied')
    const made = await admin.createBinding({ body })
    await admin.deleteBinding({ params: { binding: made.id } })
  })
})

describe('a separation of duties', () => {
  const sod = { kind: 'sod' as const, roles: ['role:auditor', 'role:qa'] }

  test('holds from then on: for bindings, and for access that is granted for a time', async () => {
    const made = await admin.createConstraint({ body: { ...sod, description: 'who tests does not audit' } })
    expect((await admin.listConstraints()).items).toEqual([made])
    await admin.createBinding({ body: { subject: 'user:ana', role: 'role:qa', domain: 'orders' } })
    const both = await refusal(
      admin.createBinding({ body: { subject: 'user:ana', role: 'role:auditor', domain: 'orders/staging' } }),
    )
    expect(both).toMatchObject({ status: 409, code: 'authorization.constraint_refused' })
    const { id: request } = await app.as('user:ana').createAccessRequest({
      body: { role: 'role:auditor', domain: 'orders', reason: 'review', durationMinutes: 60 },
    })
    const approve = () => admin.approveAccessRequest({ params: { request }, body: {} })
    expect((await refusal(approve())).code).toBe('authorization.constraint_refused')
    expect(await admin.getAccessRequest({ params: { request } })).toMatchObject({ state: 'pending' })
    await admin.deleteConstraint({ params: { constraint: made.id } })
    expect(await approve()).toMatchObject({ state: 'granted' })
    expect(await app.ledger('constraint.delete')).toHaveLength(1)
  })

  test('that somebody breaks already is refused, naming him; nothing is written', async () => {
    const broken = await refusal(admin.createConstraint({ body: sod }))
    expect(broken).toMatchObject({ status: 409, code: 'authorization.constraint_refused' })
    expect(broken.detail).toContain('user:ana')
    expect((await admin.listConstraints()).items).toEqual([])
  })

  test('that makes no sense, names no role, is there already or unknown is refused', async () => {
    const made = await admin.createConstraint({ body: { kind: 'roleMax', roles: ['role:job'], max: 5 } })
    const bodies = [
      [{ kind: 'sod' as const, roles: ['role:qa'] }, 422, 'authorization.policy_invalid'],
      [{ kind: 'sodMax' as const, roles: ['role:qa', 'role:auditor'] }, 422, 'authorization.policy_invalid'],
      [{ kind: 'sod' as const, roles: ['role:qa', 'role:ghost'] }, 404, 'authorization.role_unknown'],
      [{ kind: 'roleMax' as const, roles: ['role:job'], max: 5 }, 422, 'authorization.policy_invalid'],
    ] as const
    for (const [{ kind, roles, ...more }, status, code] of bodies)
      expect(await refusal(admin.createConstraint({ body: { kind, roles: [...roles], ...more } }))).toMatchObject({ status, code }) // prettier-ignore
    await admin.deleteConstraint({ params: { constraint: made.id } })
    const gone = await refusal(admin.deleteConstraint({ params: { constraint: made.id } }))
    expect(gone).toMatchObject({ status: 404, code: 'authorization.constraint_unknown' })
  })
})
