import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type FixtureServer, startFixtureServer } from './fixture-server.ts'
import { schemaStops } from './walk-schemas.ts'
import { axeProblems, problemsInEachLook, settle, signIn, stopsOf, visit, walkPortal } from './walk-portal.ts'

const executablePath =
  process.env['PLINTH_CHROMIUM'] ??
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path)) ??
  ''
const absent = executablePath === '' && process.env['CI'] !== 'true'
if (absent)
  process.stderr.write(
    'Chromium is not installed, so the browser tests of the portal are skipped: apt-get install chromium, or set PLINTH_CHROMIUM\n',
  )

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]
const lead = { username: 'ana', password: 'correct horse battery' }
const developer = { username: 'dev', password: 'correct horse battery' }
const more = [
  { name: 'pipeline', path: '/projects/payments/pipelines/pip_01', sees: /jobs/i },
  { name: 'failed tests', path: '/projects/payments/pipelines/pip_03?view=tests', sees: /2 failed/ },
  { name: 'config problems', path: '/projects/payments/pipelines/pip_04', sees: /\.gitlab-ci\.yml:12:5/ },
  { name: 'promotion', path: '/projects/payments/environments/production/promotions/4', sees: /may this go in/i },
  {
    name: 'refused gate',
    path: '/projects/payments/environments/staging/promotions/9',
    sees: /break what is deployed/i,
  },
  ...schemaStops,
  { name: 'trace', path: '/projects/payments/traces/5b8aa5a2d2c872e8321cf37308d69df2', sees: /5 spans/ },
]

describe.skipIf(absent)('the portal in a browser', { timeout: 180_000 }, () => {
  let server: FixtureServer
  let browser: Browser
  let context: BrowserContext
  let page: Page
  const complaints: string[] = []

  beforeAll(async () => {
    server = await startFixtureServer(join(import.meta.dirname, '..', 'dist'))
    browser = await chromium.launch({ executablePath, args: flags })
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })
  const open = async (width: number, height: number, colorScheme: 'light' | 'dark'): Promise<void> => {
    context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' })
    page = await context.newPage()
    page.on('pageerror', ({ message }) => complaints.push(`${page.url()} threw ${message}`))
    page.on('console', (said) => {
      // Answers that a test asks for (a wrong password, a denial) are noted by the browser too; those are no defect.
      if (said.type() === 'error' && !/status of 40[0-9]/.test(said.text()))
        complaints.push(`${page.url()} ${said.text()}`)
    })
  }
  beforeEach(async () => {
    complaints.length = 0
    await open(1440, 900, 'light')
  })
  afterEach(async () => {
    await context.close()
    expect(complaints).toEqual([])
    expect(server.problems).toEqual([])
  })

  test('every page, wide and light, narrow and dark, shows what it is for, has no axe violation and no sideways scroll', async () => {
    const found: string[] = []
    const check = async ({ name }: { name: string }): Promise<void> => {
      found.push(...(await problemsInEachLook(page, name)))
    }
    await walkPortal(page, server.url, lead, { at: check })
    for (const stop of more) {
      await visit(page, server.url, stop)
      await check(stop)
    }
    expect(found).toEqual([])
  })

  test('a breaking schema is let in with a reason, a rule is set for one environment, a version is promoted', async () => {
    const at = '/projects/payments/schemas'
    await signIn(page, server.url, lead)
    await page.goto(`${server.url}${at}/ledger.entry-recorded/reviews/rvw_01`)
    await page.getByText('A message that the writer takes and the reader does not').click()
    await page.getByLabel('Message', { exact: true }).getByText('"currency": "EUR"').waitFor()
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByRole('textbox', { name: /why/i }).fill('Risk reads the new one since yesterday')
    await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()
    await page.getByText(/the very same registration succeeds, once/).waitFor()
    await page.goto(`${server.url}${at}/-/rules`)
    await page.getByLabel('Said what it is, in production').selectOption('error')
    await page.getByText('The rule is set').waitFor()
    expect(await page.getByLabel('Said what it is, in production').inputValue()).toBe('error')
    await page.goto(`${server.url}${at}/ledger.entry-recorded/environments`)
    await page.getByRole('button', { name: 'Promote to here' }).click()
    await page
      .getByRole('dialog')
      .getByText(/fit everything that is deployed there/)
      .waitFor()
    await page.getByRole('button', { name: 'Promote', exact: true }).click()
    await page.getByText('v2 is current in staging').waitFor()
  })

  test('a page asked for without a session comes after the sign-in, and a wrong password is said', async () => {
    await page.goto(`${server.url}/projects/payments/pipelines`)
    await page.waitForURL(/\/login\?next=/)
    await page.getByLabel(/user name/i).fill('ana')
    await page.getByLabel(/password/i).fill('wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Unknown user name or wrong password').waitFor()
    await page.getByLabel(/password/i).fill(lead.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(/\/projects\/payments\/pipelines$/)
  })

  test('from a template to the running address: form, plan, live steps, line', async () => {
    await signIn(page, server.url, lead)
    await page.goto(`${server.url}/create?template=node-service&project=payments`)
    await page.getByLabel('Name').fill('ledger')
    await page.getByRole('button', { name: 'Show the plan' }).click()
    await page.getByText('Is taken in this project').first().waitFor()
    await page.getByLabel('Name').fill('refunds')
    await page.getByRole('button', { name: 'Show the plan' }).click()
    await page.getByRole('button', { name: 'Create refunds' }).click()
    await page.getByText('refunds answers').waitFor()
    expect(await page.getByRole('link', { name: 'http://refunds.development.payments.localhost:8081' }).count()).toBe(1)
  })

  test('who may not approve sees what is missing and who has it; who may, approves', async () => {
    await signIn(page, server.url, developer)
    await page.goto(`${server.url}/projects/payments/environments/staging/promotions/9`)
    await page.getByText('You may not approve this').waitFor()
    expect(await page.getByText('team-lead').count()).toBeGreaterThan(0)
    expect(await page.getByRole('button', { name: /Approve and deploy/ }).isDisabled()).toBe(true)
    await page.goto(`${server.url}/projects/payments/environments/production/promotions/4`)
    await page.getByText('You opened it').waitFor()
    await context.clearCookies()
    await signIn(page, server.url, lead)
    await page.goto(`${server.url}/projects/payments/environments/production/promotions/4`)
    await page.getByRole('button', { name: 'Approve and deploy to production' }).click()
    await page.getByText('approved by ana').waitFor()
  })

  test('what a job writes is text, its folds open, and a line can be shared', async () => {
    await signIn(page, server.url, lead)
    await page.goto(`${server.url}/projects/payments/pipelines/pip_01?job=job_unit01#L300`)
    await page.getByText('case 294 holds').first().waitFor()
    await page.getByLabel('Search the log').fill('onerror')
    await page.getByText('<img src=x').waitFor()
    expect(await page.locator('main img').count()).toBe(0)
    await page.getByLabel('Search the log').fill('')
    await page.locator('[aria-label="Job log"]').evaluate((log) => log.scrollTo(0, 0))
    await page.getByRole('button', { name: 'Prepare the work folder' }).click()
    await page.getByText('Checked out 4f2c1a').waitFor()
  })

  test('everything by keyboard: palette, places, keys, and the focus comes back', async () => {
    await signIn(page, server.url, lead)
    const palette = page.getByRole('dialog').getByRole('combobox')
    await page.getByRole('button', { name: 'You', exact: true }).focus()
    await page.keyboard.press('Control+k')
    await palette.fill('fraud')
    await page.getByRole('option', { name: /fraud-check/ }).waitFor()
    await page.keyboard.press('Escape')
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('You')
    await page.keyboard.press('Control+k')
    await palette.fill('fraud-check')
    await page
      .getByRole('option', { name: /fraud-check/ })
      .first()
      .waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(/components\/fraud-check/)
    await page.keyboard.press('g')
    await page.keyboard.press('c')
    await page.waitForURL(/\/catalog$/)
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    expect(await axeProblems(page)).toEqual([])
  })

  test('2,405 components: the filter narrows as one types, and only what is in view is in the document', async () => {
    await signIn(page, server.url, lead)
    await page.goto(`${server.url}/catalog`)
    await settle(page)
    expect(await page.locator('tbody tr').count()).toBeLessThan(80)
    await page.getByLabel('Filter by name').fill('stock-0042')
    await page.getByText('1 component', { exact: true }).waitFor()
    expect(page.url()).toContain('search=stock-0042')
  })

  test('the first page loads less than 250 KB of script and style, compressed', async () => {
    const sizes: Promise<number>[] = []
    page.on('response', (response) => {
      if (/\.(js|css)$/.test(response.url())) sizes.push(response.body().then((body) => gzipSync(body).byteLength))
    })
    await signIn(page, server.url, lead)
    const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
    expect(total).toBeGreaterThan(50_000)
    expect(total).toBeLessThan(250_000)
  })

  test('the theme is kept over a reload', async () => {
    await signIn(page, server.url, lead)
    await page.getByRole('button', { name: /^Theme/ }).click()
    await page.getByRole('menuitem', { name: 'Dark' }).click()
    await page.reload()
    await settle(page)
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark')
    const [first] = stopsOf('payments', 'ledger')
    if (first) await visit(page, server.url, first)
    expect(await axeProblems(page)).toEqual([])
  })
})
