import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { axeProblems, settle, signIn, stopsOf, visit } from '../../apps/portal/test/walk-portal.ts'
import { edgeRequest, ensureProject, goldenPath, signedIn } from '../platform/golden-path.ts'
import { events, mistakes, project, readerOf, reads, services, Teams } from './fintech-teams.ts'
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

/**
 * Each with events in a language of its own and a database. A missing field and changed types are stopped when they are
 * registered, in the pipeline and when they are deployed; each time it is said what, where and whom.
 */
describe('three services that rely on each other', () => {
  let teams: Teams
  beforeAll(async () => {
    teams = await Teams.come(stage.platform)
  }, 60_000)
  afterAll(() => teams?.leave())

  test('are created, each with a database, and take up their events', async () => {
    const made = await Promise.all(services.map((name) => teams.dev.plinth(['create', 'service', `${project}/${name}`])))
    for (const said of made) expect(said, said.stderr).toMatchObject({ code: 0 })
    const { token } = await teams.dev.ask<{ token: string }>(['token', 'git'])
    await Promise.all(
      services.map(async (service) => {
        await teams.clone(service, token)
      }),
    )
    // Each reads what another says, so the first versions have to be there before anybody is deployed.
    for (const service of services) {
      const { subject, file, text } = events[service]
      teams.put(service, file, text)
      const said = await teams.plinth(service, 'schema', 'register', subject, file)
      expect(said, said.stderr).toMatchObject({ code: 0 })
    }
    // Whoever reads payments may be older than who writes them, and newer.
    const full = ['schema', 'compatibility', events.transactions.subject, 'full', '--project', project]
    expect(await teams.lead.plinth(full)).toMatchObject({ code: 0 })
    await Promise.all(
      services.map(async (service) => {
        const { subject, file } = events[service]
        teams.edit(service, '.gitlab-ci.yml', `${service}.entry-recorded schemas/entry-recorded.json`, `${subject} ${file}`)
        teams.edit(service, 'score.yaml', `${service}.entry-recorded:1`, `${subject}:1`)
        if (reads[service] !== '') teams.edit(service, 'score.yaml', 'consumes: ""', `consumes: "${reads[service]}"`)
        await teams.live(service, await teams.push(service, 'Say what this team says'))
      }),
    )
    const { items } = await teams.dev.ask<{ items: { name: string }[] }>(['schema', 'list', '--project', project])
    expect(items.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.values(events).map((one) => one.subject)))
  }, 180_000) // prettier-ignore

  test.each(mistakes)('a mistake of $service is stopped when it is registered, with the reason and a way out', async ({ service, text, says }) => {
    const { subject, file } = events[service]
    teams.put(service, file, text)
    const said = await teams.plinth(service, 'schema', 'register', subject, file)
    expect(said.code).not.toBe(0)
    for (const words of [...says, /review/i]) expect(said.stderr + said.stdout).toMatch(words)
  }) // prettier-ignore

  test('the same mistakes are stopped in the pipeline, and nothing of them runs', async () => {
    const before = await Promise.all(services.map((service) => teams.revisionOf(service)))
    await Promise.all(
      mistakes.map(async ({ service, says }) => {
        const log = await teams.refusedByPipeline(service, await teams.push(service, 'A mistake'))
        for (const words of says) expect(log).toMatch(words)
      }),
    )
    expect(await Promise.all(services.map((service) => teams.revisionOf(service)))).toEqual(before)
  })

  test('let in by a review, they are stopped where they would be deployed: what, where, and whom they would break', async () => {
    await Promise.all(
      mistakes.map(async ({ service, says }) => {
        const { subject, file } = events[service]
        const { items } = await teams.lead.ask<{ items: { id: string; subject: string }[] }>(['schema', 'review', 'list', '--project', project])
        const review = items.find((one) => one.subject === subject)?.id ?? ''
        const approve = ['schema', 'review', 'approve', subject, review, '--project', project, '--reason', 'To see the gate']
        const own = await teams.dev.plinth(approve)
        expect(own.code).toBe(4)
        expect(await teams.lead.plinth(approve)).toMatchObject({ code: 0 })
        const in2 = await teams.dev.ask<{ version: number }>(['schema', 'register', subject, join(teams.folder(service), file), '--project', project])
        expect(in2.version).toBe(2)
        teams.edit(service, 'score.yaml', `${subject}:1`, `${subject}:2`)
        const before = await teams.revisionOf(service)
        const revision = await teams.push(service, 'Say it the new way')
        const reason = await teams.refusedByGate(service, revision)
        for (const words of [subject, '2', ...says.slice(0, 1), readerOf[service]]) expect(reason).toMatch(words)
        expect(await teams.revisionOf(service)).toBe(before)
      }),
    )
  }, 120_000) // prettier-ignore

  test('a column that is taken away is stopped in the pipeline, and at the database while code that reads it runs', async () => {
    const file = 'migrations/0002_drop_description.sql'
    const drop = 'alter table entries drop column description;\n'
    teams.put('accounts', file, drop)
    const log = await teams.refusedByPipeline('accounts', await teams.push('accounts', 'Drop a column'))
    for (const words of [/ban-drop-column/, /entries\.description/, /remedy/]) expect(log).toMatch(words)
    teams.put('accounts', file, `-- plinth-ignore ban-drop-column: nobody reads it, we think\n${drop}`)
    const lint = await teams.dev.plinth(['database', 'lint'], { cwd: teams.folder('accounts') })
    expect(lint, lint.stdout).toMatchObject({ code: 0 })
    const apply = ['database', 'apply', `${project}/accounts`, '--environment', 'development']
    const refused = await teams.lead.plinth(apply, { cwd: teams.folder('accounts') })
    expect(refused.code).not.toBe(0)
    expect(refused.stderr + refused.stdout).toMatch(/description[\s\S]*accounts|accounts[\s\S]*description/)
  })

  test('what a pipeline registers is owned by its component', async () => {
    const governed = await teams.watch.getSubjectGovernance({ params: { project, subject: 'risk.entry-recorded' } })
    expect(governed.owner).toBe(`component:${project}/risk`)
  })

  test('whom a change would break is known before anybody writes it', async () => {
    const { subject } = events.transactions
    const said = await teams.dev.plinth(['schema', 'impact', subject, join(teams.folder('transactions'), events.transactions.file), '--project', project])
    expect(said.code).toBe(1)
    expect(said.stdout).toMatch(/risk/)
    expect(said.stdout).toMatch(/development/)
  }) // prettier-ignore
})

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
