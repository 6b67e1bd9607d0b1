import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import type { Platform } from '../platform/platform.ts'
import { signedIn, type Api } from '../platform/golden-path.ts'
import { eventually } from './stage.ts'
import { user, type Said, type User } from './user.ts'

export const project = 'fintech'
export const services = ['transactions', 'accounts', 'risk'] as const
export type Service = (typeof services)[number]

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
export const events = {
  transactions: { subject: 'transactions.payment-made', file: 'schemas/payment-made.avsc', text: paymentMade(paymentFields) },
  accounts: { subject: 'accounts.account-opened', file: 'schemas/account-opened.json', text: accountOpened('integer') },
  risk: { subject: 'risk.score-given', file: 'schemas/score-given.proto', text: scoreGiven('int32') },
} as const // prettier-ignore
export const reads: Readonly<Record<Service, string>> = {
  transactions: '',
  accounts: 'risk.score-given:1',
  risk: 'transactions.payment-made:1, accounts.account-opened:1',
}
export const readerOf: Readonly<Record<Service, string>> = { transactions: 'risk', accounts: 'risk', risk: 'accounts' }
/** What each team comes up with one day: a field fewer, and types that are others. */
export const mistakes: readonly { service: Service; text: string; says: RegExp[] }[] = [
  { service: 'transactions', text: paymentMade(paymentFields.slice(0, 2)), says: [/amount/, /READER_FIELD_MISSING_DEFAULT_VALUE/] },
  { service: 'accounts', text: accountOpened('string'), says: [/limit/, /TYPE_CHANGED|TYPE_/] },
  { service: 'risk', text: scoreGiven('string'), says: [/score/, /FIELD_SCALAR_KIND_CHANGED/] },
] // prettier-ignore

/** The people of the three teams, what they do with their repositories, and what they wait for. */
export class Teams {
  readonly dev: User
  readonly lead: User
  readonly watch: Api
  private readonly url: string

  private constructor(o: { dev: User; lead: User; watch: Api; url: string }) {
    this.dev = o.dev
    this.lead = o.lead
    this.watch = o.watch
    this.url = o.url
  }

  /** Makes the project, a developer and a lead, and signs them in. */
  static async come({ url, admin: first }: Platform): Promise<Teams> {
    const [admin, dev, lead] = [user('admin', url), user('dev', url), user('lead', url)]
    await admin.plinth(['login', '--username', first.username], { input: `${first.password}\n` })
    expect(await admin.plinth(['create', 'project', project])).toMatchObject({ code: 0 })
    for (const [who, role] of [
      [dev, 'developer'],
      [lead, 'team-lead'],
    ] as const) {
      const [name, password] = [`fin-${who.name}`, `a long password of ${who.name}`]
      expect(await admin.plinth(['user', 'create', name], { input: `${password}\n` })).toMatchObject({ code: 0 })
      expect(await admin.plinth(['grant', `user:${name}`, role, '--in', project])).toMatchObject({ code: 0 })
      expect(await who.plinth(['login', '--username', name], { input: `${password}\n` })).toMatchObject({ code: 0 })
    }
    admin.forget()
    const watch = await signedIn({ url, username: 'fin-dev', password: 'a long password of dev' })
    return new Teams({ dev, lead, watch, url })
  }

  leave(): void {
    for (const one of [this.dev, this.lead]) one.forget()
  }

  folder(service: Service): string {
    return join(this.dev.dir, service)
  }

  put(service: Service, file: string, text: string): void {
    mkdirSync(dirname(join(this.folder(service), file)), { recursive: true })
    writeFileSync(join(this.folder(service), file), text)
  }

  edit(service: Service, file: string, from: string | RegExp, to: string): void {
    const before = readFileSync(join(this.folder(service), file), 'utf8')
    const after = before.replaceAll(from, to)
    expect(after).not.toBe(before)
    this.put(service, file, after)
  }

  /** `plinth …` in the checkout of the service. */
  plinth(service: Service, ...args: string[]): Promise<Said> {
    return this.dev.plinth([...args, '--project', project], { cwd: this.folder(service) })
  }

  async clone(service: Service, token: string): Promise<void> {
    const origin = new URL(`/git/${project}/${service}.git`, this.url)
    origin.username = 'fin-dev'
    origin.password = token
    expect(await this.dev.git(['clone', '-q', origin.href, this.folder(service)])).toMatchObject({ code: 0 })
  }

  private async git(service: Service, ...args: string[]): Promise<Said> {
    const said = await this.dev.git(args, this.folder(service))
    expect(said, said.stderr).toMatchObject({ code: 0 })
    return said
  }

  async push(service: Service, message: string): Promise<string> {
    await this.git(service, 'add', '-A')
    await this.git(service, 'commit', '-qm', message)
    await this.git(service, 'push', '-q', 'origin', 'HEAD')
    return (await this.git(service, 'rev-parse', 'HEAD')).stdout.trim()
  }

  private async there(service: Service) {
    const { environments } = await this.watch.getDeliveryLine({ params: { project, component: service } })
    return environments.find(({ environment }) => environment === 'development')
  }

  async revisionOf(service: Service): Promise<string | undefined> {
    return (await this.there(service))?.liveRevision
  }

  live(service: Service, revision: string): Promise<true> {
    const look = async (): Promise<true | undefined> => {
      const now = await this.there(service)
      return now?.liveRevision === revision && now.health === 'Healthy' ? true : undefined
    }
    return eventually(`${service} to be live`, look, 60_000)
  }

  /** What the delivery line says of a version that the gate did not let in. */
  refusedByGate(service: Service, revision: string): Promise<string> {
    const look = async (): Promise<string | undefined> => {
      const { detail = '', lastSync } = (await this.there(service)) ?? {}
      const ended = lastSync?.revision === revision && !['running', 'succeeded'].includes(lastSync.state)
      return ended && lastSync.detail !== undefined ? `${detail} ${lastSync.detail}` : undefined
    }
    return eventually(`${service} to be refused`, look, 60_000)
  }

  /** The log of a job, once its pipeline has failed. */
  async refusedByPipeline(service: Service, revision: string, name = 'schema'): Promise<string> {
    const look = async () => {
      const { items } = await this.watch.listPipelines({ params: { project }, query: {} })
      return items.find((one) => one.revision === revision && one.status === 'failed')
    }
    const failed = await eventually(`the pipeline of ${service} to fail`, look, 60_000)
    const { jobs } = await this.watch.getPipeline({ params: { project, pipeline: failed.id } })
    const job = jobs.find((one) => one.name === name)
    expect(job?.status).toBe('failed')
    return (await this.dev.plinth(['pipeline', 'logs', job?.id ?? '', '--project', project])).stdout
  }
}
