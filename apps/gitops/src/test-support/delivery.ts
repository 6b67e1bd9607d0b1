import { componentCreated, pipelineChanged, workloadChanged } from '@plinth/contracts'
import { clone, type House } from './house.ts'
import { until } from './until.ts'

export const environments = [
  { name: 'development', automatic: true, position: 1 },
  { name: 'staging', automatic: false, position: 2 },
  { name: 'production', automatic: false, position: 3 },
]

type Word = {
  state?: 'running' | 'starting' | 'failed' | 'degraded' | 'stopped'
  live?: boolean
  detail?: string
  drifted?: boolean
  time?: Date
}

/** What the other services do and say around a delivery, in project payments. */
export function deliveryIn(house: () => House) {
  const at = (component: string, environment = 'development', rest = ''): string =>
    `/api/v1/projects/payments/environments/${environment}/applications/${component}${rest}`
  const app = async (component: string, environment = 'development') =>
    (await house().call('ana', 'GET', at(component, environment))).body

  /** Makes a component with its repository and applications, and three commits to release. */
  async function component(name: string): Promise<string[]> {
    const { revision } = await house().seed('payments', name)
    await house().publish(componentCreated, name, {
      project: 'payments',
      component: name,
      repository: name,
      environments,
    })
    await until(async () => (await house().call('ana', 'GET', at(name, 'production'))).status === 200)
    const work = await clone(house().gitUrl('ana', 'payments', name))
    const later = [await work.commit('a', 'one'), await work.commit('a', 'two')]
    await work.ok('push', '-q', 'origin', 'main')
    await work.remove()
    return [revision, ...later]
  }

  const passed = (name: string, number: number, revision: string, more: { status?: 'success' | 'failed'; ref?: string } = {}) =>
  house().publish(pipelineChanged, `pip_${name}${number}`, {
    project: 'payments', repository: name, pipeline: `pip_${name}${number}`, number, status: 'success', ref: 'refs/heads/main', revision,
    title: `Commit ${number}`, author: 'Ana', jobs: 3, createdAt: new Date().toISOString(), durationMs: 1000, finished: true,
    tests: { passed: 4, failed: 0, skipped: 1, durationMs: 20 },
    artifacts: [{ name: 'coverage', artifact: { id: 'art_x', job: 'job_x', sha256: 'ff', sizeBytes: 1 } }, { name: 'workload', artifact: { id: `art_${number}`, job: 'job_1', sha256: 'ab', sizeBytes: 10 } }],
    ...more,
  }) // prettier-ignore

  /** Provisioning's word on a deployment; by default that it runs. */
  function word(
    name: string,
    environment: string,
    { deployment, revision }: { deployment: string; revision: string },
    { state = 'running', live = true, detail, drifted = false, time }: Word = {},
  ) {
    return house().publish(workloadChanged, `${environment}-${name}`, {
    project: 'payments', environment, workload: name, state, desiredDeployment: deployment, desiredRevision: revision,
    readyReplicas: 1, replicas: 1, drifted, url: `http://${name}.${environment}.payments.localhost:8081`,
    ...(live && { liveDeployment: deployment, liveRevision: revision }), ...(detail !== undefined && { detail }),
  }, time) // prettier-ignore
  }

  const asked = (name: string, environment: string, revision: string, after = 0) =>
    until(
      () =>
        house()
          .deployments.filter((want) => want.component === name && want.environment === environment)
          .slice(after)
          .find((want) => want.revision === revision),
      { what: `a deployment of ${name}` },
    )

  /** Waits until it was asked for, and says that it runs. */
  async function goesLive(name: string, environment: string, revision: string, after = 0) {
    const want = await asked(name, environment, revision, after)
    await word(name, environment, want)
    await until(async () => (await app(name, environment)).lastSync?.state === 'succeeded')
    return want
  }
  const count = (name: string, environment: string): number =>
    house().deployments.filter((want) => want.component === name && want.environment === environment).length

  return { at, app, component, passed, word, asked, goesLive, count }
}
