import { withinScopes } from '@plinth/access'
import type { Bus } from '@plinth/bus'
import { decide } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'

const questionsMax = 500
const questionOf = (domain: string) => ({ domain, object: 'project', action: 'get' })

/** Of these projects, those that the caller may see. One question each, in chunks; throws when nobody can decide. */
export async function visibleProjects(
  bus: Pick<Bus, 'ask'>,
  who: Identity,
  projects: readonly string[],
): Promise<Set<string>> {
  const visible = new Set<string>()
  for (let start = 0; start < projects.length; start += questionsMax) {
    const chunk = projects.slice(start, start + questionsMax)
    const from = { subjects: [...who.subjects], ...(who.address !== undefined && { address: who.address }) }
    const { decisions } = await bus.ask(decide, {
      questions: chunk.map((domain) => ({ ...from, ...questionOf(domain) })),
    })
    for (const [index, project] of chunk.entries())
      if (decisions[index]?.allowed === true && withinScopes(who.scopes, questionOf(project))) visible.add(project)
  }
  return visible
}
