import { testNats, type TestNats } from '@plinth/testkit'
import { connect, type NatsConnection } from 'nats'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { outgoing } from './test-parts.ts'

let nats: TestNats
let gitops: NatsConnection
beforeAll(async () => {
  nats = await testNats()
  const owner = await nats.bus('authorization')
  await owner.ensureStream('authorization')
  await (await nats.bus('gitops')).ensureStream('gitops')
  gitops = await connect({ servers: nats.url, user: 'gitops', pass: 'test', inboxPrefix: '_INBOX_gitops' })
})
afterAll(async () => {
  await gitops.close()
  await nats.close()
})

const refused = { code: 'PERMISSIONS_VIOLATION' }

test('a service cannot publish the facts of another', async () => {
  const foreign = 'plinth.authorization.policy.changed.v1.platform.x'
  await expect(gitops.jetstream().publish(foreign, '{}')).rejects.toMatchObject(refused)
  const bus = await nats.bus('gitops')
  await expect(bus.publish([{ ...outgoing('a', 'x'), subject: foreign }])).rejects.toMatchObject({
    code: 'platform.bug',
  })
})

test.each([
  'STREAM.DELETE.PLINTH_AUTHORIZATION',
  'STREAM.DELETE.PLINTH_GITOPS',
  'STREAM.PURGE.PLINTH_GITOPS',
  'STREAM.UPDATE.PLINTH_AUTHORIZATION',
  'STREAM.CREATE.OTHER',
  'STREAM.MSG.DELETE.PLINTH_GITOPS',
  'STREAM.SNAPSHOT.PLINTH_AUTHORIZATION',
  'STREAM.RESTORE.OTHER',
  'CONSUMER.DELETE.PLINTH_AUTHORIZATION.pipelines',
  'CONSUMER.MSG.NEXT.PLINTH_AUTHORIZATION.pipelines',
  'CONSUMER.CREATE.PLINTH_AUTHORIZATION.pipelines',
  'CONSUMER.DURABLE.CREATE.PLINTH_AUTHORIZATION.pipelines',
])('a service may not call $JS.API.%s', async (call) => {
  await expect(gitops.request(`$JS.API.${call}`, '{}', { timeout: 2_000 })).rejects.toMatchObject(refused)
})

test.each(['$SYS.>', '_INBOX_pipelines.>', '_INBOX.>', 'plinth.rpc.pipelines.>', 'plinth.authorization.>', '>'])(
  'a service may not listen on %s, with a queue group or without',
  async (subject) => {
    for (const queue of [undefined, 'pipelines']) {
      const error = await new Promise((resolve) => {
        gitops.subscribe(subject, { callback: (thrown) => resolve(thrown), ...(queue !== undefined && { queue }) })
      })
      expect(error).toMatchObject(refused)
    }
  },
)

test('a reader may follow, and may not publish, ask or leave a durable consumer', async () => {
  const reader = await connect({ servers: nats.url, user: 'reader', pass: 'test', inboxPrefix: '_INBOX_reader' })
  const calls = ['plinth.gitops.a.b.v1.p.i', 'plinth.rpc.gitops.x', '$JS.API.CONSUMER.CREATE.PLINTH_GITOPS.reader']
  for (const subject of calls) {
    await expect(reader.request(subject, '{}', { timeout: 2_000 })).rejects.toMatchObject(refused)
  }
  await reader.close()
})

test("a runner may ask about its jobs, and for nobody's token", async () => {
  const runner = await connect({ servers: nats.url, user: 'runner', pass: 'test', inboxPrefix: '_INBOX_runner' })
  for (const operation of ['issue-token', 'revoke-token', 'resolve-credential', 'open-portal-session']) {
    const asked = runner.request(`plinth.rpc.authorization.${operation}`, '{}', { timeout: 2_000 })
    await expect(asked).rejects.toMatchObject(refused)
  }
  await expect(runner.request('plinth.rpc.pipelines.claim-job', '{}', { timeout: 2_000 })).rejects.toMatchObject({
    code: '503',
  })
  await runner.close()
})

test.each([
  ['schemas', ['issue-token', 'revoke-token', 'resolve-credential', 'open-portal-session'], []],
  ['pipelines', ['resolve-credential', 'open-portal-session'], ['issue-token', 'revoke-token']],
  ['gateway', ['issue-token', 'revoke-token'], ['resolve-credential', 'open-portal-session']],
] as const)('%s asks only those questions about identity that are its business', async (user, denied, allowed) => {
  const connection = await connect({ servers: nats.url, user, pass: 'test', inboxPrefix: `_INBOX_${user}` })
  const ask = (operation: string) =>
    connection.request(`plinth.rpc.authorization.${operation}`, '{}', { timeout: 2_000 })
  for (const operation of denied) await expect(ask(operation)).rejects.toMatchObject(refused)
  for (const operation of allowed) await expect(ask(operation)).rejects.toMatchObject({ code: '503' })
  await connection.close()
})

test('nobody gets in with a wrong password, or with none', async () => {
  const wrong = { servers: nats.url, reconnect: false, timeout: 2_000 }
  await expect(connect({ ...wrong, user: 'gitops', pass: 'guess' })).rejects.toMatchObject({
    code: 'AUTHORIZATION_VIOLATION',
  })
  await expect(connect(wrong)).rejects.toMatchObject({ code: 'AUTHORIZATION_VIOLATION' })
})

test.each([
  ['authorization', { code: '503' }],
  ['gateway', refused],
] as const)('%s asks what was decided, or may not', async (user, outcome) => {
  const connection = await connect({ servers: nats.url, user, pass: 'test', inboxPrefix: `_INBOX_${user}` })
  const asked = connection.request('plinth.rpc.telemetry.decision-summary', '{}', { timeout: 2_000 })
  await expect(asked).rejects.toMatchObject(outcome)
  await connection.close()
})
