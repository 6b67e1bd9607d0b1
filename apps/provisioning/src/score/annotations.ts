import type { SchemaUse } from '@plinth/contracts'
import type { Problem } from '@plinth/kernel'
import type { Static } from 'typebox'
import type { Places } from './parse.ts'
import type { Score } from './score.ts'

type Use = Static<typeof SchemaUse>
export type Promises = { produces: Use[]; consumes: Use[]; replicas: number }

const replicasMax = 20
const usesMax = 100
/** `subject:version`, or `project/subject:version` for a subject of another project. */
const use = /^((?:[a-z][a-z0-9-]{0,38}[a-z0-9]\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?):([1-9][0-9]{0,8})$/

/** What a workload says of itself in annotations; adds a problem for each that can't be read. */
export function readAnnotations({ metadata }: Score, places: Places, problems: Problem[]): Promises {
  const { annotations = {} } = metadata
  const at = (name: string): string => places.at(['metadata', 'annotations', name])
  const uses = (name: string): Use[] => {
    const entries = (annotations[name] ?? '')
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '')
    if (entries.length > usesMax)
      problems.push({ path: at(name), message: `${name} names more than ${usesMax} schemas` })
    return entries.slice(0, usesMax).flatMap((entry) => {
      const [, subject, version] = use.exec(entry) ?? []
      if (subject !== undefined) return [{ subject, version: Number(version) }]
      problems.push({
        path: at(name),
        message: `'${entry.slice(0, 100)}' in ${name} is not subject:version, such as ledger.entry-recorded:1`,
      })
      return []
    })
  }
  const wanted = annotations['plinth.dev/replicas'] ?? '1'
  const replicas = /^[1-9][0-9]?$/.test(wanted) ? Number(wanted) : 0
  if (replicas < 1 || replicas > replicasMax) {
    problems.push({
      path: at('plinth.dev/replicas'),
      message: `plinth.dev/replicas must be a whole number from 1 to ${replicasMax}`,
    })
  }
  return { produces: uses('plinth.dev/produces'), consumes: uses('plinth.dev/consumes'), replicas }
}
