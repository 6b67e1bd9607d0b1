import type { Identity } from '@plinth/kernel'
import type { CallerRights } from '../rights.ts'

/** Of these projects, those whose schemas the caller may see. Throws where nobody can decide. */
export type Visible = (who: Identity, projects: readonly string[]) => Promise<Set<string>>

export const visibleProjects =
  ({ allowed }: Pick<CallerRights, 'allowed'>): Visible =>
  async (who, projects) => {
    const asked = [...new Set(projects)]
    if (asked.length === 0) return new Set()
    const may = await allowed(
      who,
      asked.map((domain) => ({ action: 'list', object: 'schema', domain })),
    )
    return new Set(asked.filter((_project, index) => may[index] === true))
  }
