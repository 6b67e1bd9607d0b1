import type { Identity } from '@plinth/kernel'
import type { Visible } from '../impact/visible.ts'
import type { Reason } from './pairs.ts'

const projectOf = (component: string): string => component.slice(0, component.indexOf('/'))

/** Reasons as somebody may read them: that a component of a project that he may not see is in the way, and no more. */
export async function conceal(
  visible: Visible,
  who: Identity,
  own: string,
  reasons: readonly Reason[],
): Promise<Reason[]> {
  const strange = reasons.flatMap(({ other }) => (other === undefined ? [] : [projectOf(other.component)]))
  const asked = strange.filter((project) => project !== own)
  const seen = asked.length === 0 ? new Set<string>() : await visible(who, asked)
  return reasons.map((reason) => {
    const { other, subject, version, path, rule, edit } = reason
    if (other === undefined || projectOf(other.component) === own || seen.has(projectOf(other.component))) return reason
    const does = other.side === 'consumes' ? 'reads' : 'writes'
    return {
      subject,
      version,
      path,
      message: `A component of a project that you may not see ${does} version ${other.version}, which does not fit`,
      consumers: [],
      ...(rule !== undefined && { rule }),
      ...(edit !== undefined && { edit }),
    }
  })
}
