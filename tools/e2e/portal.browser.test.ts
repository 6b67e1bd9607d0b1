import { existsSync } from 'node:fs'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { axeProblems, settle, signIn, stopsOf, visit } from '../../apps/portal/test/walk-portal.ts'
import { edgeRequest, ensureProject, goldenPath, signedIn } from '../platform/golden-path.ts'
import { fintechStory } from './fintech-story.ts'
import { eventually, openStage, type Stage } from './stage.ts'

const executablePath =
  process.env['PLINTH_CHROMIUM'] ??
  ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path)) ??
  ''
const absent = executablePath === '' && process.env['CI'] !== 'true'
if (absent) process.stderr.write('Chromium is not installed, so the portal is not walked: apt-get install chromium\n')
const flags =
  '--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run'

/** Pages whose content is the platform's own doing; the portal's own tests open every page, and hold axe against each. */
const shown = new Set([
  'home',
  'catalog',
  'project',
  'component',
  'component-pipelines',
  'component-resources',
  'logs',
  'traces',
  'metrics',
  'environment',
  'schemas',
  'access-policies',
  'access-audit',
])

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
}, 120_000)
afterAll(() => stage?.close(), 60_000)

fintechStory(() => stage.platform)

describe.skipIf(absent)('the portal on the real platform', () => {
  let browser: Browser
  let page: Page
  const complaints: string[] = []

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: flags.split(' ') })
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })
    page = await context.newPage()
    page.on('pageerror', ({ message }) => complaints.push(`${page.url()} threw ${message}`))
    page.on('response', (answer) => {
      if (answer.status() >= 500) complaints.push(`${answer.url()} answered ${answer.status()}`)
    })
    const api = await signedIn(stage.platform.admin)
    await ensureProject(api, 'payments')
    await goldenPath(api, { project: 'payments', component: 'ledger', edgePort: stage.platform.edgePort })
    for (let index = 0; index < 5; index++)
      await edgeRequest(stage.platform.edgePort, 'ledger.development.payments.localhost', '/entries')
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
  }, 60_000)

  test('signs in, and the pages show what the platform has, with nothing that axe objects to', async () => {
    const { url, admin } = stage.platform
    await signIn(page, url, admin)
    const problems: string[] = []
    for (const stop of stopsOf('payments', 'ledger').filter(({ name }) => shown.has(name))) {
      await visit(page, url, stop)
      problems.push(...(await axeProblems(page)).map((line) => `${stop.name}: ${line}`))
    }
    expect(problems).toEqual([])
    expect(complaints).toEqual([])
  })

  test('shows what became of the mistakes of three services: refused, reviewed, and whom they would have broken', async () => {
    const { url } = stage.platform
    const at = '/projects/fintech/schemas'
    const stops = [
      { name: 'lineage', path: `${at}/-/lineage`, sees: /transactions\.payment-made[\s\S]*risk/ },
      { name: 'reviews', path: `${at}/-/reviews`, sees: /registered/ },
      { name: 'changes', path: `${at}/transactions.payment-made/changes`, sees: /READER_FIELD_MISSING_DEFAULT_VALUE/ },
      { name: 'contract', path: `${at}/risk.score-given`, sees: /score/ },
    ]
    const problems: string[] = []
    for (const stop of stops) {
      await visit(page, url, stop)
      problems.push(...(await axeProblems(page)).map((line) => `${stop.name}: ${line}`))
    }
    expect(problems).toEqual([])
    expect(complaints).toEqual([])
  })

  test('creates a service from a template: form, plan, and the way to its address', async () => {
    const { url, edgePort } = stage.platform
    await page.goto(`${url}/create?template=node-service&project=payments`)
    await settle(page)
    await page.getByLabel('Name').fill('orders')
    await page.getByRole('button', { name: 'Show the plan' }).click()
    await page.getByRole('button', { name: /^create/i }).click()
    await eventually(
      'the new service to answer',
      async () => {
        const { status } = await edgeRequest(edgePort, 'orders.development.payments.localhost', '/entries')
        return status === 200 ? true : undefined
      },
      60_000,
    )
    await page.goto(`${url}/projects/payments/components/orders`)
    await eventually('the line to show it', async () =>
      /development[\s\S]*healthy/i.test((await page.locator('main').textContent()) ?? '') ? true : undefined,
    )
    expect(complaints).toEqual([])
  })
})
