import { until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { as, testCalls, testPlatform, type TestPlatform } from '../test-platform.ts'

let platform: TestPlatform
beforeAll(async () => {
  platform = await testPlatform()
  await until(async () => (await fetch(`${platform.gateway.url}/readyz`)).ok)
})
afterAll(() => platform.close())

const { at } = testCalls(() => platform)

describe('/events', () => {
  it('shows the events of projects that the caller may see, and goes on after a cursor', async () => {
    const read = async (subject: string, lastEventId?: string) => {
      const stop = new AbortController()
      const headers = { ...as(subject), ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) }
      const response = await fetch(`${platform.gateway.url}/events`, { headers, signal: stop.signal })
      const chunks: string[] = []
      const done = (async () => {
        for await (const chunk of response.body ?? []) chunks.push(Buffer.from(chunk).toString())
      })().catch(() => undefined)
      return { text: () => chunks.join(''), stop: () => stop.abort(), done }
    }
    const root = await read('user:root')
    const dev = await read('user:dev')
    await until(async () => {
      await at('/api/v1/projects/payments/audit', { headers: as('user:nobody') })
      await platform.authorization.change(() => undefined)
      return root.text().includes('policy.changed') && root.text().includes('audit.recorded')
    })
    expect(dev.text()).not.toContain('event')
    const cursor = /id: (\S+)/.exec(root.text())?.[1]
    const resumed = await read('user:root', cursor)
    await until(() => resumed.text().includes('data: '))
    for (const stream of [root, dev, resumed]) stream.stop()
  })

  it('refuses a cursor that it never gave out', async () => {
    const response = await at('/events', { headers: { ...as('user:root'), 'last-event-id': 'made up' } })
    expect(await response.text()).toContain('platform.cursor_invalid')
  })
})
