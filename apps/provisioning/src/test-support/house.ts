import { answer, answers, type Bus } from '@plinth/bus'
import {
  archiveRepository, checkGate, createRepository, decide, failure, hostWorkload, issueToken, observeWorkload, recordDeployed, removeHostedWorkload, revokeToken,
  type RpcRequest, type RpcResponse, type RpcSpec,
} from '@plinth/contracts' // prettier-ignore
import type { AppError, Worker } from '@plinth/kernel'
import type { Hosted, Wish } from '../drivers/local-runtime.ts'

type Gate = RpcResponse<typeof checkGate>

/** The neighbours of this service as a test stands them up: they answer as agreed, and remember what they were told. */
export type House = {
  /** Every call in order, as `service.operation`. */
  calls: string[]
  repositories: Map<string, RpcRequest<typeof createRepository>>
  archived: string[]
  gate: (asked: RpcRequest<typeof checkGate>) => Gate
  recorded: RpcRequest<typeof recordDeployed>[]
  tokens: Map<string, RpcRequest<typeof issueToken>>
  /** Projects that the caller may see; all of them unless given. */
  visible: Set<string> | undefined
  hosted: Map<string, { wish: Wish; live?: Wish; failure?: string }>
  /** What the runner says of a wish for a new deployment, in place of running it. */
  breaks: Set<string>
  /** Thrown in place of an answer, by `service.operation`. */
  refuse: Map<string, AppError>
  worker: Worker
}

export function createHouse(bus: Bus, runner = 'local'): House {
  const house: Omit<House, 'worker'> = {
    calls: [], repositories: new Map(), archived: [], gate: () => ({ allowed: true, reasons: [] }), recorded: [], tokens: new Map(), visible: undefined,
    hosted: new Map(), breaks: new Set(), refuse: new Map(),
  } // prettier-ignore
  const told = <R extends RpcSpec>(spec: R, handle: (request: RpcRequest<R>) => RpcResponse<R>) =>
    answer(spec, async (request) => {
      const name = `${spec.service}.${spec.operation}`
      house.calls.push(name)
      const error = house.refuse.get(name)
      if (error !== undefined) throw error
      return handle(request)
    })
  const others = answers(bus, [...gitops(house, told), ...schemas(house, told), ...authorization(house, told)])
  const runnerAnswers = answers(bus, runs(house, told), { instance: runner })
  const worker: Worker = {
    name: 'house',
    async start() {
      await Promise.all([others.start(), runnerAnswers.start()])
    },
    async stop() {
      await Promise.all([others.stop(), runnerAnswers.stop()])
    },
  }
  return Object.assign(house, { worker })
}

type Inside = Omit<House, 'worker'>
type Tell = <R extends RpcSpec>(
  spec: R,
  handle: (request: RpcRequest<R>) => RpcResponse<R>,
) => ReturnType<typeof answer>

const gitops = (house: Inside, told: Tell) => [
  told(createRepository, (request) => {
    const key = `${request.project}/${request.repository}`
    const known = house.repositories.get(key)
    if (known !== undefined && JSON.stringify(known.files) !== JSON.stringify(request.files))
      throw failure('gitops.repository_exists')
    house.repositories.set(key, request)
    return { revision: 'a'.repeat(40), defaultBranch: 'main' }
  }),
  told(archiveRepository, ({ project, repository }) => {
    house.archived.push(`${project}/${repository}`)
    return { archived: house.repositories.delete(`${project}/${repository}`) }
  }),
]

const schemas = (house: Inside, told: Tell) => [
  told(checkGate, (request) => house.gate(request)),
  told(recordDeployed, (request) => {
    house.recorded.push(request)
    return { recorded: true as const }
  }),
]

const authorization = (house: Inside, told: Tell) => [
  told(issueToken, (request) => {
    house.tokens.set(request.purpose, request)
    return { token: `plt_${request.purpose}`, credentialId: 'tok_1' }
  }),
  told(revokeToken, ({ purpose }) => ({ revoked: house.tokens.delete(purpose) })),
  told(decide, ({ questions }) => ({
    revision: 1,
    decisions: questions.map(({ domain }) => ({ allowed: house.visible?.has(domain) ?? true, reason: '' })),
  })),
]

/** Starts everything at once, keeps what ran while the new one is broken, as the runner does. */
const runs = (house: Inside, told: Tell) => [
  told(hostWorkload, (wish) => {
    const broken = house.breaks.has(wish.deployment)
    const live = broken ? house.hosted.get(wish.name)?.live : wish
    house.hosted.set(wish.name, {
      wish,
      ...(live !== undefined && { live }),
      ...(broken && { failure: 'GET / did not answer 2xx within 30 s.' }),
    })
    return { accepted: true as const }
  }),
  told(observeWorkload, ({ name }) => {
    const found = house.hosted.get(name)
    return found === undefined ? { found: false as const } : { found: true as const, state: stateOf(name, found) }
  }),
  told(removeHostedWorkload, ({ name }) => {
    house.hosted.delete(name)
    return { gone: true }
  }),
]

function stateOf(name: string, { wish, live, failure: detail }: { wish: Wish; live?: Wish; failure?: string }): Hosted {
  const state = detail !== undefined ? 'failed' : wish.replicas === 0 ? 'stopped' : 'running'
  return {
    name, state, desiredDeployment: wish.deployment, replicas: wish.replicas, readyReplicas: live?.replicas ?? 0, restarts: 0, since: '2026-01-01T00:00:00.000Z',
    ...(detail !== undefined && { detail }),
    ...(live && { liveDeployment: live.deployment, liveRestart: live.restart }),
    ...(live?.revision !== undefined && { liveRevision: live.revision }),
  } // prettier-ignore
}
