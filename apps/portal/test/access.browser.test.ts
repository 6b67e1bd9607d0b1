import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type FixtureServer, startFixtureServer } from './fixture-server.ts'
import { accessStopsOf } from './walk-access.ts'
import { axeProblems, problemsInEachLook, settle, signIn, visit } from './walk-portal.ts'

const executablePath =
  process.env['PLINTH_CHROMIUM'] ??
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path)) ??
  ''
const absent = executablePath === '' && process.env['CI'] !== 'true'
const flags =
  '--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run'
const password = 'correct horse battery'
const lead = { username: 'ana', password }
const developer = { username: 'dev', password }
const denied = '/access/explain?subject=user:dev&action=deploy&object=application/ledger&domain=payments/production'
const more = [
  { name: 'change set', path: '/access/changes/chs_01', sees: /of them would turn/i },
  { name: 'explained denial', path: denied, sees: /the nearest grant that would allow it/i },
  {
    name: 'a comparison of revisions',
    path: '/access/history?to=42&from=39&diff=split',
    sees: /from revision 39 to 42/i,
  },
  { name: 'a user', path: '/access/users?user=lee', sees: /sign out everywhere/i },
  { name: 'a group', path: '/access/groups?group=payments/developers', sees: /add a user/i },
  {
    name: 'a service account',
    path: '/access/service-accounts?project=payments&account=release-bot',
    sees: /delete the account/i,
  },
  { name: 'the form of a binding', path: '/access/bindings?give=new', sees: /only at some hours/i },
  { name: 'an entry of the ledger', path: '/access/audit?entry=payments:239', sees: /all of this object/i },
  { name: 'the form of a provider', path: '/access/providers?provider=okta', sees: /groups taken over/i },
  { name: 'a device', path: '/device?user_code=BDFH-KMPR', sees: /plinth on build-7/i },
]

describe.skipIf(absent)('access in a browser', { timeout: 180_000 }, () => {
  let server: FixtureServer
  let browser: Browser
  let context: BrowserContext
  let page: Page
  const complaints: string[] = []

  beforeAll(async () => {
    server = await startFixtureServer(join(import.meta.dirname, '..', 'dist'))
    browser = await chromium.launch({ executablePath, args: flags.split(' ') })
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
      // Answers that a test asks for are noted by the browser too; what the policy of the page refuses is a defect.
      if (said.type() === 'error' && !/status of 40[0-9]/.test(said.text()))
        complaints.push(`${page.url()} ${said.text()}`)
    })
  }
  const at = async (path: string): Promise<void> => {
    await page.goto(`${server.url}${path}`)
    await settle(page)
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

  test('every page of access, wide and light, narrow and dark, shows what it is for, has no axe violation and no sideways scroll', async () => {
    const found: string[] = []
    await signIn(page, server.url, lead)
    for (const stop of [...accessStopsOf('payments'), ...more]) {
      await visit(page, server.url, stop)
      found.push(...(await problemsInEachLook(page, stop.name)))
    }
    expect(found).toEqual([])
  })

  test('the sign-in offers the providers beside the password', async () => {
    await page.goto(`${server.url}/login?next=/access/requests`)
    const link = page.getByRole('link', { name: 'Sign in with Okta' })
    expect(await link.getAttribute('href')).toBe('/auth/oidc/okta?returnTo=%2Faccess%2Frequests')
    expect(await axeProblems(page)).toEqual([])
  })

  test('a denial says what is missing and who gives it, and its button asks for just that', async () => {
    await signIn(page, server.url, developer)
    await at('/access/users')
    await page.getByText('You may not do this').waitFor()
    await page.getByText(/Missing: list on user/).waitFor()
    await page.getByRole('link', { name: 'Request access' }).click()
    const form = page.getByRole('dialog', { name: 'Ask for access' })
    expect(await form.getByLabel('Role').inputValue()).toBe('role:team-lead')
    expect(await form.getByLabel('Why').inputValue()).toContain('list user')
    await form.getByLabel('Domain').fill('payments')
    await form.getByRole('button', { name: 'Ask', exact: true }).click()
    await page.getByText('Asked; whoever may decide sees it now').waitFor()
    await page
      .getByRole('region', { name: 'Mine, waiting' })
      .getByText('“To list user in the whole platform”')
      .waitFor()
  })

  test('a request is granted for the time that was asked, or refused with a reason', async () => {
    await signIn(page, server.url, lead)
    await at('/access')
    await page.getByRole('button', { name: 'Grant role:deployer to user:dev' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Grant it' }).click()
    await page.getByText('user:dev has role:deployer for 1 h').waitFor()
    await page
      .getByRole('region', { name: 'More than usual, just now' })
      .getByText(/incident 4711/)
      .waitFor()
  })

  test('breaking the glass asks for the domain by name', async () => {
    await signIn(page, server.url, lead)
    await at('/access/requests?ask=new&role=role:deployer&domain=payments/production&reason=The+ledger+is+down')
    await page.getByLabel('Break the glass').check()
    const act = page.getByRole('button', { name: 'Break the glass' })
    expect(await act.isDisabled()).toBe(true)
    await page.getByLabel('Type payments/production to go on').fill('payments/production')
    await act.click()
    await page.getByText(/You have role:deployer in payments\/production for 1 h/).waitFor()
  })

  test('the editor completes, points at what is wrong, and its change goes over the impact into force and back', async () => {
    await signIn(page, server.url, lead)
    await at('/access/policy')
    const editor = page.getByRole('textbox', { name: 'policy.csv' })
    await editor.click()
    await page.keyboard.press('Control+End')
    await page.keyboard.type('p, role:q')
    await page.getByRole('option', { name: /role:qa/ }).click()
    await page.keyboard.insertText(', payments/staging, application, deploy, alow')
    await page.getByText('1 problem', { exact: true }).waitFor()
    await page.getByRole('list', { name: 'Problems' }).getByText('effect is "alow"; write allow or deny').waitFor()
    expect(await editor.locator('.cm-lintRange-error').innerText()).toBe('alow')
    // The keys of the portal stay out of what is typed: `g c` would lead to the catalog.
    await page.keyboard.type('gc')
    expect(page.url()).toContain('/access/policy')
    for (let count = 0; count < 'alowgc'.length; count++) await page.keyboard.press('Backspace')
    await page.keyboard.insertText('allow')
    await page.getByText('+1 −0 rows').waitFor()
    await page.getByRole('button', { name: 'Compare' }).click()
    await page.getByText('p, role:qa, payments/staging, application, deploy, allow').waitFor()
    expect(await axeProblems(page)).toEqual([])
    await page.getByRole('button', { name: 'Draft a change' }).click()
    await page.getByRole('dialog').getByLabel('Title').fill('Let QA deploy')
    await page.getByRole('button', { name: 'Draft it' }).click()
    await page.getByText('of them would turn').waitFor()
    await page.getByRole('button', { name: 'Propose' }).click()
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click()
    await page.getByText('In force as revision 43', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByText(/The policy is as before/).waitFor()
  })

  test('seen as somebody else, what is locked for them is locked, and nothing is changed', async () => {
    await signIn(page, server.url, lead)
    await at('/access/view-as?subject=user:dev')
    await page.getByRole('button', { name: 'View as user:dev' }).click()
    await page.getByRole('region', { name: 'Seen as somebody else' }).waitFor()
    await page.getByRole('table').getByText('yes').first().waitFor()
    await page
      .getByRole('navigation', { name: 'Access' })
      .getByRole('link', { name: /^Users.*not yours to open/ })
      .click()
    await page.getByText(/user:dev could not open this page/).waitFor()
    await page.getByRole('button', { name: 'New user' }).click()
    await page
      .getByRole('dialog', { name: 'user:dev may not do this' })
      .getByText(/Missing: create on user/)
      .waitFor()
    expect(await axeProblems(page)).toEqual([])
    await page.keyboard.press('Escape')
    await at('/access/requests')
    await page.getByRole('button', { name: 'Withdraw: role:auditor of user:ana' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Withdraw' }).click()
    await page.getByText('so nothing is changed').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Be myself again' }).click()
    expect(await page.getByRole('region', { name: 'Seen as somebody else' }).count()).toBe(0)
  })

  test('a token is shown once, and by keyboard one comes to each place of access', async () => {
    await signIn(page, server.url, lead)
    await page.keyboard.press('g')
    await page.keyboard.press('m')
    await page.waitForURL(/\/account$/)
    await page.getByRole('button', { name: 'New token' }).click()
    await page.getByLabel('What for').fill('git')
    await page.getByRole('button', { name: 'Make the token' }).click()
    await page.getByText(/plt_fixture0+/).waitFor()
    await page.getByRole('button', { name: 'I have it' }).click()
    expect(await page.getByText(/plt_fixture0+/).count()).toBe(0)
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').getByRole('combobox').fill('separation')
    await page.getByRole('option', { name: /Separation of duties/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/access\/constraints$/)
  })
})
