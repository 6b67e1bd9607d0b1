import { createHash } from 'node:crypto'
import type { ResourceRef } from './driver.ts'

const bytesMax = 63

/**
 * A name in PostgreSQL for a resource: readable at its beginning, and made its own by 60 bits of a hash of the whole
 * reference, so that neither a cut nor `a-b` beside `a` + `b` can make two the same. At most 63 bytes, ASCII.
 */
export function databaseName({ project, environment, workload, resource }: ResourceRef): string {
  const whole = [project, environment, workload, resource]
  const digest = createHash('sha256').update(whole.join('/')).digest('hex').slice(0, 15)
  const readable = ['w', project, environment, workload, resource].join('_').replace(/[^a-z0-9_]/g, '_')
  return `${readable.slice(0, bytesMax - digest.length - 1)}_${digest}`
}

/** The host that the edge answers for; the same for every route of a workload. */
export const workloadHost = ({ project, environment, workload }: Omit<ResourceRef, 'resource'>): string =>
  `${workload}.${environment}.${project}.localhost`

/** The workload's name at the runner. */
export const hostedName = ({ project, environment, workload }: Omit<ResourceRef, 'resource'>): string =>
  `${project}.${environment}.${workload}`
