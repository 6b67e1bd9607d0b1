import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

/** Where a walk goes and what must be seen there. `{name}` of a path is filled from what the walk finds on its way. */
export type Stop = { name: string; path: string; sees: RegExp }
export type Credentials = { username: string; password: string }
export type WalkOptions = {
  project?: string
  component?: string
  /** Called at each stop once it is quiet, for checks and screenshots. */
  at?: (stop: Stop) => Promise<void>
}

const settleMs = 10_000

export const stopsOf = (project: string, component: string): readonly Stop[] => {
  const line = `/projects/${project}/components/${component}`
  return [
    { name: 'home', path: '/', sees: /components/i },
    { name: 'catalog', path: '/catalog', sees: /catalog/i },
    { name: 'projects', path: '/projects', sees: /projects/i },
    { name: 'project', path: `/projects/${project}`, sees: new RegExp(component) },
    { name: 'create', path: '/create', sees: /template|create/i },
    { name: 'create-form', path: `/create?template=node-service&project=${project}`, sees: /what will be made/i },
    { name: 'component', path: line, sees: /overview/i },
    { name: 'component-pipelines', path: `${line}/pipelines`, sees: /pipeline/i },
    { name: 'component-resources', path: `${line}/resources`, sees: /development/i },
    { name: 'component-syncs', path: `${line}/syncs`, sees: /syncs/i },
    { name: 'logs', path: `${line}/telemetry?view=logs`, sees: /records/i },
    { name: 'traces', path: `${line}/telemetry?view=traces`, sees: /traces/i },
    { name: 'metrics', path: `${line}/telemetry?view=metrics`, sees: /metrics/i },
    { name: 'pipelines', path: `/projects/${project}/pipelines`, sees: /pipelines/i },
    { name: 'change-requests', path: `/projects/${project}/change-requests`, sees: /change requests/i },
    { name: 'environments', path: `/projects/${project}/environments`, sees: /development/i },
    { name: 'environment', path: `/projects/${project}/environments/development`, sees: /workloads/i },
    { name: 'schemas', path: `/projects/${project}/schemas`, sees: /schemas/i },
    { name: 'access-overview', path: '/access', sees: /who may do what|waits? for your decision/i },
    { name: 'access-policies', path: '/access/policy', sees: /revision \d+ in force/i },
    { name: 'access-audit', path: '/access/audit', sees: /ledger/i },
    { name: 'not-found', path: '/no/such/page', sees: /nothing at this address/i },
  ]
}

/** Waits until the page shows its heading, nothing loads any more, and everything that came has been painted. */
export async function settle(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      document.querySelector('main h1') !== null &&
      ![...document.querySelectorAll('[role=status]')].some((one) => one.textContent.startsWith('Loading')),
    undefined,
    { timeout: settleMs },
  )
  await page.evaluate(() =>
    document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))),
  )
}

export async function signIn(page: Page, baseUrl: string, { username, password }: Credentials): Promise<void> {
  await page.goto(`${baseUrl}/login`)
  await page.getByLabel(/user name/i).fill(username)
  await page.getByLabel(/password/i).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL((url) => !url.pathname.startsWith('/login'), { timeout: settleMs })
  await settle(page)
}

export async function visit(page: Page, baseUrl: string, { path, sees, name }: Stop): Promise<void> {
  await page.goto(`${baseUrl}${path}`)
  await settle(page)
  const text = (await page.locator('#root').textContent()) ?? ''
  if (!sees.test(text))
    throw new Error(`${name} (${path}) does not show ${String(sees)}; it shows: ${text.slice(0, 400)}`)
}

/** Signs in and opens every page of the portal, on the fixture or on the real platform. Throws at the first that is wrong. */
export async function walkPortal(
  page: Page,
  baseUrl: string,
  credentials: Credentials,
  options: WalkOptions = {},
): Promise<void> {
  const { project = 'payments', component = 'ledger', at } = options
  await signIn(page, baseUrl, credentials)
  for (const stop of stopsOf(project, component)) {
    await visit(page, baseUrl, stop)
    await at?.(stop)
  }
}

type Violation = { id: string; help: string; nodes: { target: unknown; html: string; failureSummary?: string }[] }
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** One visit for both looks: the page follows the width of the window and the colours of the system. */
const looks: readonly { width: number; height: number; colorScheme: 'light' | 'dark'; rules?: readonly string[] }[] = [
  { width: 1440, height: 900, colorScheme: 'light' },
  // All else is the same document, and was looked at already.
  {
    width: 390,
    height: 844,
    colorScheme: 'dark',
    rules: ['color-contrast', 'scrollable-region-focusable', 'aria-hidden-focus', 'button-name', 'link-name', 'label'],
  },
] // prettier-ignore

/** What is wrong with the page wide and light, and narrow and dark: what axe finds, and sideways scrolling. */
export async function problemsInEachLook(page: Page, name: string): Promise<string[]> {
  const found: string[] = []
  for (const { width, height, colorScheme, rules } of looks) {
    await page.setViewportSize({ width, height })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await settle(page)
    found.push(...(await axeProblems(page, rules)).map((problem) => `${name}, ${colorScheme}: ${problem}`))
    if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth))
      found.push(`${name}, ${colorScheme}: scrolls sideways`)
  }
  return found
}

/** What axe finds wrong with the page as it stands, one line each; by all its rules unless some are named. */
export async function axeProblems(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  // A script element would be refused by the page's own policy; the debugger's evaluation is not.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource)
  const violations = await page.evaluate(async (only) => {
    const { axe } = window as unknown as { axe: { run(options: object): Promise<{ violations: Violation[] }> } }
    return (
      await axe.run({
        resultTypes: ['violations'],
        preload: false,
        ...(only && { runOnly: { type: 'rule', values: only } }),
      })
    ).violations
  }, rules)
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ target, html, failureSummary = '' }) =>
        `${id}: ${help} at ${String(target)} ${html.slice(0, 160)} ${failureSummary.split('\n').slice(1, 2).join('')}`,
    ),
  )
}
