import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testCalls, testPlatform, type TestPlatform } from '../test-platform.ts'

let platform: TestPlatform
beforeAll(async () => {
  platform = await testPlatform()
  await until(async () => (await fetch(`${platform.gateway.url}/readyz`)).ok)
})
afterAll(() => platform.close())

const { at } = testCalls(() => platform)

describe('the portal', () => {
  it('is served with its page for navigations, from the moment it is there', async () => {
    const html = { accept: 'text/html' }
    expect((await at('/catalog', { headers: html })).status).toBe(404)
    await mkdir(join(platform.portalDir, 'assets'), { recursive: true })
    await writeFile(join(platform.portalDir, 'index.html'), '<!doctype html><title>Plinth</title>')
    await writeFile(join(platform.portalDir, 'assets', 'index-Ab3dEf9_.js'), 'export {}')
    await writeFile(join(platform.portalDir, '.secret'), 'secret')
    const page = await at('/catalog/ledger', { headers: html })
    expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-cache'])
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(await page.text()).toContain('Plinth')
    const asset = await at('/assets/index-Ab3dEf9_.js')
    expect([asset.status, asset.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable'])
    for (const path of ['/api/v2/x', '/auth/x', '/git/x', '/assets/none.js', '/.well-known/none'])
      expect((await at(path, { headers: html })).status).toBe(404)
    expect((await at('/.secret')).status).toBe(404)
  })

  it('lists the operations on a page of its own', async () => {
    const page = await at('/api/docs')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await page.text()).toContain('/api/v1/projects/:project')
  })
})
