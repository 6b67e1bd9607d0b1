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

const sees = async (url: string, name: string): Promise<number> =>
  (await fetch(`${url}/api/v1/projects/${name}`, { headers: as('user:dev') })).status
const bind = (domain: string) => (): void =>
  void platform.authorization.links.push({ subject: 'user:dev', role: 'role:developer', domain })

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
    await until(async () => (await sees(gateway.url, 'untold')) === 403)
    await platform.authorization.change(bind('untold'), 'nobody')
    await until(async () => (await sees(gateway.url, 'untold')) === 200)
    await gateway.close()
  })

  it('takes the step that it is told of, and asks for nothing', async () => {
    const { authorization, gateway } = platform
    await authorization.change(bind('known'))
    await until(async () => (await sees(gateway.url, 'known')) === 200)
    const before = { ...authorization.asked }
    await authorization.change(bind('stepped'))
    await until(async () => (await sees(gateway.url, 'stepped')) === 200)
    expect(authorization.asked).toEqual(before)
  })

  it('notices a lost telling at the next one, and asks for the steps between', async () => {
    const { authorization, gateway } = platform
    const before = { ...authorization.asked }
    await authorization.change(bind('lost'), 'nobody')
    await authorization.change(bind('next'))
    await until(async () => (await sees(gateway.url, 'next')) === 200)
    expect(await sees(gateway.url, 'lost')).toBe(200)
    expect(authorization.asked).toEqual({ wholes: before.wholes, steps: before.steps + 1 })
  })

  it('comes to the same policy by tellings in another order, and by one that comes twice', async () => {
    const { authorization, gateway } = platform
    const undo = () =>
      void authorization.links.splice(
        authorization.links.findIndex(({ domain }) => domain === 'first'),
        1,
      )
    await authorization.change(bind('first'), 'nobody')
    await authorization.change(bind('second'), 'nobody')
    await authorization.change(undo, 'nobody')
    const steps = authorization.steps.slice(-3)
    for (const step of [steps[2], steps[0], steps[1], steps[0], steps[2]]) {
      if (step !== undefined) await authorization.tell(step.revision, step)
    }
    await until(async () => (await sees(gateway.url, 'second')) === 200)
    expect(await sees(gateway.url, 'first')).toBe(403)
    await authorization.change(bind('third'))
    await until(async () => (await sees(gateway.url, 'third')) === 200)
    expect(await sees(gateway.url, 'first'), 'taken away once and for all').toBe(403)
  })

  it('fetches the whole policy, page by page, when the steps are not kept', async () => {
    const { authorization, gateway } = platform
    const { wholes } = authorization.asked
    authorization.pageRows = 50
    await authorization.change(bind('paged'), 'nobody')
    await authorization.change(bind('paged-too'), 'nobody')
    authorization.steps.splice(0)
    await authorization.tell(authorization.revision)
    await until(async () => (await sees(gateway.url, 'paged-too')) === 200)
    expect([await sees(gateway.url, 'paged'), await sees(gateway.url, 'payments')]).toEqual([200, 200])
    expect(authorization.asked.wholes).toBe(wholes + 1)
    authorization.pageRows = 100_000
  })

  it('goes back with an authorization that was set back to a backup, when it tells of its next revision', async () => {
    const { authorization, gateway } = platform
    await authorization.change(bind('forgotten'))
    await until(async () => (await sees(gateway.url, 'forgotten')) === 200)
    authorization.links.splice(
      authorization.links.findIndex(({ domain }) => domain === 'forgotten'),
      1,
    )
    authorization.revision -= 3
    authorization.steps.splice(0)
    await authorization.change(bind('restored'))
    await until(async () => (await sees(gateway.url, 'restored')) === 200)
    expect(await sees(gateway.url, 'forgotten')).toBe(403)
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
    await until(async () => isOver.test(await (await fetch(`${platform.gateway.metricsUrl}/metrics`)).text()))
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
