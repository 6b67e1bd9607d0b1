import { until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accessToken, as, identityOf, testCalls, testPlatform, type TestPlatform } from '../test-platform.ts'

let platform: TestPlatform
beforeAll(async () => {
  platform = await testPlatform()
  await until(async () => (await fetch(`${platform.gateway.url}/readyz`)).ok)
})
afterAll(() => platform.close())

const { at } = testCalls(() => platform)
const project = '/api/v1/projects/payments'
const tail = `${project}/logs/tail`

describe('what changes while it runs', () => {
  it('makes a new role effective without a restart', async () => {
    expect((await at('/api/v1/projects/fresh', { headers: as('user:dev') })).status).toBe(403)
    await platform.authorization.change(() =>
      platform.authorization.links.push({ subject: 'user:dev', role: 'role:developer', domain: 'fresh' }),
    )
    await until(async () => (await at('/api/v1/projects/fresh', { headers: as('user:dev') })).status === 200)
  })

  it('finds a change that nobody told of', async () => {
    const gateway = await platform.start({}, { policyCheckMs: 50 })
    const get = () => fetch(`${gateway.url}/api/v1/projects/untold`, { headers: as('user:dev') })
    await until(async () => (await get()).status === 403)
    await platform.authorization.change(
      () => platform.authorization.links.push({ subject: 'user:dev', role: 'role:developer', domain: 'untold' }),
      false,
    )
    await until(async () => (await get()).status === 200)
    await gateway.close()
  })

  it('ends an access token at once when its session ends, and still after a restart', async () => {
    const headers = { authorization: `Bearer ${accessToken('user:dev', { sid: 'ses_signed_out' })}` }
    expect((await at(project, { headers })).status).toBe(200)
    await platform.authorization.end('ses_signed_out')
    await until(async () => (await at(project, { headers })).status === 401)
    const restarted = await platform.start()
    await until(async () => (await fetch(`${restarted.url}${project}`, { headers })).status === 401)
    await restarted.close()
  })

  const opened = async (headers: Record<string, string>, path = tail) => {
    const response = await at(path, { headers })
    expect(response.status).toBe(200)
    const reader = response.body?.getReader()
    await reader?.read()
    const ended = (async () => {
      while ((await reader?.read())?.done === false);
    })()
    return { ended }
  }

  it('closes a stream when its credential is withdrawn', async () => {
    const { ended } = await opened({ authorization: `Bearer ${accessToken('user:dev', { sid: 'ses_streaming' })}` })
    await platform.authorization.end('ses_streaming')
    await ended
  })

  it('closes a stream when the policy no longer allows it', async () => {
    const { links } = platform.authorization
    const link = { subject: 'user:temp', role: 'role:developer', domain: 'payments' }
    await platform.authorization.change(() => void links.push(link))
    await until(async () => (await at(project, { headers: as('user:temp') })).status === 200)
    const { ended } = await opened(as('user:temp'))
    await platform.authorization.change(() => void links.splice(links.indexOf(link), 1))
    await ended
  })

  it('closes a stream when its token expires', async () => {
    const now = Math.floor(Date.now() / 1000)
    const { ended } = await opened({ authorization: `Bearer ${accessToken('user:dev', { exp: now + 2 })}` })
    await ended
  })

  it('ends the request to the service when the caller goes away', async () => {
    const caller = new AbortController()
    const response = await fetch(`${platform.gateway.url}${tail}`, { headers: as('user:dev'), signal: caller.signal })
    await response.body?.getReader().read()
    caller.abort()
    await until(async () => {
      const metrics = await (await fetch(`${platform.upstream.url}/metrics`)).text()
      return /operation="tailLogs"/.test(metrics)
    })
  })

  it('closes a stream when the binding that allowed it ends by its own time', async () => {
    const expiresAt = new Date(Date.now() + 1_500).toISOString()
    const link = { subject: 'user:brief', role: 'role:developer', domain: 'payments', expiresAt }
    await platform.authorization.change(() => void platform.authorization.links.push(link))
    await until(async () => (await at(project, { headers: as('user:brief') })).status === 200)
    const { ended } = await opened(as('user:brief'))
    await ended
  })

  it('begins no stream for a caller who went away before he was known', async () => {
    const { authorization } = platform
    const { promise, resolve } = Promise.withResolvers<void>()
    const headers = { authorization: 'Bearer plt_gone_0123456789' }
    authorization.credentials.set('plt_gone_0123456789', identityOf('user:dev', 'tok_gone'))
    authorization.held = promise
    const caller = new AbortController()
    const asked = fetch(`${platform.gateway.url}${tail}`, { headers, signal: caller.signal }).catch(() => undefined)
    await until(() => authorization.waiting === 1)
    caller.abort()
    await asked
    const isOver = /operation="tailLogs",status="499"/
    await until(async () => isOver.test(await (await at('/metrics')).text()))
    platform.seen.splice(0)
    authorization.held = undefined
    resolve()
    await until(async () => (await at(project, { headers })).status === 200)
    expect(platform.seen.map(({ operation }) => operation)).not.toContain('tailLogs')
  })

  it('goes on, and ends when told to, while a policy that it was told of can not be fetched', async () => {
    const gateway = await platform.start({}, { policyCheckMs: 50 })
    const get = (name: string) => fetch(`${gateway.url}/api/v1/projects/${name}`, { headers: as('user:dev') })
    await until(async () => (await get('payments')).status === 200)
    const stop = new AbortController()
    const told = platform.bus.follow({ sources: ['authorization'], signal: stop.signal })[Symbol.asyncIterator]()
    const change = async (domain: string) => {
      const next = told.next()
      await until(async () => {
        await platform.authorization.change(() =>
          platform.authorization.links.push({ subject: 'user:dev', role: 'role:developer', domain }),
        )
        return Promise.race([next.then(() => true), new Promise((resolve) => setTimeout(resolve, 100, false))])
      })
      expect((await get('payments')).status).toBe(200)
    }
    await platform.authorization.worker.stop()
    await change('unfetched')
    await platform.authorization.worker.start()
    await until(async () => (await get('unfetched')).status === 200)
    await platform.authorization.worker.stop()
    await change('never-fetched')
    await gateway.close()
    await platform.authorization.worker.start()
    stop.abort()
    await told.return?.()
  })
})
