import type { Bus } from '@plinth/bus'
import type { Store } from '@plinth/store'
import { fakeClock, testIdentity } from '@plinth/testkit'
import { expect, test, vi } from 'vitest'
import { callerRights, onSubject, type Asked } from './rights.ts'

type Questions = { questions: readonly Asked[] }

/** Rights whose authorization allows what is in `allowed`, with all that it was asked. */
function stand(allowed: readonly string[]) {
  const asked: string[][] = []
  const ask = async (_rpc: unknown, { questions }: Questions) => {
    asked.push(questions.map(({ object }) => object))
    return {
      revision: 1,
      decisions: questions.map(({ object }) => ({ allowed: allowed.includes(object), reason: 'no role allows it' })),
    }
  }
  let noted = 0
  const transaction = (async () => void noted++) as Store['transaction']
  const clock = fakeClock('2026-03-01T10:00:00.000Z')
  const rights = callerRights({ bus: { ask: ask as Bus['ask'] }, store: { transaction }, clock })
  return { rights, asked, clock, noted: () => noted }
}
const get = (subject: string): Asked => onSubject('get', { project: 'payments', subject })
const ana = testIdentity('user:ana')

test('asks for what is asked at one moment together, for each thing once, and for a second not again', async () => {
  const { rights, asked, clock } = stand(['schema/a', 'schema/b'])
  const answers = await Promise.all([
    rights.allowed(ana, [get('a'), get('c'), get('a')]),
    rights.allowed(ana, [get('b')]),
    rights.require(ana, get('a')),
  ])
  expect(answers).toEqual([[true, false, true], [true], undefined])
  expect(asked).toEqual([['schema/a', 'schema/c', 'schema/b']])
  expect(rights.isKnownAllowed(ana, get('a'))).toBe(true)
  clock.advance(999)
  expect(await rights.allowed(ana, [get('a')])).toEqual([true])
  expect(asked).toHaveLength(1)
  clock.advance(1)
  expect(rights.isKnownAllowed(ana, get('a'))).toBe(false)
  expect(await rights.allowed(ana, [get('a')])).toEqual([true])
  expect(asked).toHaveLength(2)
})

test('asks again in time for what is in use, and takes away what was taken away', async () => {
  const allowed = ['schema/a']
  const { rights, asked, clock } = stand(allowed)
  await rights.require(ana, get('a'))
  clock.advance(800)
  expect([rights.isKnownAllowed(ana, get('a')), rights.isKnownAllowed(ana, get('a'))]).toEqual([true, true])
  await vi.waitFor(() => expect(asked).toHaveLength(2))
  clock.advance(699)
  allowed.pop()
  expect(rights.isKnownAllowed(ana, get('a'))).toBe(true)
  clock.advance(1)
  rights.isKnownAllowed(ana, get('a'))
  clock.advance(1)
  await vi.waitFor(() => expect(rights.isKnownAllowed(ana, get('a'))).toBe(false))
})

test('keeps callers apart, and a token within its scopes', async () => {
  const { rights } = stand(['schema/a'])
  await rights.require(ana, get('a'))
  const bob = testIdentity('user:bob', { credentialId: 'ses_other' })
  expect(rights.isKnownAllowed(bob, get('a'))).toBe(false)
  const narrow = testIdentity('user:ana', {
    credentialId: 'tok_narrow',
    scopes: [{ action: 'get', object: 'component/*', domain: 'payments' }],
  })
  expect(await rights.allowed(narrow, [get('a')])).toEqual([false])
})

test('refuses with what was asked, and notes a denial once, not for each try', async () => {
  const { rights, noted } = stand([])
  const refusal = { code: 'gateway.permission_denied', extensions: { required: get('a') } }
  await expect(rights.require(ana, get('a'))).rejects.toMatchObject(refusal)
  await expect(rights.require(ana, get('a'))).rejects.toMatchObject(refusal)
  expect(noted()).toBe(1)
  expect(await rights.allowed(ana, [get('b')])).toEqual([false])
  expect(noted()).toBe(1)
})
