import { narrower } from './match.ts'
import type { Link } from './policy.ts'

/** Finds links that close a circle, among those that were put in before. */
export type Circles = {
  /** The way from the link's role back to its subject, as far as the domains on it have a place in common. */
  closedBy(link: Link): string[] | undefined
  put(link: Link): void
}

export function circlesAmong(existing: readonly Link[] = []): Circles {
  const bySubject = new Map<string, Link[]>()
  const put = (link: Link): void => {
    const there = bySubject.get(link.subject)
    if (there === undefined) bySubject.set(link.subject, [link])
    else there.push(link)
  }
  for (const link of existing) put(link)
  return { put, closedBy: (link) => circleOf(link, (subject) => bySubject.get(subject) ?? []) }
}

/** The way round, where a link closes one among those that `linksOf` gives. */
export function circleOf(link: Link, linksOf: (subject: string) => Iterable<Link>): string[] | undefined {
  if (link.subject === link.role) return [link.subject, link.role]
  const start = { subject: link.role, domain: link.domain, way: [link.subject, link.role] }
  const seen = new Map([[`${start.subject} ${start.domain}`, start]])
  for (const { subject, domain, way } of seen.values()) {
    for (const other of linksOf(subject)) {
      const common = narrower(domain, other.domain)
      if (common === undefined) continue
      if (other.role === link.subject) return [...way, other.role]
      const key = `${other.role} ${common}`
      if (!seen.has(key)) seen.set(key, { subject: other.role, domain: common, way: [...way, other.role] })
    }
  }
  return undefined
}
