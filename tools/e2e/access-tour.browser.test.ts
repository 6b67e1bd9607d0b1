import { existsSync } from 'node:fs'
import { PlinthError } from '@plinth/client'
import { testIdentityProvider, type TestIdentityProvider } from '@plinth/testkit'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { axeProblems, settle, signIn } from '../../apps/portal/test/walk-portal.ts'
import { type Api, ensureProject, signedIn } from '../platform/golden-path.ts'
import { eventually, openStage, type Stage } from './stage.ts'

const executablePath =
  process.env['PLINTH_CHROMIUM'] ??
  ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path)) ??
  ''
const absent = executablePath === '' && process.env['CI'] !== 'true'
const flags =
  '--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run'

const password = 'correct horse battery staple'
const client = { clientId: 'plinth', clientSecret: 'a secret of the test provider' }
const denied = (error: unknown): boolean => error instanceof PlinthError && error.status === 403

/** One tour, told in steps: each begins where the one before it ended. */
describe.skipIf(absent)("an administrator's tour of access, on the real platform", () => {
  let stage: Stage
  let provider: TestIdentityProvider
  let browser: Browser
  let page: Page
  let developer: Api
  const complaints: string[] = []

  const listComponents = () => developer.listComponents({ params: { project: 'payments' }, query: {} })
  const deploy = () =>
    developer.deployApplication({
      params: { project: 'payments', environment: 'production', component: 'ledger' },
      body: {},
    })
  const at = async (path: string): Promise<void> => {
    await page.goto(`${stage.platform.url}${path}`)
    await settle(page)
  }
  /** The page asks again by itself as facts come; the decisions come in batches, so it is opened until they are there. */
  const shows = (path: string, text: RegExp) =>
    eventually(`${path} to show ${String(text)}`, async () => {
      await at(path)
      const main = (await page.locator('main').innerText()).replaceAll(/\s+/g, ' ')
      return text.test(main) ? main : undefined
    })

  beforeAll(async () => {
    stage = await openStage()
    const { url, admin } = stage.platform
    provider = await testIdentityProvider({
      accounts: {
        olga: { claims: { preferred_username: 'olga', name: 'Olga Rehn', groups: ['platform-admins', 'book-club'] } },
      },
      clients: [{ ...client, redirectUris: [`${url}/auth/oidc/company/callback`] }],
    })
    browser = await chromium.launch({ executablePath, args: flags.split(' ') })
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })
    page = await context.newPage()
    page.on('pageerror', ({ message }) => complaints.push(`${page.url()} threw ${message}`))
    page.on('response', (answer) => {
      if (answer.status() >= 500) complaints.push(`${answer.url()} answered ${answer.status()}`)
    })
    page.on('console', (said) => {
      if (/content security policy/i.test(said.text())) complaints.push(`${page.url()} ${said.text()}`)
    })
    const api = await signedIn(admin)
    await ensureProject(api, 'payments')
    await api.createUser({ body: { username: 'dev', displayName: 'Dev Okafor', password } })
    developer = await signedIn({ url, username: 'dev', password })
    // What the tour is about: somebody is refused, and the platform remembers it.
    for (let count = 0; count < 3; count++) await expect(listComponents()).rejects.toSatisfy(denied)
    await expect(deploy()).rejects.toSatisfy(denied)
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await provider?.close()
    await stage?.close()
    expect(complaints).toEqual([])
  }, 60_000)

  test('adds an identity provider whose administrators are ours', async () => {
    const { url, admin } = stage.platform
    await signIn(page, url, admin)
    await at('/access/providers?provider=new')
    const form = page.getByRole('dialog', { name: 'Add a provider' })
    await form.getByLabel('Name (required)').fill('company')
    await form.getByLabel('Shown as').fill('Company')
    await form.getByLabel('Issuer').fill(provider.issuer)
    await form.getByLabel('Client id').fill(client.clientId)
    await form.getByLabel('Client secret').fill(client.clientSecret)
    await form.getByLabel('Scopes').fill('openid profile groups')
    await form.getByLabel('Groups from the claim').fill('groups')
    await form.getByRole('button', { name: 'Add a group' }).click()
    await form.getByLabel('Group of the provider 1').fill('platform-admins')
    await form.getByLabel('Group here 1').fill('administrators')
    await form.getByRole('button', { name: 'Add it' }).click()
    await page.getByText('People may sign in with Company').waitFor()
    await page.getByText(`${url}/auth/oidc/company/callback`).waitFor()
  })

  test('signs in by it, as somebody of the administrators there', async () => {
    await page.getByRole('button', { name: 'You', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('link', { name: 'Sign in with Company' }).click()
    await page.getByLabel('Login').fill('olga')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL((address) => address.origin === stage.platform.url)
    await at('/account')
    const main = await page.locator('main').innerText()
    expect(main).toContain('user:olga')
    expect(main).toContain('administrators')
    expect(main).not.toContain('book-club')
  })

  test('adds a group and its first member', async () => {
    await at('/access/groups')
    await page.getByRole('button', { name: 'New group' }).click()
    const form = page.getByRole('dialog', { name: 'New group' })
    await form.getByLabel('Name').fill('payments/night-shift')
    await form.getByLabel('What for').fill('Who is awake when the others sleep')
    await form.getByRole('button', { name: 'Create' }).click()
    const panel = page.getByRole('dialog', { name: 'payments/night-shift' })
    await panel.getByLabel('Add a user').fill('dev')
    await panel.getByRole('button', { name: 'Add', exact: true }).click()
    await panel.getByRole('link', { name: 'dev', exact: true }).waitFor()
  })

  test('drafts a change of the policy, with what is wrong shown where it is wrong', async () => {
    await at('/access/policy')
    const editor = page.getByRole('textbox', { name: 'policy.csv' })
    await editor.click()
    await page.keyboard.press('Control+End')
    await page.keyboard.insertText('g, group:payments/night-shift, role:developer')
    await page.getByText('1 problem', { exact: true }).waitFor()
    const problems = page.getByRole('list', { name: 'Problems' })
    await problems.getByText(/a g row has 3 values/).waitFor()
    expect(await page.getByRole('button', { name: 'Draft a change' }).isDisabled()).toBe(true)
    await page.keyboard.insertText(', payments')
    await page.getByText('+1 −0 rows').waitFor()
    await page.getByRole('button', { name: 'Draft a change' }).click()
    const form = page.getByRole('dialog', { name: 'Draft a change' })
    await form.getByLabel('Title').fill('The night shift works in payments')
    await form.getByRole('button', { name: 'Draft it' }).click()
    await page.waitForURL(/\/access\/changes\/chs_/)
  })

  test('sees its impact on decisions that were really made, and applies it', async () => {
    await shows(new URL(page.url()).pathname, /allowed user:dev list component.* in payments \d+/)
    expect(await page.getByRole('region', { name: 'Whose rights change' }).innerText()).toContain('user:dev')
    expect(await axeProblems(page)).toEqual([])
    await expect(listComponents()).rejects.toSatisfy(denied)
    await page.getByRole('button', { name: 'Propose' }).click()
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click()
    await page.getByText('It is in force.').waitFor()
    await eventually('the developer to see components', async () => (await listComponents()).items)
  })

  test('has a denied request explained, and grants what is missing for an hour', async () => {
    await shows('/access/decisions?subject=user:dev&allowed=no', /deploy application\/ledger/)
    await page.getByRole('button', { name: 'deploy application/ledger' }).first().click()
    await page.getByRole('link', { name: 'Explain it' }).click()
    await page.getByText(/Denied: user:dev may not deploy application\/ledger in payments\/production/).waitFor()
    await page.getByRole('link', { name: 'Grant it' }).click()
    const form = page.getByRole('dialog', { name: 'Give a role' })
    expect(await form.getByLabel('Subject').inputValue()).toBe('user:dev')
    expect(await form.getByLabel('Role').inputValue()).toBe('role:deployer')
    await form.getByRole('button', { name: 'in 1 h', exact: true }).click()
    await form.getByRole('button', { name: 'Give it' }).click()
    await page.getByText(/user:dev has role:deployer in payments/).waitFor()
    await page.getByRole('row', { name: /user:dev deployer .* ends in 59 min/ }).waitFor()
    await eventually('the door to open', async () => {
      const answer = await deploy().catch((error: unknown) => error)
      return answer instanceof PlinthError && answer.code === 'gitops.application_unknown' ? true : undefined
    })
  })

  test('verifies the ledger, which has each step of the tour', async () => {
    await at('/access/audit?actor=user:olga')
    await page.getByRole('button', { name: 'Verify now' }).click()
    await page.getByText(/The ledger is whole: \d+ entries/).waitFor()
    const ledger = await shows('/access/audit?actor=user:olga', /binding\.create/)
    for (const action of ['group.create', 'group.add', 'change-set.apply', 'binding.create'])
      expect(ledger).toContain(action)
    const exported = await page.evaluate(async () => (await fetch('/api/v1/audit/export?format=jsonl')).text())
    expect(exported).toContain('The night shift works in payments')
  })
})
