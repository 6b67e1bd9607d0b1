import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRepository, type CloudEvent } from '@plinth/contracts'
import { testKeys, testNats, testPostgres } from '@plinth/testkit'
import { expect, test } from 'vitest'
import { zeroRevision } from '../git/names.ts'
import { clone, startGateway } from '../test-support/house.ts'
import { startProcess } from '../test-support/process.ts'
import { until } from '../test-support/until.ts'

type Pushed = { before: string; after: string; ref: string }
const rounds = 5

test('a service that is killed while pushes run loses no push that git took, tells each once, and takes the next ones', async () => {
  const [database, nats, dataDir] = await Promise.all([
    testPostgres(),
    testNats(),
    mkdtemp(join(tmpdir(), 'plinth-kill-')),
  ])
  const bus = await nats.bus('test')
  await bus.ensureStream('gitops')
  const environment = {
    PLINTH_DATABASE_URL: database.url, PLINTH_NATS_URL: nats.url, PLINTH_NATS_USER: 'gitops', PLINTH_NATS_PASSWORD: 'test',
    PLINTH_IDENTITY_PUBLIC_KEY: testKeys.publicKey, PLINTH_DATA_DIR: dataDir, PLINTH_PORT: '0',
  } // prettier-ignore
  let service = await startProcess(environment)
  const gateway = await startGateway(() => service.url)
  const told: Pushed[] = []
  const ending = new AbortController()
  const hearing = (async () => {
    for await (const { event } of bus.follow({ sources: ['gitops'], signal: ending.signal })) {
      if (event.type.includes('.repository.pushed.')) told.push((event as CloudEvent<Pushed>).data)
    }
  })()
  const seed = { project: 'payments', repository: 'ledger', message: 'Begin', authorName: 'Ana', actor: 'user:ana' }
  const { revision } = await bus.ask(createRepository, {
    ...seed,
    files: [{ path: 'a', content: '1', executable: false }],
  })
  const work = await clone(`http://ana:x@127.0.0.1:${gateway.port}/git/payments/ledger.git`)

  for (let round = 0; round < rounds; round++) {
    await work.commit('a', `round ${round}`)
    const pushing = work.run('push', '-q', 'origin', 'main')
    // A little later each time, so that the kill falls on different steps of the push.
    await new Promise((resolve) => setTimeout(resolve, 10 + round * 15))
    await service.kill()
    await pushing
    service = await startProcess(environment)
  }
  await work.ok('push', '-q', 'origin', 'main')
  const head = await work.ok('rev-parse', 'HEAD')
  await until(() => told.some(({ after }) => after === head), { timeoutMs: 15_000 })

  const main = told.filter(({ ref }) => ref === 'refs/heads/main')
  expect(main[0]).toMatchObject({ before: zeroRevision, after: revision })
  for (const [index, { before }] of main.entries())
    expect(before).toBe(index === 0 ? zeroRevision : main[index - 1]?.after)
  expect(new Set(main.map(({ after }) => after)).size).toBe(main.length)

  ending.abort()
  await hearing
  gateway.close()
  await service.kill()
  await nats.close()
  await database.drop()
  await Promise.all([work.remove(), rm(dataDir, { recursive: true, force: true })])
}, 60_000)
