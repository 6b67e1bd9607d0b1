import { answer, answers } from '@plinth/bus'
import { signingKeys } from '@plinth/contracts'
import { testNats } from '@plinth/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { signingKeyCache } from './signing-keys.ts'

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
