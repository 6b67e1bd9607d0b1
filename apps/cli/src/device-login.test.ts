import { describe, expect, test } from 'vitest'
import { signInByDevice, type DevicePrompt } from './device-login.ts'

type Step = { status: number; body: object } | 'unreachable'
const asked = {
  status: 200,
  body: {
    device_code: 'secret',
    user_code: 'BCDF-GHJK',
    verification_uri: 'http://platform/device',
    interval: 5,
    expires_in: 30,
  },
}
const tokens = { status: 200, body: { access_token: 'a', refresh_token: 'r', expires_in: 600 } }
const oauth = (error: string) => ({ status: 400, body: { error } })

function platform(steps: Step[]) {
  const waits: number[] = []
  const prompts: DevicePrompt[] = []
  const paths: string[] = []
  const left = [...steps]
  const run = signInByDevice('http://platform', (prompt) => prompts.push(prompt), {
    fetch: (url) => {
      const step = left.shift()
      paths.push(new URL(String(url instanceof Request ? url.url : url)).pathname)
      if (step === undefined || step === 'unreachable') return Promise.reject(new TypeError('fetch failed'))
      return Promise.resolve(Response.json(step.body, { status: step.status }))
    },
    pause: (ms) => Promise.resolve(waits.push(ms)),
  })
  return { run, waits, prompts, paths }
}

describe('signing in on a device (RFC 8628)', () => {
  test('shows the code once and gives the tokens when it was allowed', async () => {
    const { run, waits, prompts, paths } = platform([asked, oauth('authorization_pending'), tokens])
    expect(await run).toEqual({ accessToken: 'a', refreshToken: 'r', expiresInSeconds: 600 })
    expect(prompts).toMatchObject([{ userCode: 'BCDF-GHJK', verificationUri: 'http://platform/device' }])
    expect(paths).toEqual(['/auth/device_authorization', '/auth/token', '/auth/token'])
    expect(waits).toEqual([5_000, 5_000])
  })

  test('asks five seconds more slowly from each slow_down on, and after the platform was away', async () => {
    const { run, waits } = platform([asked, oauth('slow_down'), oauth('authorization_pending'), 'unreachable', tokens])
    await run.catch(() => undefined)
    expect(waits.slice(0, 3)).toEqual([5_000, 10_000, 10_000])
  })

  test.each(['access_denied', 'expired_token', 'invalid_grant'])('%s ends it: not signed in', async (error) => {
    await expect(platform([asked, oauth(error), tokens]).run).rejects.toMatchObject({ exit: 3 })
  })

  test('ends when the code has expired, though nobody said so', async () => {
    const { run, waits } = platform([asked, ...Array<Step>(20).fill(oauth('authorization_pending'))])
    await expect(run).rejects.toMatchObject({ exit: 3 })
    expect(waits.length).toBe(6)
  })

  test('a platform that is not there is said to be away, not to refuse', async () => {
    await expect(platform(['unreachable']).run).rejects.toMatchObject({ exit: 7 })
  })
})
