import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Platform } from '../platform/platform.ts'
import { signedIn, type Api } from '../platform/golden-path.ts'
import { eventually } from './stage.ts'
import { user, type Said, type User } from './user.ts'

const project = 'fintech'
const services = ['transactions', 'accounts', 'risk'] as const
type Service = (typeof services)[number]

const paymentMade = (fields: readonly object[]): string =>
  JSON.stringify({ type: 'record', name: 'PaymentMade', namespace: 'fintech', fields })
const paymentFields = [
  { name: 'id', type: 'string' },
  { name: 'account', type: 'string' },
  { name: 'amount', type: 'long', doc: 'Cents' },
]
const accountOpened = (limit: string): string =>
  JSON.stringify({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'AccountOpened',
    type: 'object',
    properties: { id: { type: 'string' }, owner: { type: 'string' }, limit: { type: limit } },
    required: ['id', 'owner', 'limit'],
    additionalProperties: false,
  })
const scoreGiven = (type: string): string =>
  `syntax = "proto3";\npackage fintech;\nmessage ScoreGiven {\n  string payment = 1;\n  ${type} score = 2;\n}\n`

/** What each service says, in the language that its team likes. */
const events = {
  transactions: { subject: 'transactions.payment-made', file: 'schemas/payment-made.avsc', text: paymentMade(paymentFields) },
  accounts: { subject: 'accounts.account-opened', file: 'schemas/account-opened.json', text: accountOpened('integer') },
  risk: { subject: 'risk.score-given', file: 'schemas/score-given.proto', text: scoreGiven('int32') },
} as const // prettier-ignore
const reads: Readonly<Record<Service, string>> = {
  transactions: '',
  accounts: 'risk.score-given:1',
  risk: 'transactions.payment-made:1, accounts.account-opened:1',
}
const readerOf: Readonly<Record<Service, string>> = { transactions: 'risk', accounts: 'risk', risk: 'accounts' }
/** What each team comes up with one day: a field fewer, and types that are others. */
const mistakes: readonly { service: Service; text: string; says: RegExp[] }[] = [
  { service: 'transactions', text: paymentMade(paymentFields.slice(0, 2)), says: [/amount/, /READER_FIELD_MISSING_DEFAULT_VALUE/] },
  { service: 'accounts', text: accountOpened('string'), says: [/limit/, /TYPE_CHANGED|TYPE_/] },
  { service: 'risk', text: scoreGiven('string'), says: [/score/, /FIELD_SCALAR_KIND_CHANGED/] },
] // prettier-ignore

/**
 * Three teams, each with events in a language of its own and a database. A missing field and changed types are stopped
 * when they are registered, in the pipeline and when they are deployed; each time it is said what, where and whom.
 */
export function fintechStory(platform: () => Platform): void {
  describe('three services that rely on each other', () => {
    let admin: User
    let dev: User
    let lead: User
    let watch: Api
    const folder = (service: Service): string => join(dev.dir, service)
    const put = (service: Service, file: string, text: string): void => {
      mkdirSync(dirname(join(folder(service), file)), { recursive: true })
      writeFileSync(join(folder(service), file), text)
    }
    const edit = (service: Service, file: string, from: string | RegExp, to: string): void => {
      const before = readFileSync(join(folder(service), file), 'utf8')
      const after = before.replaceAll(from, to)
      expect(after).not.toBe(before)
      put(service, file, after)
    }
    const git = async (service: Service, ...args: string[]): Promise<Said> => {
      const said = await dev.git(args, folder(service))
      expect(said, said.stderr).toMatchObject({ code: 0 })
      return said
    }
    async function push(service: Service, message: string): Promise<string> {
      await git(service, 'add', '-A')
      await git(service, 'commit', '-qm', message)
      await git(service, 'push', '-q', 'origin', 'HEAD')
      return (await git(service, 'rev-parse', 'HEAD')).stdout.trim()
    }
    const there = async (service: Service) => {
      const { environments } = await watch.getDeliveryLine({ params: { project, component: service } })
      return environments.find(({ environment }) => environment === 'development')
    }
    const revisionOf = async (service: Service): Promise<string | undefined> => (await there(service))?.liveRevision
    const refusedByGate = (service: Service, revision: string): Promise<string> =>
      eventually(
        `${service} to be refused`,
        async () => {
          const { detail = '', lastSync } = (await there(service)) ?? {}
          const refused =
            lastSync?.revision === revision && lastSync.state !== 'running' && lastSync.state !== 'succeeded'
          return refused && lastSync.detail !== undefined ? `${detail} ${lastSync.detail}` : undefined
        },
        60_000,
      )
    const live = (service: Service, revision: string): Promise<true> =>
      eventually(
        `${service} to be live`,
        async () => {
          const now = await there(service)
          return now?.liveRevision === revision && now.health === 'Healthy' ? true : undefined
        },
        60_000,
      )
    /** The log of the job that checks the schemas, once its pipeline has failed. */
    async function refusedByPipeline(service: Service, revision: string): Promise<string> {
      const failed = await eventually(
        `the pipeline of ${service} to fail`,
        async () => {
          const { items } = await watch.listPipelines({ params: { project }, query: {} })
          return items.find((one) => one.revision === revision && one.status === 'failed')
        },
        60_000,
      )
      const { jobs } = await watch.getPipeline({ params: { project, pipeline: failed.id } })
      const job = jobs.find(({ name }) => name === 'schema')
      expect(job?.status).toBe('failed')
      return (await dev.plinth(['pipeline', 'logs', job?.id ?? '', '--project', project])).stdout
    }

    beforeAll(async () => {
      const { url, admin: first } = platform()
      ;[admin, dev, lead] = [user('admin', url), user('dev', url), user('lead', url)]
      await admin.plinth(['login', '--username', first.username], { input: `${first.password}\n` })
      expect(await admin.plinth(['create', 'project', project])).toMatchObject({ code: 0 })
      for (const [who, role] of [[dev, 'developer'], [lead, 'team-lead']] as const) {
        const [name, password] = [`fin-${who.name}`, `a long password of ${who.name}`]
        expect(await admin.plinth(['user', 'create', name], { input: `${password}\n` })).toMatchObject({ code: 0 })
        expect(await admin.plinth(['grant', `user:${name}`, role, '--in', project])).toMatchObject({ code: 0 })
        expect(await who.plinth(['login', '--username', name], { input: `${password}\n` })).toMatchObject({ code: 0 })
      }
      watch = await signedIn({ url, username: 'fin-dev', password: 'a long password of dev' })
    }, 60_000) // prettier-ignore
    afterAll(() => {
      for (const one of [admin, dev, lead]) one?.forget()
    })

    test('are created, each with a database, and take up their events', async () => {
      const made = await Promise.all(services.map((name) => dev.plinth(['create', 'service', `${project}/${name}`])))
      for (const said of made) expect(said, said.stderr).toMatchObject({ code: 0 })
      const { token } = await dev.ask<{ token: string }>(['token', 'git'])
      await Promise.all(
        services.map(async (service) => {
          const origin = new URL(`/git/${project}/${service}.git`, platform().url)
          origin.username = 'fin-dev'
          origin.password = token
          expect(await dev.git(['clone', '-q', origin.href, folder(service)])).toMatchObject({ code: 0 })
        }),
      )
      // Each reads what another says, so the first versions have to be there before anybody is deployed.
      for (const service of services) {
        const { subject, file, text } = events[service]
        put(service, file, text)
        const said = await dev.plinth(['schema', 'register', subject, file, '--project', project], { cwd: folder(service) })
        expect(said, said.stderr).toMatchObject({ code: 0 })
      }
      // Whoever reads payments may be older than who writes them, and newer.
      const full = ['schema', 'compatibility', events.transactions.subject, 'full', '--project', project]
      expect(await lead.plinth(full)).toMatchObject({ code: 0 })
      await Promise.all(
        services.map(async (service) => {
          const { subject, file } = events[service]
          edit(service, '.gitlab-ci.yml', `${service}.entry-recorded schemas/entry-recorded.json`, `${subject} ${file}`)
          edit(service, 'score.yaml', `${service}.entry-recorded:1`, `${subject}:1`)
          if (reads[service] !== '') edit(service, 'score.yaml', 'consumes: ""', `consumes: "${reads[service]}"`)
          await live(service, await push(service, 'Say what this team says'))
        }),
      )
      const { items } = await dev.ask<{ items: { name: string }[] }>(['schema', 'list', '--project', project])
      expect(items.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.values(events).map((one) => one.subject)))
    }, 180_000) // prettier-ignore

    test.each(mistakes)('a mistake of $service is stopped when it is registered, with the reason and a way out', async ({ service, text, says }) => {
      const { subject, file } = events[service]
      put(service, file, text)
      const said = await dev.plinth(['schema', 'register', subject, file, '--project', project], { cwd: folder(service) })
      expect(said.code).not.toBe(0)
      for (const words of [...says, /review/i]) expect(said.stderr + said.stdout).toMatch(words)
    }) // prettier-ignore

    test('the same mistakes are stopped in the pipeline, and nothing of them runs', async () => {
      const before = await Promise.all(services.map(revisionOf))
      await Promise.all(
        mistakes.map(async ({ service, says }) => {
          const log = await refusedByPipeline(service, await push(service, 'A mistake'))
          for (const words of says) expect(log).toMatch(words)
        }),
      )
      expect(await Promise.all(services.map(revisionOf))).toEqual(before)
    })

    test('let in by a review, they are stopped where they would be deployed: what, where, and whom they would break', async () => {
      await Promise.all(
        mistakes.map(async ({ service, says }) => {
          const { subject, file } = events[service]
          const { items } = await lead.ask<{ items: { id: string; subject: string }[] }>(['schema', 'review', 'list', '--project', project])
          const review = items.find((one) => one.subject === subject)?.id ?? ''
          const approve = ['schema', 'review', 'approve', subject, review, '--project', project, '--reason', 'To see the gate']
          const own = await dev.plinth(approve)
          expect(own.code).toBe(4)
          expect(await lead.plinth(approve)).toMatchObject({ code: 0 })
          const in2 = await dev.ask<{ version: number }>(['schema', 'register', subject, join(folder(service), file), '--project', project])
          expect(in2.version).toBe(2)
          edit(service, 'score.yaml', `${subject}:1`, `${subject}:2`)
          const before = await revisionOf(service)
          const revision = await push(service, 'Say it the new way')
          const reason = await refusedByGate(service, revision)
          for (const words of [subject, '2', ...says.slice(0, 1), readerOf[service]]) expect(reason).toMatch(words)
          expect(await revisionOf(service)).toBe(before)
        }),
      )
    }, 120_000) // prettier-ignore

    test('what a pipeline registers is owned by its component', async () => {
      const governed = await watch.getSubjectGovernance({ params: { project, subject: 'risk.entry-recorded' } })
      expect(governed.owner).toBe(`component:${project}/risk`)
    })

    test('whom a change would break is known before anybody writes it', async () => {
      const { subject } = events.transactions
      const said = await dev.plinth(['schema', 'impact', subject, join(folder('transactions'), events.transactions.file), '--project', project])
      expect(said.code).toBe(1)
      expect(said.stdout).toMatch(/risk/)
      expect(said.stdout).toMatch(/development/)
    }) // prettier-ignore
  })
}
