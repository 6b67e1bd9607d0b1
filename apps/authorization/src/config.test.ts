import { expect, test } from 'vitest'
import { loadConfig, networksOf } from './config.ts'

const good = {
  PLINTH_DATABASE_URL: 'postgresql://localhost/x',
  PLINTH_NATS_USER: 'authorization',
  PLINTH_NATS_PASSWORD: 'x',
  PLINTH_IDENTITY_PUBLIC_KEY: 'x',
  PLINTH_SIGNING_PRIVATE_KEY: 'x',
  PLINTH_SECRET_KEY: Buffer.alloc(32).toString('base64'),
}

test('has no password for the first administrator unless one is given, and none that can be guessed', () => {
  expect(loadConfig(good).adminPassword).toBe('')
  for (const password of ['admin', 'plinth', 'changeme'])
    expect(() => loadConfig({ ...good, PLINTH_ADMIN_PASSWORD: password })).toThrow('PLINTH_ADMIN_PASSWORD')
})

test('names every value that is wrong at once', () => {
  const wrong = { ...good, PLINTH_SECRET_KEY: 'short', PLINTH_OUTBOUND_NETWORKS: '10.0.0.0/8, nonsense', PLINTH_RUNNER_TOKEN: 'x' } // prettier-ignore
  expect(() => loadConfig(wrong)).toThrow(/PLINTH_RUNNER_TOKEN[^]*'nonsense'[^]*PLINTH_SECRET_KEY/)
})

test('reads networks by commas', () => {
  expect(networksOf(' 10.0.0.0/8 ,fd00::/8,, ')).toEqual(['10.0.0.0/8', 'fd00::/8'])
  expect(networksOf('')).toEqual([])
})
