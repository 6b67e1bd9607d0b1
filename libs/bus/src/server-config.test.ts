import { expect, test } from 'vitest'
import { natsServerConfig } from './server-config.ts'
import { storeBytesMin } from './streams.ts'

const base = { port: 4222, storeDir: '/var/lib/plinth/nats', maxFileStoreBytes: storeBytesMin, users: [] }

test('the broker listens on loopback only and opens no other port', () => {
  const text = natsServerConfig(base)
  expect(text).toContain('listen: "127.0.0.1:4222"')
  expect(text).not.toMatch(/^\s*(http|https|cluster|leafnodes|websocket|mqtt|gateway)\b/m)
  expect(natsServerConfig({ ...base, monitorPort: 8222 })).toContain('http: "127.0.0.1:8222"')
})

test('a store that its streams would not fit into is refused', () => {
  expect(() => natsServerConfig({ ...base, maxFileStoreBytes: storeBytesMin - 1 })).toThrow(/needs \d+ bytes/)
})

test('a name or a password cannot break out of its place in the text', () => {
  const user = (name: string, password: string) => natsServerConfig({ ...base, users: [{ user: name, password }] })
  expect(user('gitops', 'a"b\\c')).toContain('password: "a\\"b\\\\c"')
  expect(() => user('gitops', 'a\nb')).toThrow(/control character/)
  for (const name of ['a.b', '>', '*', 'a b', '"', '']) expect(() => user(name, 'p')).toThrow(/no name/)
})

test('two users of the same name are refused', () => {
  const twice = [1, 2].map((n) => ({ user: 'gitops', password: String(n) }))
  expect(() => natsServerConfig({ ...base, users: twice })).toThrow(/same name/)
})
