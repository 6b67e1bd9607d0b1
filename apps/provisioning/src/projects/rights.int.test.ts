import { answer, answers } from '@plinth/bus'
import { decide } from '@plinth/contracts'
import { testIdentity, testNats } from '@plinth/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { visibleProjects } from './rights.ts'

it('shows the projects that the policy allows from where the caller is, within what his token is narrowed to', async () => {
  const nats = await testNats()
  onTestFinished(() => nats.close())
  const bus = await nats.bus()
  const addresses = new Set<string | undefined>()
  const worker = answers(bus, [
    answer(decide, ({ questions }) => {
      for (const { address } of questions) addresses.add(address)
      const decisions = questions.map(({ domain }) => ({ allowed: domain !== 'vault', reason: '' }))
      return Promise.resolve({ revision: 1, decisions })
    }),
  ])
  await worker.start()
  onTestFinished(() => worker.stop())
  const visible = async (who: Parameters<typeof testIdentity>[1]) => [
    ...(await visibleProjects(bus, testIdentity('user:ana', who), ['payments', 'shop', 'vault'])),
  ]
  expect(await visible({ address: '10.1.2.3' })).toEqual(['payments', 'shop'])
  expect([...addresses]).toEqual(['10.1.2.3'])
  const scope = { action: 'get', object: 'project', domain: 'shop' }
  expect(await visible({ scopes: [scope, { ...scope, domain: 'vault' }] })).toEqual(['shop'])
  expect(await visible({ scopes: [] })).toEqual([])
})
