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

type Nats = Awaited<ReturnType<typeof testNats>>
type Bus = Awaited<ReturnType<Nats['bus']>>
/** What the neighbours know; a test changes it as it goes. */
type Known = { scores: Record<string, string>; owners: Record<string, string>; hidden: Set<string> }

const answersOfAuthorization = (bus: Bus, { hidden }: Known) =>
  answers(bus, [
    answer(decide, async ({ questions }) => ({
      revision: 1,
      decisions: questions.map(({ domain }) => ({ allowed: !hidden.has(domain), reason: '' })),
    })),
  ])

const answersOfProvisioning = (bus: Bus, { owners }: Known) =>
  answers(bus, [
    answer(getComponentOwner, async ({ project: of, component }) => {
      const owner = owners[`${of}/${component}`]
      return owner === undefined ? { found: false as const } : { found: true as const, owner }
    }),
    answer(getEnvironments, async () => ({
      items: environmentNames.map((name, position) => ({
        name,
        tier: name,
        position,
        automatic: position === 0,
        createdAt,
      })),
    })),
  ])

const answersOfGitops = (bus: Bus, { scores }: Known) =>
  answers(bus, [
    answer(resolveRevision, async ({ ref }) => {
      const named = { ref, title: '', author: '', protected: true, defaultBranch: 'main' }
      return { found: true as const, revision: 'a'.repeat(40), ...named }
    }),
    answer(readFiles, async ({ repository }) => ({ files: { 'score.yaml': scores[repository] ?? null } })),
  ])

async function startNeighbours(nats: Nats, known: Known): Promise<{ provisioning: Bus; gitops: Bus }> {
  const [authorization, provisioning, gitops] = await Promise.all([
    nats.bus('authorization'),
    nats.bus('provisioning'),
    nats.bus('gitops'),
  ])
  const others = [
    answersOfAuthorization(authorization, known),
    answersOfProvisioning(provisioning, known),
    answersOfGitops(gitops, known),
  ]
  await Promise.all([
    gitops.ensureStream('gitops'),
    provisioning.ensureStream('provisioning'),
    ...others.map((worker) => worker.start()),
  ])
  return { provisioning, gitops }
}

const startService = (database: { url: string }, nats: Nats) =>
  schemas(
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

/** The facts that the service tells from now on; the list grows until the signal. */
function collectFacts(nats: Nats, signal: AbortSignal): Fact[] {
  const told: Fact[] = []
  const follow = async (): Promise<void> => {
    for await (const { event: fact } of (await nats.bus()).follow({ sources: ['schemas'], signal }))
      told.push({ type: fact.type, data: fact.data as Fact['data'] })
  }
  void follow()
  return told
}

async function registerAll(api: Api, subject: string, versions: readonly string[]): Promise<void> {
  const params = { project, subject }
  for (const [index, schema] of versions.entries()) {
    if (index === 1) await api.setCompatibility({ params, body: { compatibility: 'NONE' } })
    await api.registerVersion({ params, body: { type: 'JSON', schema } })
  }
}

async function publishPush(gitops: Bus, repository: string): Promise<void> {
  const data = { ...repositoryPushed.example, project, repository }
  const id = newId('evt')
  const subject = subjectOf(repositoryPushed.type, project, repository)
  const event = {
    specversion: '1.0',
    id,
    source: '/plinth/gitops',
    type: repositoryPushed.type,
    time: new Date().toISOString(),
    subject: repository,
    datacontenttype: 'application/json',
    plinthproject: project,
    data,
  }
  await gitops.publish([{ id, subject, key: `${project}/${repository}`, body: JSON.stringify(event) }])
}

/**
 * The service for real, with answers in the place of its neighbours: authorization, which allows all but what is in
 * `hidden`; provisioning with three environments and the owners that are in `owners`; gitops with the files in `scores`.
 */
export async function startStage() {
  const [database, nats] = await Promise.all([testPostgres(), testNats()])
  const known: Known = { scores: {}, owners: {}, hidden: new Set() }
  const { provisioning, gitops } = await startNeighbours(nats, known)
  const running = await startService(database, nats)
  const listening = new AbortController()
  const told = collectFacts(nats, listening.signal)
  const as = (subject: string, claims: Record<string, string> = {}): Api =>
    clientOf(contracts.schemas.routes, {
      baseUrl: running.url,
      headers: () => asIdentity(testIdentity(subject, { claims })),
    })
  const api = as('user:ana')
  return {
    nats,
    as,
    api,
    ...known,
    url: running.url,

    /** A subject with a version for each of the schemas, whatever they break. */
    subjectWith: (subject: string, ...versions: string[]): Promise<void> => registerAll(api, subject, versions),

    async deploy(told: Partial<Told> & Pick<Told, 'component'>): Promise<void> {
      const asked = {
        project,
        environment: 'development',
        deployment: newId('dep'),
        produces: [],
        consumes: [],
        removed: false,
      }
      await provisioning.ask(recordDeployed, { ...asked, ...told })
    },

    /** Says that a repository's default branch moved. */
    push: (repository: string): Promise<void> => publishPush(gitops, repository),

    /** Waits for a fact of this service, told at any time so far. */
    event: (isIt: (one: Fact) => boolean, what: string): Promise<Fact> => until(() => told.find(isIt), { what }),

    async close(): Promise<void> {
      listening.abort()
      await running.close()
      await nats.close()
      await database.drop()
    },
  }
}
export type Stage = Awaited<ReturnType<typeof startStage>>
