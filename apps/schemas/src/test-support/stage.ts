import { answer, answers } from '@plinth/bus'
import { clientOf, type Client } from '@plinth/client'
import { contracts, decide, getComponentOwner, getEnvironments, readFiles, recordDeployed, repositoryPushed, resolveRevision, subjectOf, type RpcRequest } from '@plinth/contracts' // prettier-ignore
import { newId } from '@plinth/kernel'
import { asIdentity, testIdentity, testKeys, testNats, testPassword, testPostgres, until } from '@plinth/testkit'
import { schemas } from '../app.ts'
import { loadConfig } from '../config.ts'

export type Api = Client<typeof contracts.schemas.routes>
type Told = RpcRequest<typeof recordDeployed>
export type Fact = { type: string; data: Record<string, unknown> }

export const project = 'payments'
export const closed = (properties: object, required: string[]): string =>
  JSON.stringify({ type: 'object', properties, required, additionalProperties: false })

const environmentNames = ['development', 'staging', 'production'] as const
const createdAt = '2026-01-01T00:00:00.000Z'

/**
 * The service for real, with answers in the place of its neighbours: authorization, which allows all but what is in
 * `hidden`; provisioning with three environments and the owners that are in `owners`; gitops with the files in `scores`.
 */
export async function startStage() {
  const [database, nats] = await Promise.all([testPostgres(), testNats()])
  const scores: Record<string, string> = {}
  const owners: Record<string, string> = {}
  const hidden = new Set<string>()
  const [authorization, provisioning, gitops] = await Promise.all([
    nats.bus('authorization'),
    nats.bus('provisioning'),
    nats.bus('gitops'),
  ])
  const others = [
    answers(authorization, [
      answer(decide, async ({ questions }) => ({
        revision: 1,
        decisions: questions.map(({ domain }) => ({ allowed: !hidden.has(domain), reason: '' })),
      })),
    ]),
    answers(provisioning, [
      answer(getComponentOwner, async ({ project: of, component }) => {
        const owner = owners[`${of}/${component}`]
        return owner === undefined ? { found: false as const } : { found: true as const, owner }
      }),
      answer(getEnvironments, async () => ({
        items: environmentNames.map((name, position) => ({ name, tier: name, position, automatic: position === 0, createdAt })),
      })),
    ]),
    answers(gitops, [
      answer(resolveRevision, async ({ ref }) => {
        const named = { ref, title: '', author: '', protected: true, defaultBranch: 'main' }
        return { found: true as const, revision: 'a'.repeat(40), ...named }
      }),
      answer(readFiles, async ({ repository }) => ({ files: { 'score.yaml': scores[repository] ?? null } })),
    ]),
  ] // prettier-ignore
  await Promise.all([
    gitops.ensureStream('gitops'),
    provisioning.ensureStream('provisioning'),
    ...others.map((worker) => worker.start()),
  ])
  const running = await schemas(
    loadConfig({
      PLINTH_DATABASE_URL: database.url,
      PLINTH_NATS_URL: nats.url,
      PLINTH_NATS_USER: 'schemas',
      PLINTH_NATS_PASSWORD: testPassword,
      PLINTH_PORT: '0',
      PLINTH_PUBLIC_URL: 'http://localhost:8080',
      PLINTH_IDENTITY_PUBLIC_KEY: testKeys.publicKey,
      PLINTH_LOG_LEVEL: 'silent',
    }),
  )
  const told: Fact[] = []
  const listening = new AbortController()
  const follow = async (): Promise<void> => {
    for await (const { event: fact } of (await nats.bus()).follow({ sources: ['schemas'], signal: listening.signal }))
      told.push({ type: fact.type, data: fact.data as Fact['data'] })
  }
  void follow()
  const as = (subject: string, claims: Record<string, string> = {}): Api =>
    clientOf(contracts.schemas.routes, {
      baseUrl: running.url,
      headers: () => asIdentity(testIdentity(subject, { claims })),
    })
  const api = as('user:ana')
  return {
    nats, as, api, scores, owners, hidden,
    url: running.url,

    /** A subject with a version for each of the schemas, whatever they break. */
    async subjectWith(subject: string, ...versions: string[]): Promise<void> {
      const params = { project, subject }
      for (const [index, schema] of versions.entries()) {
        if (index === 1) await api.setCompatibility({ params, body: { compatibility: 'NONE' } })
        await api.registerVersion({ params, body: { type: 'JSON', schema } })
      }
    },

    async deploy(told: Partial<Told> & Pick<Told, 'component'>): Promise<void> {
      const asked = { project, environment: 'development', deployment: newId('dep'), produces: [], consumes: [], removed: false }
      await provisioning.ask(recordDeployed, { ...asked, ...told })
    },

    /** Says that a repository's default branch moved. */
    async push(repository: string): Promise<void> {
      const data = { ...repositoryPushed.example, project, repository }
      const id = newId('evt')
      const subject = subjectOf(repositoryPushed.type, project, repository)
      const event = { specversion: '1.0', id, source: '/plinth/gitops', type: repositoryPushed.type, time: new Date().toISOString(), subject: repository, datacontenttype: 'application/json', plinthproject: project, data }
      await gitops.publish([{ id, subject, key: `${project}/${repository}`, body: JSON.stringify(event) }])
    },

    /** Waits for a fact of this service, told at any time so far. */
    event: (isIt: (one: Fact) => boolean, what: string): Promise<Fact> => until(() => told.find(isIt), { what }),

    async close(): Promise<void> {
      listening.abort()
      await running.close()
      await nats.close()
      await database.drop()
    },
  } // prettier-ignore
}
export type Stage = Awaited<ReturnType<typeof startStage>>
