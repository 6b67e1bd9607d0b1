import type { LinkProps } from '@tanstack/react-router'
import type { Answer } from '../api/plinth.ts'
import { duration } from '../ui/time.tsx'
import { type Tone, toneOf } from '../ui/status.tsx'

export type Line = Answer<'getDeliveryLine'>
export type Application = Line['environments'][number]

export type Station = {
  key: string
  title: string
  tone: Tone
  /** How the way to this station stands: arrived, on its way, or behind the station before. */
  reached: 'done' | 'moving' | 'behind'
  revision?: string | undefined
  state: string
  since?: string | undefined
  notes: readonly string[]
  link?: LinkProps
  application?: Application
}

const placeholder = 'nothing yet'

function commitStation({ commit }: Line): Station {
  return {
    key: 'commit',
    title: 'commit',
    tone: commit ? 'healthy' : 'waiting',
    reached: 'done',
    revision: commit?.id,
    state: commit ? commit.author : placeholder,
    since: commit?.authoredAt,
    notes: commit ? [commit.title] : [],
  }
}

const pipelineWords: Readonly<Record<string, string>> = {
  success: 'passed',
  created: 'waiting',
  manual: 'waits for a hand',
}

function pipelineStation({ project, commit, pipeline }: Line): Station {
  if (!pipeline)
    return { key: 'pipeline', title: 'pipeline', tone: 'waiting', reached: 'behind', state: placeholder, notes: [] }
  const current = pipeline.revision === commit?.id
  const moving = pipeline.status === 'running' || pipeline.status === 'pending'
  const { tests } = pipeline
  const failedTests =
    tests && tests.failed > 0 ? `${tests.failed} of ${tests.passed + tests.failed} tests failed` : undefined
  const notes = [`${pipeline.jobs} jobs`, ...(tests ? [failedTests ?? `${tests.passed} tests`] : [])]
  const took = pipeline.durationMs === undefined ? '' : ` in ${duration(pipeline.durationMs)}`
  return {
    key: 'pipeline',
    title: 'pipeline',
    tone: toneOf(pipeline.status),
    reached: moving ? 'moving' : current && pipeline.status === 'success' ? 'done' : 'behind',
    revision: pipeline.revision,
    state: `${pipelineWords[pipeline.status] ?? pipeline.status}${took}`,
    since: pipeline.createdAt,
    notes: [notes.join(', ')],
    link: { to: '/projects/$project/pipelines/$pipeline', params: { project, pipeline: pipeline.id } },
  }
}

/** `Missing` of an environment where nothing was deployed yet is no alarm. */
const healthWords: Readonly<Record<string, string>> = { Missing: placeholder, Progressing: 'on its way' }

const isMoving = ({ health, lastSync }: Application): boolean =>
  health === 'Progressing' || lastSync?.state === 'running'

function environmentStation(application: Application, before: string | undefined): Station {
  const { project, environment, component, health, sync, liveRevision, lastSync, detail } = application
  const moving = isMoving(application)
  const failed = lastSync?.state === 'failed'
  const tone: Tone = failed && health !== 'Healthy' ? 'failed' : moving ? 'progressing' : toneOf(health)
  const notes = [
    ...(sync === 'OutOfSync' && !moving ? ['out of sync with git'] : []),
    ...(failed ? [lastSync.detail ?? 'the last sync failed'] : []),
    ...(health === 'Degraded' && detail !== undefined ? [detail] : []),
  ]
  return {
    key: environment,
    title: environment,
    tone,
    reached: moving ? 'moving' : liveRevision !== undefined && liveRevision === before ? 'done' : 'behind',
    revision: liveRevision,
    state: healthWords[health] ?? health.toLowerCase(),
    since: lastSync?.finishedAt,
    notes,
    application,
    link: {
      to: '/projects/$project/components/$component/resources',
      params: { project, component },
      hash: environment,
    },
  }
}

/** Commit, pipeline, and the environments in the order in which a version goes through them. */
export function stationsOf(line: Line): readonly Station[] {
  const stations: Station[] = [commitStation(line), pipelineStation(line)]
  for (const application of line.environments.toSorted((a, b) => a.position - b.position)) {
    stations.push(environmentStation(application, stations.at(-1)?.revision))
  }
  return stations
}

/** Failing first, then what is out of the ordinary, then what moves. */
const urgency: Readonly<Record<Tone, number>> = {
  failed: 0,
  degraded: 1,
  progressing: 2,
  unknown: 3,
  waiting: 4,
  healthy: 5,
}
export const urgencyOf = (line: Line): number => Math.min(...stationsOf(line).map(({ tone }) => urgency[tone]))

/** The environment after this one, when its version could go there now. */
export function nextFor(
  line: Line,
  { environment, position, liveRevision, health }: Application,
): Application | undefined {
  if (liveRevision === undefined || health !== 'Healthy') return undefined
  const next = line.environments.filter((one) => one.position > position).toSorted((a, b) => a.position - b.position)[0]
  if (!next || next.environment === environment || next.liveRevision === liveRevision || isMoving(next))
    return undefined
  return line.waiting.some((one) => one.environment === next.environment) ? undefined : next
}
