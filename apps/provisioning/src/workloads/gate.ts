import { checkGate } from '@plinth/contracts'
import { AppError } from '@plinth/kernel'
import type { Parts } from '../parts.ts'
import { readWorkloadSpec, type WorkloadSpec } from '../score/workload-spec.ts'
import { isTransient } from '../drivers/local-runtime.ts'
import type { Deployment, Gate, StoredWorkload } from './store.ts'

type Place = { project: string; environment: string; component: string }

/** Does what it would write and read fit what is deployed there? Schemas decides. */
export const askGate = (
  { bus }: Pick<Parts, 'bus'>,
  { project, environment, component }: Place,
  { produces, consumes }: WorkloadSpec,
): Promise<Gate> => bus.ask(checkGate, { project, environment, component, produces, consumes })

/** Why, for a person: what breaks, where, for whom and whose that is; what would mend it; and how it could be let through. */
const refusalOf = ({ project, environment, component }: Place, { reasons }: Gate): string => {
  const told = reasons.slice(0, 10).map(({ subject, version, path, message, consumers, edit, other }) => {
    const readers = consumers.length === 0 ? '' : ` (used by ${consumers.join(', ')})`
    const owner = other?.owner === undefined ? '' : `, owned by ${other.owner}`
    const mend = edit === undefined ? '' : `. To mend it: ${edit}`
    return `${subject} version ${version}${path === '' ? '' : ` at ${path}`}: ${message}${readers}${owner}${mend}`
  })
  const why = told.join('; ') || 'The schemas that it produces or consumes do not fit what is deployed.'
  return `${why} (it goes on by itself as soon as it fits; whoever may approve there can let it through for a while: plinth schema gate override ${project}/${component} --in ${environment} --reason "…")`
}

export type Verdict = Pick<Deployment, 'verdict' | 'refusal' | 'gate'>
const refused = (refusal: string, gate: Gate | null = null): Verdict => ({ verdict: 'refused', refusal, gate })

/** Refused by the gate alone: what is in its way may go, or be let pass, and then it goes on. */
export const isHeld = ({ verdict, gate }: Pick<Deployment, 'verdict' | 'gate'>): boolean =>
  verdict === 'refused' && gate !== null

/** Whether a deployment may be applied at all, decided before anything is touched. Throws what may pass by itself. */
export async function judge(
  parts: Pick<Parts, 'bus' | 'drivers'>,
  row: StoredWorkload,
  { score, artifact, revision }: Deployment,
): Promise<Verdict> {
  if (artifact === null) {
    return refused(
      `There is no artifact of ${revision.slice(0, 12)} to run: let a job of its pipeline keep one ('artifacts:' with 'paths:') and deploy again.`,
    )
  }
  try {
    const gate = await askGate(parts, row, readWorkloadSpec(score, row.workload, [...parts.drivers.values()]))
    return gate.allowed
      ? { verdict: 'accepted', refusal: null, gate }
      : refused(`The schema gate holds it. ${refusalOf(row, gate)}`, gate)
  } catch (error) {
    if (error instanceof AppError && error.kind !== 'bug' && !isTransient(error)) return refused(error.publicDetail)
    throw error
  }
}
