import { answer, answers } from '@plinth/bus'
import { signingKeys } from '@plinth/contracts'
import { testNats } from '@plinth/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { signingKeyCache } from './signing-keys.ts'

it('asks for an unknown key once in a while only, takes up a new one, and drops one that is no longer named', async () => {
  const nats = await testNats()
  onTestFinished(() => nats.close())
  const bus = await nats.bus()
  let named = ['k1']
  let asked = 0
  const worker = answers(bus, [
    answer(signingKeys, () => {
      asked++
      // A key of another kind is never taken, whatever its name.
      const other = { kid: 'rsa', alg: 'RS256', publicKeyPem: 'a key for something else' }
      const keys = named.map((kid) => ({ kid, alg: 'EdDSA', publicKeyPem: `the key ${kid}` }))
      return Promise.resolve({ keys: [...keys, other] })
    }),
  ])
  await worker.start()
  onTestFinished(() => worker.stop())
  let nowMs = 0
  const keys = signingKeyCache(bus, { now: () => new Date(), monotonicMs: () => nowMs })
  await Promise.all(Array.from({ length: 1_000 }, (_, at) => keys.publicKey(`made-up-${at}`)))
  expect(asked).toBe(1)
  named = ['k1', 'k2']
  nowMs = 4_999
  expect(await keys.publicKey('k2')).toBeUndefined()
  nowMs = 5_001
  expect(await Promise.all(['k2', 'k1', 'rsa'].map((kid) => keys.publicKey(kid)))).toEqual([
    'the key k2',
    'the key k1',
    undefined,
  ])
  expect(asked).toBe(2)
  named = ['k2']
  nowMs += 10 * 60_000 + 1
  await keys.publicKey('k2')
  expect([await keys.publicKey('k1'), asked]).toEqual([undefined, 3])
})

it('gives out a known key at once, while it asks for one that somebody made up', async () => {
  const nats = await testNats()
  onTestFinished(() => nats.close())
  const bus = await nats.bus()
  let held: Promise<void> | undefined
  const worker = answers(bus, [
    answer(signingKeys, async () => {
      await held
      return { keys: [{ kid: 'k1', alg: 'EdDSA', publicKeyPem: 'the key' }] }
    }),
  ])
  await worker.start()
  onTestFinished(() => worker.stop())
  let nowMs = 0
  const keys = signingKeyCache(bus, { now: () => new Date(), monotonicMs: () => nowMs })
  expect(await keys.publicKey('k1')).toBe('the key')

  const { promise, resolve } = Promise.withResolvers<void>()
  held = promise
  nowMs = 6_000
  const madeUp = keys.publicKey('made-up')
  expect(await Promise.race([keys.publicKey('k1'), madeUp])).toBe('the key')
  resolve()
  expect(await madeUp).toBeUndefined()
})
