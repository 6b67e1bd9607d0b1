import { failure, type Lineage } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import type { Store } from '@plinth/store'
import type { Static } from 'typebox'
import { listTouching, listUsers, type DeployedRow, type Side, type Use } from '../gate/store.ts'
import { findSubject } from '../registry/store.ts'
import { latestOf, listDeclared, listDeclaredUsers, type DeclaredRow, type Latest } from './declared-store.ts'
import type { Visible } from './visible.ts'

type Graph = Static<typeof Lineage>
type Edge = Graph['edges'][number]
type Node = Graph['nodes'][number]
type Facts = { deployed: readonly DeployedRow[]; declared: readonly DeclaredRow[] }

const edgesMax = 2000

type Link = Omit<Edge, 'from' | 'to' | 'behind'> & { component: string; subject: string; owner?: string }

const linksOf = (
  row: { produces: readonly Use[]; consumes: readonly Use[] },
  more: Omit<Link, 'subject' | 'side' | 'version'>,
): Link[] =>
  (['produces', 'consumes'] as const satisfies readonly Side[]).flatMap((side) =>
    row[side].map(({ subject, version }) => ({ ...more, side, subject, version })),
  )

function linksFrom({ deployed, declared }: Facts): Link[] {
  return [
    ...deployed.flatMap((row) =>
      linksOf(row, {
        component: `${row.project}/${row.component}`,
        state: 'deployed',
        environment: row.environment,
        deployment: row.deployment,
        replicas: row.replicas,
        since: row.since,
        ...(row.owner !== null && { owner: row.owner }),
      }),
    ),
    ...declared.flatMap((row) =>
      linksOf(row, { component: `${row.project}/${row.component}`, state: 'declared', since: row.since }),
    ),
  ]
}

function nodesOf(links: readonly Link[], latest: readonly Latest[]): Node[] {
  const nodes = new Map<string, Node>()
  const add = (kind: Node['kind'], full: string, more: Partial<Node>): void => {
    const id = `${kind}:${full}`
    const slash = full.indexOf('/')
    nodes.set(id, { id, kind, project: full.slice(0, slash), name: full.slice(slash + 1), ...nodes.get(id), ...more })
  }
  for (const { component, subject, owner } of links) {
    add('component', component, owner === undefined ? {} : { owner })
    const known = latest.find(({ project, name }) => `${project}/${name}` === subject)
    add('subject', subject, known === undefined ? {} : { latestVersion: known.latestVersion, schemaType: known.type })
  }
  return [...nodes.values()]
}

/** Who writes and reads what, as a graph: what is declared, and what is deployed. */
export function lineageUseCases({ store: { db }, visible }: { store: Pick<Store, 'db'>; visible: Visible }) {
  const graphFor = async (
    who: Identity,
    own: string,
    facts: Facts,
    isWanted: (link: Link) => boolean,
  ): Promise<Graph> => {
    const all = linksFrom(facts).filter(isWanted)
    const projectOf = (full: string): string => full.slice(0, full.indexOf('/'))
    const strange = [...new Set(all.flatMap(({ component, subject }) => [projectOf(component), projectOf(subject)]))]
    const asked = strange.filter((project) => project !== own)
    const seen = asked.length === 0 ? new Set<string>() : await visible(who, asked)
    const isSeen = ({ component }: Link): boolean => projectOf(component) === own || seen.has(projectOf(component))
    const shown = all.filter(isSeen).slice(0, edgesMax)
    const hidden = new Set(all.filter((link) => !isSeen(link)).map(({ component }) => component)).size
    const subjects = [...new Set(shown.map(({ subject }) => subject))]
    const mayKnow = subjects.filter((subject) => projectOf(subject) === own || seen.has(projectOf(subject)))
    const latest = await latestOf(db, mayKnow)
    const edges = shown.map(({ component, subject, owner: _owner, ...link }): Edge => {
      const [from, to] = [`component:${component}`, `subject:${subject}`]
      const newest = latest.find(({ project, name }) => `${project}/${name}` === subject)?.latestVersion ?? link.version
      const ends = link.side === 'produces' ? { from, to } : { from: to, to: from }
      return { ...ends, ...link, behind: Math.max(0, newest - link.version) }
    })
    return { nodes: nodesOf(shown, latest), edges, hidden, truncated: all.filter(isSeen).length > shown.length }
  }
  const there =
    (environment: string | undefined) =>
    (link: Link): boolean =>
      environment === undefined || link.environment === environment || link.state === 'declared'

  return {
    async ofProject(who: Identity, project: string, environment?: string): Promise<Graph> {
      const facts = { deployed: await listTouching(db, project), declared: await listDeclared(db, project) }
      // Of a component of another project, only what it does with this one's subjects.
      const isOurs = ({ component, subject }: Link): boolean =>
        component.startsWith(`${project}/`) || subject.startsWith(`${project}/`)
      return graphFor(who, project, facts, (link) => isOurs(link) && there(environment)(link))
    },

    async ofSubject(who: Identity, project: string, name: string, environment?: string): Promise<Graph> {
      const subject = `${project}/${name}`
      const facts = { deployed: await listUsers(db, subject), declared: await listDeclaredUsers(db, subject) }
      if (facts.deployed.length + facts.declared.length === 0 && !(await findSubject(db, project, name)))
        throw failure('schemas.subject_unknown', { detail: `${project} has no schema subject '${name}'.` })
      return graphFor(who, project, facts, (link) => link.subject === subject && there(environment)(link))
    },
  }
}

export type LineageUseCases = ReturnType<typeof lineageUseCases>
