import { projectLinks, validateLink, jobsGroup, type Link } from '@plinth/access'
import type { projectCreated, EventData } from '@plinth/contracts'
import type { IncomingEvent } from '@plinth/kernel'
import { recordAudit, type Tx } from '@plinth/store'
import { insertBindings } from '../bindings/store.ts'
import { insertGroup } from '../groups/store.ts'
import { platform, source, type Parts } from '../parts.ts'
import { changePolicyIn } from '../policy/change.ts'

/** Gives a new project its access defaults, and its creator the lead of it, unless he may do everything anyway. */
export const onProjectCreated =
  (parts: Pick<Parts, 'policy' | 'clock'>) =>
  async (tx: Tx, event: IncomingEvent<EventData<typeof projectCreated>>): Promise<void> => {
    const { project, createdBy } = event.data
    await changePolicyIn(tx, parts, platform, async (_tx, index) => {
      const now = parts.clock.now()
      const mayAnything = index.decide({ subjects: [createdBy], domain: project, object: '*', action: '*' }).allowed
      const lead: Link = { subject: createdBy, role: 'role:team-lead', domain: project }
      // A creator who is no subject of the policy, such as an anonymous one, leads nothing.
      const leads = mayAnything || validateLink(lead).length > 0 ? [] : [lead]
      const name = jobsGroup(project).slice('group:'.length)
      await insertGroup(tx, { name, description: `What the jobs of ${project} are members of`, createdAt: now })
      const added = await insertBindings(tx, [...projectLinks(project), ...leads], platform.subject, now)
      if (added.length > 0) {
        await recordAudit(
          tx,
          source,
          { subject: event.actor ?? createdBy },
          {
            action: 'project.grant',
            project,
            object: `project/${project}`,
            detail: { bindings: added.map(({ subject, role, domain }) => ({ subject, role, domain })) },
          },
        )
      }
      return { edit: { addLinks: added.map(({ subject, role, domain }) => ({ subject, role, domain })) }, result: null }
    })
  }
