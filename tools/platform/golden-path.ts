import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { createClient, PlinthError, type Client } from '@plinth/client'
import type { Operations } from '@plinth/contracts'
import { pause } from '@plinth/kernel'
import type { Admin } from './platform.ts'

export type Api = Client<Operations>

/** A client signed in as the administrator. */
export async function signedIn({ url, username, password }: Admin): Promise<Api> {
  const { accessToken } = await createClient({ baseUrl: url }).createSession({ body: { username, password } })
  return createClient({ baseUrl: url, token: accessToken })
}

/** What the edge answers for a workload's host: by address, since not every system resolves `*.localhost`. */
export function edgeRequest(
  edgePort: number,
  host: string,
  path = '/',
  init: { method?: string; body?: string } = {},
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port: edgePort,
        path,
        method: init.method ?? 'GET',
        headers: { host: `${host}:${edgePort}`, 'content-type': 'application/json' },
        timeout: 5000,
      },
      (answer) => {
        let body = ''
        answer
          .setEncoding('utf8')
          .on('data', (chunk: string) => (body += chunk))
          .on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
        answer.on('error', reject)
      },
    )
    call.on('error', reject).on('timeout', () => call.destroy(new Error('timeout')))
    call.end(init.body)
  })
}

export type Phase = { name: string; ms: number }
export type Golden = { url: string; totalMs: number; phases: Phase[] }

const waitMs = 120_000

/**
 * From "I need a service with a database" to its first 200: creates the component and follows it until the
 * development environment answers over HTTP. Phases are measured from the outside, as a user sees them.
 */
export async function goldenPath(
  api: Api,
  { project, component, edgePort }: { project: string; component: string; edgePort: number },
  say: (words: string) => void = () => undefined,
): Promise<Golden> {
  const began = performance.now()
  const phases: Phase[] = []
  let last = began
  const mark = (name: string): void => {
    const now = performance.now()
    phases.push({ name, ms: now - last })
    last = now
  }
  const { id } = await api.createComponent({
    params: { project },
    body: { name: component, template: 'node-service' },
    idempotencyKey: randomUUID(),
  })
  mark('accepted')
  const host = `${component}.development.${project}.localhost`
  const done = new Set<string>()
  for (const deadline = Date.now() + waitMs; ; await pause(40)) {
    const operation = await api.getOperation({ params: { project, operation: id } })
    if (operation.state === 'failed')
      throw new Error(`Creating ${project}/${component} failed: ${operation.error?.detail ?? ''}`)
    if (operation.state === 'succeeded' && !done.has('scaffolded')) {
      done.add('scaffolded')
      mark('repository and catalog')
      say('repository')
    }
    const line = await api.getDeliveryLine({ params: { project, component } }).catch((error: unknown) => {
      if (error instanceof PlinthError && error.status === 404) return undefined
      throw error
    })
    const { pipeline, environments = [] } = line ?? {}
    if (pipeline) say(`pipeline ${pipeline.status}`)
    if (pipeline?.status === 'failed')
      throw new Error(`The pipeline of ${project}/${component} failed (${pipeline.id})`)
    if (pipeline?.status === 'success' && !done.has('pipeline')) {
      done.add('pipeline')
      mark('pipeline')
    }
    const development = environments.find(({ environment }) => environment === 'development')
    if (done.has('pipeline') && development) say(`development ${development.health.toLowerCase()}`)
    if (development?.lastSync?.state === 'failed') throw new Error(`The deployment failed: ${development.detail ?? ''}`)
    const answer = done.has('pipeline')
      ? await edgeRequest(edgePort, host, '/entries').catch(() => undefined)
      : undefined
    if (answer?.status === 200) {
      mark('database, workload, first 200')
      return { url: development?.url ?? `http://${host}:${edgePort}`, totalMs: performance.now() - began, phases }
    }
    if (Date.now() > deadline)
      throw new Error(
        `${project}/${component} does not answer after ${waitMs / 1000} s: pipeline ${pipeline?.status ?? 'none'}, development ${development?.health ?? 'none'} ${development?.detail ?? ''}`,
      )
  }
}

/** The project, made where it is missing. */
export async function ensureProject(api: Api, project: string): Promise<void> {
  await api.createProject({ body: { name: project }, idempotencyKey: `project-${project}` }).catch((error: unknown) => {
    if (!(error instanceof PlinthError && error.code === 'provisioning.project_exists')) throw error
  })
}
